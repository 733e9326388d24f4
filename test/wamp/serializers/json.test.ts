/** The serializer `json`, character by character. */

import { describe, expect, test } from "vitest";
import type { Message } from "../../../src/wamp/protocol/message.ts";
import { MessageType } from "../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import { json } from "../../../src/wamp/serializers/json.ts";
import { msgpack } from "../../../src/wamp/serializers/msgpack.ts";
import { bytes, decoded, faultOf, hex, payloadOf, plain } from "./samples.ts";

const { EVENT, PUBLISH, SUBSCRIBED, WELCOME } = MessageType;
const FROM_CHAPTER = bytes("10e3ff9053075c526f5fc06d4fe37cdb");

/** The payload of a frame as a JSON receiver gets it. */
function forwarded(tail: string): string {
  const payload = payloadOf(decoded(json, `[16,1,{},"a.b",${tail}]`));
  return String(json.encode([EVENT, 1, 2, {}, payload])).slice("[36,1,2,{},".length, -1);
}

describe("writing", () => {
  test("integers have no fraction and no exponent, at any size [SER-02][SER-09]", () => {
    expect(json.encode([EVENT, 5512315355, 4429313566, {}, Payload.NONE])).toBe("[36,5512315355,4429313566,{}]");
    expect(json.encode([SUBSCRIBED, 2 ** 53 - 1, 2 ** 53])).toBe("[33,9007199254740991,9007199254740992]");
    expect(json.encode([SUBSCRIBED, 1, 2n ** 64n] as unknown as Message)).toBe("[33,1,18446744073709551616]");
  });

  test("WELCOME has the roles of its own details, whatever was written before", () => {
    const roles = { broker: { features: { event_history: true } } };
    const written = '"roles":{"broker":{"features":{"event_history":true}}}';
    expect(json.encode([WELCOME, 1, { realm: "a", roles }])).toBe(`[2,1,{"realm":"a",${written}}]`);
    expect(json.encode([WELCOME, 2, { roles, authextra: undefined }])).toBe(`[2,2,{${written}}]`);
    expect(json.encode([WELCOME, 3, { roles: { dealer: {} } }])).toBe('[2,3,{"roles":{"dealer":{}}}]');
    expect(json.encode([WELCOME, 4, {}])).toBe("[2,4,{}]");
  });

  test("ArgumentsKw without Arguments follows an empty list [SER-23]", () => {
    const event: Message = [EVENT, 1, 2, {}, Payload.of([], { color: "orange" })];
    expect(json.encode(event)).toBe('[36,1,2,{},[],{"color":"orange"}]');
  });

  test("bytes are U+0000 and padded Base64 [SER-03]", () => {
    expect(json.encode([EVENT, 1, 2, {}, Payload.of([FROM_CHAPTER])])).toBe(
      String.raw`[36,1,2,{},["\u0000EOP/kFMHXFJvX8BtT+N82w=="]]`,
    );
    expect(json.encodePayload({ args: new Uint8Array(0) })).toBe(String.raw`"\u0000"`);
  });

  test("100,000 bytes come back [SER-03]", () => {
    const large = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
    expect(json.decodePayload(json.encodePayload({ args: [large] })).args).toStrictEqual([large]);
  });

  test("what JSON lacks is null, in a dict entry left out when undefined", () => {
    const args = [undefined, () => 1, Symbol("s"), Number.NaN, null];
    expect(json.encodePayload({ args, kwargs: { a: undefined, b: 1 } })).toBe('[null,null,null,null,null],{"b":1}');
  });
});

describe("forwarding", () => {
  test.each([
    ["1.0 and 1e2", "[1.0,1e2,-0]"],
    ["integers of any size", "[123456789012345678901234567890]"],
    ["duplicate keys", '[],{"a":1,"a":2}'],
    ["white space inside", '[ 1 ,\t2 ], { "a" : [ ] }'],
    ["escapes", String.raw`["\u0041\/\"],[{}"],{"\u0000":"\ud83c"}`],
    ["a binary string", String.raw`["\u0000EOP/kFMHXFJvX8BtT+N82w=="]`],
    ["a __proto__ key", '[],{"__proto__":{"a":1}}'],
  ])("%s stay as they were typed [SER-21]", (_what, tail) => {
    expect(forwarded(tail)).toBe(tail);
  });

  test("white space around the payload goes, and so does an empty tail [SER-23]", () => {
    expect(forwarded(" [1]\n")).toBe("[1]");
    expect(forwarded(" [1] , { } ")).toBe("[1]");
    expect(forwarded('["{,"],{}')).toBe('["{,"]');
    expect(json.encode([EVENT, 1, 2, {}, payloadOf(decoded(json, ' [16,1,{},"a.b" , [ ] , { } ] '))])).toBe(
      "[36,1,2,{}]",
    );
  });

  test("finds the payload behind a head with brackets, commas, quotes and backslashes in strings", () => {
    const options = { 'a",[{': ['\\"', "\\\\", { b: "],}" }, []], c: "\\" };
    const frame = ` [16 , 1, ${JSON.stringify(options)} ,"a.\\"b,[",\n[1,2],{"k":"v"}]`;
    const message = decoded(json, frame);
    expect(plain(message)).toStrictEqual([16, 1, options, 'a."b,[', [1, 2], { k: "v" }]);
    expect(payloadOf(message).rawFor(json)).toBe('[1,2],{"k":"v"}');
  });
});

describe("towards other serializers", () => {
  test("a string is binary if and only if U+0000 precedes valid padded Base64 [SER-04][SER-05]", () => {
    const ordinary = [
      "\u0000A",
      "\u0000AA",
      "\u0000AAA",
      "\u0000AAA==",
      "\u0000A===",
      "\u0000AB_-",
      "\u0000AA A",
      "AAAA",
    ];
    const { args } = json.decodePayload(
      JSON.stringify([...ordinary, "\u0000", "\u0000AA==", "\u0000AAA=", "\u0000AAAA"]),
    );
    expect(args).toStrictEqual([...ordinary, bytes(""), bytes("00"), bytes("0000"), bytes("000000")]);
  });

  test("the chapter's example is a byte string in MessagePack [SER-03][SER-04]", () => {
    const payload = payloadOf(decoded(json, String.raw`[16,1,{},"a.b",["\u0000EOP/kFMHXFJvX8BtT+N82w=="]]`));
    expect(hex(msgpack.encode([EVENT, 1, 2, {}, payload]))).toBe("952401028091c41010e3ff9053075c526f5fc06d4fe37cdb");
  });

  test("binary in the place of Arguments is told from a string", () => {
    const kind = (text: string) => payloadOf(decoded(json, `[16,1,{},"a.b",${JSON.stringify(text)}]`)).argsKind;
    expect(kind("\u0000AQID")).toBe("bytes");
    expect(kind("\u0000AQI")).toBe("string");
    expect(kind("AQID")).toBe("string");
  });

  test("dict keys are never binary [SER-06]", () => {
    expect(json.decodePayload(String.raw`[{"\u0000AAAA":1}],{"\u0000AAAA":"\u0000AAAA"}`)).toStrictEqual({
      args: [{ "\u0000AAAA": 1 }],
      kwargs: { "\u0000AAAA": bytes("000000") },
    });
  });

  test("integers beyond 2^53 are exact, floats and what exceeds a float stay numbers [SER-13]", () => {
    const text = `[9007199254740992,9007199254740993,-9007199254740993,9007199254740993.0,1e16,1e400,${"9".repeat(400)}]`;
    expect(json.decodePayload(text).args).toStrictEqual([
      2 ** 53,
      2n ** 53n + 1n,
      -(2n ** 53n) - 1n,
      2 ** 53,
      1e16,
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
  });
});

describe("refuses", () => {
  test.each([
    ["no text", ""],
    ["no JSON", "[16,1,{},"],
    ["bytes after the message [SER-17]", "[33,1,2] [33,1,2]"],
    ["a dict", '{"a":1}'],
    ["a string", '"[33,1,2]"'],
    ["a number", "33"],
    ["null", "null"],
    ["NaN", '[16,1,{},"a.b",[NaN]]'],
    ["a raw control character in a string", '[16,1,{},"a.b",["\u0000"]]'],
    ["a single quote", "[16,1,{},'a.b']"],
    ["half a payload", '[16,1,{},"a.b",[1],{"a":}]'],
  ])("%s", (_what, frame) => {
    expect(faultOf(json, frame)).toMatch(/^the message is not/);
  });

  test("a thousand brackets, without running out of stack [SER-19]", () => {
    expect(faultOf(json, "[".repeat(100_000) + "]".repeat(100_000))).toMatch(/deep/);
    expect(faultOf(json, `[16,1,{},"a.b",${'[{"a":'.repeat(50_000)}1${"}]".repeat(50_000)}]`)).toMatch(/deep/);
  });
});

test("the marker of an id beyond 2^53 is not lost in a message without payload, nor in details [SER-10]", () => {
  expect(decoded(json, "[34,9007199254740993,9007199254740992]")).toStrictEqual([34, 2n ** 53n + 1n, 2 ** 53]);
  expect(decoded(json, '[16,1,{"exclude":[9007199254740993]},"a.b"]')[2]).toStrictEqual({ exclude: [2n ** 53n + 1n] });
  expect(decoded(json, `[${PUBLISH},1234567890123456,{},"a.b",[1]]`)[1]).toBe(1234567890123456);
});
