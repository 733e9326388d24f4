/** The serializers inside workerd: the functions of the runtime give the same results there as in Node. */

import { describe, expect, it } from "vitest";
import { MessageType } from "../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import { cbor } from "../../../src/wamp/serializers/cbor.ts";
import { json } from "../../../src/wamp/serializers/json.ts";
import { msgpack } from "../../../src/wamp/serializers/msgpack.ts";
import { BINARY, bytes, decoded, faultOf, hex, payloadOf } from "../../wamp/serializers/samples.ts";

// Every rule of the three formats, whatever it takes from the runtime.
import "../../wamp/serializers/cbor.test.ts";
import "../../wamp/serializers/json.test.ts";
import "../../wamp/serializers/msgpack.test.ts";

const { PUBLISH, SUBSCRIBE } = MessageType;

/** The payload of a JSON frame with these Arguments. */
const argumentsOf = (text: string) => payloadOf(decoded(json, `[16,1,{},"a.b",${text}]`));

describe("JSON.parse with context.source", () => {
  it("distinguishes integers beyond 2^53, in the payload and in the head [SER-13]", () => {
    const payload = argumentsOf("[9007199254740992,9007199254740993,-18446744073709551616,1.5]");
    expect(payload.args).toStrictEqual([2 ** 53, 2n ** 53n + 1n, -(2n ** 64n), 1.5]);
    expect(decoded(json, "[33,9007199254740993,9007199254740992]").slice(1)).toStrictEqual([2n ** 53n + 1n, 2 ** 53]);
  });

  it("leaves numbers that are no integers to the parser [SER-14]", () => {
    expect(argumentsOf("[9007199254740993.5,9007199254740993e0,1e400]").args).toStrictEqual([
      2 ** 53 + 2,
      2 ** 53,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it("passes every digit on to JSON, MessagePack and CBOR [SER-13]", () => {
    const payload = argumentsOf("[18446744073709551615]");
    expect(hex(payload.rawFor(msgpack))).toBe("91cfffffffffffffffff");
    expect(hex(payload.rawFor(cbor))).toBe("811bffffffffffffffff");
    expect(json.encodePayload({ args: payload.args })).toBe("[18446744073709551615]");
  });
});

describe("DataView.getFloat16", () => {
  it.each([
    ["f93c00", 1],
    ["f9c000", -2],
    ["f97bff", 65504],
    ["f90001", 2 ** -24],
    ["f98000", -0],
    ["f97c00", Number.POSITIVE_INFINITY],
    ["f97e00", Number.NaN],
  ])("reads the half-precision float %s as %d [SER-12]", (item, value) => {
    expect(payloadOf(decoded(cbor, bytes(`85 10 01 a0 63612e62 81${item}`))).args).toStrictEqual([value]);
  });
});

describe("TextDecoder, fatal and with ignoreBOM", () => {
  /** The string `encoded` as the one argument, and as a topic. */
  const frames = (encoded: string) => {
    const size = encoded.length / 2;
    const sized = size.toString(16).padStart(2, "0");
    return [
      [msgpack, bytes(`95 10 01 80 a3612e62 91 d9${sized}${encoded}`), bytes(`94 20 01 80 d9${sized}${encoded}`)],
      [cbor, bytes(`85 10 01 a0 63612e62 81 78${sized}${encoded}`), bytes(`84 1820 01 a0 78${sized}${encoded}`)],
    ] as const;
  };

  it.each([
    ["a byte out of place", "c328"],
    ["half a surrogate pair", "eda0bc"],
    ["an overlong form", "c080"],
    ["a code point beyond the last", "f4908080"],
    ["a character cut off", `${"61".repeat(210)}e282`],
  ])("refuses %s [SER-20]", (_what, encoded) => {
    for (const [serializer, inPayload, inHead] of frames(encoded)) {
      expect(faultOf(serializer, inPayload)).toMatch(/UTF-8/);
      expect(faultOf(serializer, inHead)).toMatch(/UTF-8/);
    }
  });

  it.each([0, 100, 210])("keeps U+FEFF at the front of text, %d characters before its end [SER-20]", (length) => {
    const text = `\ufeff${"x".repeat(length)}`;
    for (const [serializer, inPayload, inHead] of frames(`efbbbf${"78".repeat(length)}`)) {
      expect(payloadOf(decoded(serializer, inPayload)).args).toStrictEqual([text]);
      expect(decoded(serializer, inHead)[3]).toBe(text);
    }
  });
});

describe("String.prototype.isWellFormed and toWellFormed, TextEncoder", () => {
  it.each(["\ud83c", `${"x".repeat(100)}\udfbb`])(
    "let no half of a surrogate pair into a binary frame [SER-20]",
    (text) => {
      const wellFormed = `${text.slice(0, -1)}\ufffd`;
      for (const serializer of BINARY) {
        const payload = argumentsOf(JSON.stringify([text, { [text]: 1 }]));
        const raw = payload.rawFor(serializer);
        expect(serializer.decodePayload(raw).args).toStrictEqual([wellFormed, { [wellFormed]: 1 }]);
        expect(decoded(serializer, serializer.encode([SUBSCRIBE, 1, {}, text]))[3]).toBe(wellFormed);
      }
    },
  );
});

it("a payload goes round through all three serializers unchanged [SER-01][SER-04]", () => {
  const values = {
    args: [2 ** 53, -(2n ** 63n), "ä🎻", new Uint8Array([0, 255]), [null, 1.5]],
    kwargs: { a: { b: [] } },
  };
  let payload = Payload.of(values.args, values.kwargs);
  for (const serializer of [json, msgpack, cbor, json, cbor, msgpack, json]) {
    payload = payloadOf(decoded(serializer, serializer.encode([PUBLISH, 1, {}, "a.b", payload])));
  }
  expect(payload.values).toStrictEqual(values);
});
