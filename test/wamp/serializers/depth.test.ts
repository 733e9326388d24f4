/** The nesting limit: the same for every serializer, to the level, and safe at its largest (SER-19). */

import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS, LARGEST_LIMITS } from "../../../src/wamp/config/limits.ts";
import { MessageType } from "../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import { cbor } from "../../../src/wamp/serializers/cbor.ts";
import { DecodeFault } from "../../../src/wamp/serializers/serializer.ts";
import { readRequest } from "../../../src/worker/bridge/request.ts";
import { bytes, payloadOf, SERIALIZERS } from "./samples.ts";

/** Values that are `levels` lists or dicts inside each other. */
const SHAPES: readonly (readonly [name: string, deep: (levels: number) => unknown])[] = [
  ["lists around text", (levels) => nested(levels, (inner) => [inner], "text")],
  ["dicts around text", (levels) => nested(levels, (inner) => ({ a: inner }), "text")],
  ["lists around an empty list", (levels) => nested(levels - 1, (inner) => [inner], [])],
  ["dicts around an empty dict", (levels) => nested(levels - 1, (inner) => ({ a: inner }), {})],
  ["lists with the deepest entry last", (levels) => nested(levels, (inner) => [1, "x", inner], null)],
];

function nested(levels: number, around: (inner: unknown) => unknown, innermost: unknown): unknown {
  let value = innermost;
  for (let level = 0; level < levels; level++) value = around(value);
  return value;
}

const LIMITS = [1, 2, 64, DEFAULT_LIMITS.depth, LARGEST_LIMITS.depth] as const;

test("a payload 64 deep passes by default", () => {
  expect(DEFAULT_LIMITS.depth).toBe(128);
});

describe.each(SERIALIZERS)("$name", (serializer) => {
  const isTaken = (message: readonly unknown[], depth: number) =>
    !(serializer.decode(serializer.encode(message as never), { depth }) instanceof DecodeFault);

  describe.each(LIMITS)("with a depth of %d", (depth) => {
    test.each(SHAPES)("takes Arguments of exactly that depth, and no more: %s", (_, deep) => {
      const publish = (levels: number) => [MessageType.PUBLISH, 1, {}, "a.b", Payload.of([deep(levels)])];
      // Arguments is a level itself.
      if (depth > 1) expect(isTaken(publish(depth - 1), depth)).toBe(true);
      expect(isTaken(publish(depth), depth)).toBe(false);
    });

    test.each(SHAPES)("takes ArgumentsKw of exactly that depth, and no more: %s", (_, deep) => {
      const call = (levels: number) => [MessageType.CALL, 1, {}, "a.b", Payload.of([], { a: deep(levels) })];
      if (depth > 1) expect(isTaken(call(depth - 1), depth)).toBe(true);
      expect(isTaken(call(depth), depth)).toBe(false);
    });

    test.each(SHAPES)("takes Details of exactly that depth, and no more: %s", (_, deep) => {
      const hello = (levels: number) => [MessageType.HELLO, "realm1", { a: deep(levels) }];
      if (depth > 1) expect(isTaken(hello(depth - 1), depth)).toBe(true);
      expect(isTaken(hello(depth), depth)).toBe(false);
    });
  });

  test("every serializer reads and writes the largest depth", () => {
    const depth = LARGEST_LIMITS.depth;
    for (const [, deep] of SHAPES) {
      const frame = serializer.encode([MessageType.PUBLISH, 1, {}, "a.b", Payload.of([deep(depth - 1)])]);
      const message = serializer.decode(frame, { depth });
      if (message instanceof DecodeFault) throw new Error(message.reason);
      for (const to of SERIALIZERS) {
        const forwarded = to.encode([MessageType.EVENT, 1, 2, {}, payloadOf(message)]);
        expect(to.decode(forwarded, { depth })).not.toBeInstanceOf(DecodeFault);
      }
    }
  });

  test("a frame that only opens lists is refused without recursion", () => {
    for (const depth of [DEFAULT_LIMITS.depth, LARGEST_LIMITS.depth]) {
      const openings = 1_000_000;
      const frame =
        serializer.name === "json"
          ? `[16,1,{},"a.b",${"[".repeat(openings)}${"]".repeat(openings)}]`
          : new Uint8Array(openings).fill(serializer.name === "msgpack" ? 0x91 : 0x81);
      expect(serializer.decode(frame, { depth })).toBeInstanceOf(DecodeFault);
    }
  });
});

describe("a CBOR tag", () => {
  /** PUBLISH with `levels` lists, the innermost holding `item`. */
  const frame = (levels: number, item: string) => bytes(`85 10 01 a0 63 612e62 ${"81".repeat(levels)} ${item}`);
  const isTaken = (levels: number, item: string, depth: number) =>
    !(cbor.decode(frame(levels, item), { depth }) instanceof DecodeFault);

  test("around a scalar is no level: JSON and MessagePack have a plain scalar there", () => {
    expect(isTaken(10, "c1 01", 10)).toBe(true);
    expect(isTaken(11, "c1 01", 10)).toBe(false);
  });

  test("around a list, a dict or another tag is one, so that a chain of tags ends", () => {
    expect(isTaken(9, "c1 80", 10)).toBe(false);
    expect(isTaken(8, "c1 80", 10)).toBe(true);
    expect(isTaken(10, "c1 c1 01", 10)).toBe(false);
    expect(isTaken(9, "c1 c1 01", 10)).toBe(true);
    expect(isTaken(1, "c1".repeat(100_000), 1000)).toBe(false);
  });
});

test("a body of the HTTP bridge has the depth for Arguments and ArgumentsKw that a message has", () => {
  const body = (levels: number) => `{"topic":"a.b","args":${"[".repeat(levels)}${"]".repeat(levels)}}`;
  expect(readRequest(body(128), 128, "topic").args).toHaveLength(1);
  expect(() => readRequest(body(129), 128, "topic")).toThrow("invalid JSON");
});
