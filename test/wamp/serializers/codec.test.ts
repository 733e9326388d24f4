/** What every serializer does alike, and what happens between any two of them. */

import { describe, expect, test } from "vitest";
import { idFromRandom } from "../../../src/wamp/protocol/id.ts";
import type { Message } from "../../../src/wamp/protocol/message.ts";
import { MessageType } from "../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import { cbor } from "../../../src/wamp/serializers/cbor.ts";
import { json } from "../../../src/wamp/serializers/json.ts";
import { msgpack } from "../../../src/wamp/serializers/msgpack.ts";
import {
  BINARY,
  decoded,
  faultOf,
  MESSAGES,
  PAIRS,
  payloadOf,
  plain,
  relayed,
  SERIALIZERS,
  VALUES,
} from "./samples.ts";

const CROSS = PAIRS.filter(([from, to]) => from !== to).map(([from, to]) => [from.name, to.name, from, to] as const);
const { PUBLISH, EVENT, CALL, SUBSCRIBED } = MessageType;

describe.each(SERIALIZERS.map((serializer) => [serializer.name, serializer] as const))("%s", (_name, serializer) => {
  test.each(MESSAGES)("%s comes back as it was written [SER-01]", (_message, message) => {
    expect(plain(decoded(serializer, serializer.encode(message)))).toStrictEqual(plain(message));
  });

  test.each(VALUES)("%s: written and read again", (_value, value) => {
    const message: Message = [PUBLISH, 1, {}, "a.b", Payload.of([value], { value })];
    expect(plain(decoded(serializer, serializer.encode(message)))).toStrictEqual(plain(message));
  });

  test("writes and takes its own kind of frame only [WS-08][WS-09]", () => {
    const frame = serializer.encode([SUBSCRIBED, 1, 2]);
    expect(typeof frame).toBe(serializer.isBinary ? "object" : "string");
    expect(faultOf(serializer, serializer.isBinary ? "[33,1,2]" : new Uint8Array([0x93]))).toMatch(/frames/);
  });

  test("forwards a payload from its own kind untouched, in a frame or in its tail [SER-21]", () => {
    const frame = serializer.encode([PUBLISH, 1, {}, "a.b", Payload.of([1.5, { b: 1, a: 2 }], { z: [null] })]);
    const payload = payloadOf(decoded(serializer, frame));
    const event = serializer.encode([EVENT, 1, 2, {}, payload]);
    const raw = payload.rawFor(serializer);
    expect(payload.size).toBe(raw.length);
    const end = serializer.isBinary ? event.length : event.length - 1;
    expect(event.slice(end - raw.length, end)).toStrictEqual(raw);
  });

  test("leaves empty Arguments and ArgumentsKw out at the tail [SER-23]", () => {
    const lengths = (tail: readonly unknown[]) => payloadOf(decoded(serializer, frameOf(serializer, tail))).length;
    expect(lengths([])).toBe(0);
    expect(lengths([[]])).toBe(0);
    expect(lengths([[], {}])).toBe(0);
    expect(lengths([[1]])).toBe(1);
    expect(lengths([[1], {}])).toBe(1);
    expect(lengths([[], { color: "orange" }])).toBe(2);
    expect(lengths([[1], { color: "orange" }])).toBe(2);
  });

  test("writes [1] alone where it received [1], {}, and no payload where it received [], {} [SER-23]", () => {
    const forward = (tail: readonly unknown[]) => {
      const payload = payloadOf(decoded(serializer, frameOf(serializer, tail)));
      return plain(decoded(serializer, serializer.encode([EVENT, 1, 2, {}, payload])));
    };
    expect(forward([[1], {}])).toStrictEqual([EVENT, 1, 2, {}, [1]]);
    expect(forward([[], {}])).toStrictEqual([EVENT, 1, 2, {}]);
    expect(forward([["{"], {}])).toStrictEqual([EVENT, 1, 2, {}, ["{"]]);
    expect(forward([[], { color: "orange" }])).toStrictEqual([EVENT, 1, 2, {}, [], { color: "orange" }]);
  });

  test("takes null before ArgumentsKw for no Arguments, as nexus means it, and passes it on as an empty list", () => {
    const { length, argsKind, kwargs } = payloadOf(decoded(serializer, frameOf(serializer, [null, { a: 1 }])));
    expect([length, argsKind, kwargs]).toStrictEqual([2, "list", { a: 1 }]);
    const received = payloadOf(decoded(serializer, frameOf(serializer, [null, { a: "null" }])));
    expect(plain(decoded(serializer, serializer.encode([EVENT, 1, 2, {}, received])))).toStrictEqual([
      ...[EVENT, 1, 2, {}],
      ...[[], { a: "null" }],
    ]);
    expect(received.args).toStrictEqual([]);
    expect(payloadOf(decoded(serializer, frameOf(serializer, [null, {}]))).length).toBe(0);
  });

  test("tells the shape of a payload without its values", () => {
    const shape = (tail: readonly unknown[]) => {
      const { length, argsKind, kwargsIsDict } = payloadOf(decoded(serializer, frameOf(serializer, tail)));
      return [length, argsKind, kwargsIsDict];
    };
    expect(shape([])).toStrictEqual([0, "list", true]);
    expect(shape([[1], { a: 1 }])).toStrictEqual([2, "list", true]);
    expect(shape([new Uint8Array([1, 2])])).toStrictEqual([1, "bytes", true]);
    expect(shape(["text"])).toStrictEqual([1, "string", true]);
    expect(shape([1])).toStrictEqual([1, "other", true]);
    expect(shape([{ a: 1 }])).toStrictEqual([1, "other", true]);
    expect(shape([[1], [2]])).toStrictEqual([2, "list", false]);
    expect(shape([[1], 2])).toStrictEqual([2, "list", false]);
  });

  test("hands back every element of a message with too many or too few, so that the count tells", () => {
    expect(decoded(serializer, frameOf(serializer, [[1], { a: 1 }, 3, "four"])).slice(5)).toStrictEqual([3, "four"]);
    expect(decoded(serializer, frameOf(serializer, [[1], {}, 3]))).toHaveLength(6);
    expect(decoded(serializer, serializer.encode([PUBLISH, 1] as unknown as Message))).toStrictEqual([PUBLISH, 1]);
    expect(decoded(serializer, serializer.encode([CALL, 1, {}, "a.b"] as unknown as Message))).toStrictEqual([
      CALL,
      1,
      {},
      "a.b",
      Payload.NONE,
    ]);
  });

  test.each([[[]], [["16"]], [[null, 1]], [[1.5, []]], [[99, {}]], [[-1]]])(
    "hands back %j as it is, for others to judge",
    (message) => {
      const frame = serializer === json ? JSON.stringify(message) : serializer.encode(message as unknown as Message);
      expect(decoded(serializer, frame)).toStrictEqual(message);
    },
  );

  test("reads ids up to 2^53 as numbers and what lies beyond as something that is no id [SER-10]", () => {
    const ids = [1, 2 ** 53 - 1, 2 ** 53];
    for (const id of ids) expect(decoded(serializer, serializer.encode([SUBSCRIBED, 1, id]))[2]).toBe(id);
    const beyond = serializer.encode([SUBSCRIBED, 1, 2n ** 53n + 1n] as unknown as Message);
    expect(decoded(serializer, beyond)[2]).toBe(2n ** 53n + 1n);
    const published = serializer.encode([PUBLISH, 2n ** 53n + 1n, {}, "a.b", Payload.of([1])] as unknown as Message);
    expect(decoded(serializer, published)[1]).toBe(2n ** 53n + 1n);
  });

  test("refuses a message nested deeper than the limit, wherever it is [SER-19]", () => {
    const nested = (depth: number): unknown => (depth === 0 ? "x".repeat(100) : [nested(depth - 1)]);
    const dicts = (depth: number): unknown => (depth === 0 ? "x".repeat(100) : { a: dicts(depth - 1) });
    for (const deep of [nested, dicts]) {
      // Arguments, or the dict of details, is the first of 32 levels.
      const inPayload = (depth: number) => serializer.encode([PUBLISH, 1, {}, "a.b", Payload.of([deep(depth)])]);
      expect(decoded(serializer, inPayload(31))).toHaveLength(5);
      expect(faultOf(serializer, inPayload(32))).toMatch(/deep/);
      const inHead = (depth: number) => serializer.encode([MessageType.HELLO, "realm1", { a: deep(depth) }]);
      expect(decoded(serializer, inHead(31))).toHaveLength(3);
      expect(faultOf(serializer, inHead(32))).toMatch(/deep/);
    }
  });

  test("writes a message after one it could not, and a long one after a short one", () => {
    const long: Message = [EVENT, 1, 2, { topic: "x".repeat(100_000) }, Payload.of(["y".repeat(100_000)])];
    expect(plain(decoded(serializer, serializer.encode(long)))).toStrictEqual(plain(long));
    const trap = {
      get a(): never {
        throw new Error("trap");
      },
    };
    expect(() => serializer.encode([EVENT, 1, 2, trap, Payload.NONE])).toThrow("trap");
    expect(decoded(serializer, serializer.encode([SUBSCRIBED, 1, 2]))).toStrictEqual([SUBSCRIBED, 1, 2]);
  });

  test("leaves out details that are undefined", () => {
    const frame = serializer.encode([EVENT, 1, 2, { topic: undefined, publisher: 3 }, Payload.NONE]);
    expect(decoded(serializer, frame)[3]).toStrictEqual({ publisher: 3 });
  });

  test("carries binary and big integers in details, too", () => {
    const details = { extra: new Uint8Array([1, 2, 3]), big: 2n ** 60n };
    expect(decoded(serializer, serializer.encode([MessageType.HELLO, "realm1", details]))[2]).toStrictEqual(details);
    const frame = serializer.encode([PUBLISH, 1, details, "a.b", Payload.of([1])]);
    expect(decoded(serializer, frame)[2]).toStrictEqual(details);
  });
});

describe.each(PAIRS.map(([from, to]) => [from.name, to.name, from, to] as const))("%s → %s", (_from, _to, from, to) => {
  test.each(MESSAGES)("%s says the same [SER-01]", (_name, message) => {
    expect(plain(decoded(to, relayed(message, from, to)))).toStrictEqual(plain(message));
  });

  test.each(VALUES)("%s: sent and received [SER-01]", (_name, value) => {
    const message: Message = [PUBLISH, 1, {}, "a.b", Payload.of([value], { value })];
    expect(plain(decoded(to, relayed(message, from, to)))).toStrictEqual(plain(message));
  });

  test("binary goes there and back unchanged, keys stay strings [SER-04][SER-06]", () => {
    const value = { data: [bytesOf(1), { more: bytesOf(20) }], "\u0000AQI=": "\u0000AQI" };
    const payload = Payload.of([value], value);
    const there = payloadOf(decoded(to, relayed([PUBLISH, 1, {}, "a.b", payload], from, to)));
    const back = payloadOf(decoded(from, relayed([PUBLISH, 1, {}, "a.b", there], to, from)));
    expect(back.values).toStrictEqual({ args: [value], kwargs: value });
  });
});

describe("transcoding", () => {
  test("happens once per serializer, however many receivers [SER-22]", () => {
    const payload = payloadOf(decoded(json, '[16,1,{},"a.b",[1,2,3]]'));
    expect(payload.rawFor(cbor)).toBe(payload.rawFor(cbor));
    expect(payload.rawFor(msgpack)).toBe(payload.rawFor(msgpack));
    expect(payload.rawFor(json)).toBe("[1,2,3]");
  });

  test.each(CROSS)("%s → %s: a payload is as the receiver's own serializer would write it", (_from, _to, from, to) => {
    const payload = Payload.of([2 ** 33, "ä", bytesOf(3), -7], { b: 1.5, a: [] });
    const message: Message = [PUBLISH, 1, {}, "a.b", payload];
    expect(relayed(message, from, to)).toStrictEqual(to.encode(message));
  });

  test("a __proto__ key from JSON stays with JSON, where it is a key and touches no prototype [SER-18]", () => {
    const payload = payloadOf(decoded(json, '[16,1,{},"a.b",[],{"__proto__":{"isAdmin":true},"constructor":1}]'));
    for (const to of SERIALIZERS) {
      const { kwargs = {} } = to.decodePayload(payload.rawFor(to));
      expect(Object.keys(kwargs)).toStrictEqual(to === json ? ["__proto__", "constructor"] : ["constructor"]);
      expect(Object.getPrototypeOf(kwargs)).toBe(Object.prototype);
      expect(kwargs.isAdmin).toBeUndefined();
    }
  });

  test("NaN and infinities are floats in MessagePack and CBOR and null in JSON [SER-14]", () => {
    const payload = Payload.of([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.5]);
    for (const from of BINARY) {
      const there = payloadOf(decoded(from, from.encode([PUBLISH, 1, {}, "a.b", payload])));
      for (const to of BINARY) expect(to.decodePayload(there.rawFor(to)).args).toStrictEqual(payload.args);
      expect(there.rawFor(json)).toBe("[null,null,null,1.5]");
    }
  });

  test("integers beyond 2^53 keep every digit between all serializers [SER-13]", () => {
    const integers = [18446744073709551615n, 9007199254740993n, -9007199254740993n, -9223372036854775808n];
    const text = "[18446744073709551615,9007199254740993,-9007199254740993,-9223372036854775808]";
    for (const [from, to] of PAIRS) {
      const payload = payloadOf(decoded(to, relayed([PUBLISH, 1, {}, "a.b", Payload.of(integers)], from, to)));
      expect(payload.args).toStrictEqual(integers);
      expect(payload.rawFor(json)).toBe(text);
    }
  });

  test("integers beyond 64 bits are bignums in CBOR, digits in JSON and floats in MessagePack [SER-13]", () => {
    const integers = [2n ** 64n, -(2n ** 64n) - 1n];
    expect(cbor.decodePayload(cbor.encodePayload({ args: integers })).args).toStrictEqual(integers);
    expect(json.encodePayload({ args: integers })).toBe("[18446744073709551616,-18446744073709551617]");
    expect(json.decodePayload("[18446744073709551616,-18446744073709551617]").args).toStrictEqual(integers);
    expect(msgpack.decodePayload(msgpack.encodePayload({ args: integers })).args).toStrictEqual([2 ** 64, -(2 ** 64)]);
  });

  test("half a surrogate pair becomes a replacement character, not broken UTF-8 [SER-20]", () => {
    const payload = payloadOf(decoded(json, '[16,1,{},"a.b",["\\ud83c"],{"\\udfbb":1}]'));
    for (const to of BINARY) {
      expect(to.decodePayload(payload.rawFor(to))).toStrictEqual({ args: ["\ufffd"], kwargs: { "\ufffd": 1 } });
    }
  });
});

test("an id drawn at random is never 2^53, which encoders elsewhere write as a float [SER-11]", () => {
  expect(idFromRandom(new Uint8Array(8).fill(0xff))).toBe(2 ** 53 - 1);
  expect(idFromRandom(new Uint8Array(8))).toBeLessThan(2 ** 53);
});

/** A PUBLISH whose payload elements are `tail`, valid or not. */
function frameOf(serializer: (typeof SERIALIZERS)[number], tail: readonly unknown[]) {
  return serializer.encode([PUBLISH, 1, {}, "a.b", ...tail] as unknown as Message);
}

function bytesOf(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => 255 - i);
}
