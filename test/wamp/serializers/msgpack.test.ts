/** The serializer `msgpack`, byte by byte, and against another implementation. */

import { encode as referenceEncode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import type { Message } from "../../../src/wamp/protocol/message.ts";
import { MessageType } from "../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import { json } from "../../../src/wamp/serializers/json.ts";
import { msgpack } from "../../../src/wamp/serializers/msgpack.ts";
import { bytes, decoded, faultOf, hex, payloadOf, plain } from "./samples.ts";

const { EVENT, PUBLISHED, SUBSCRIBED } = MessageType;

/** `[16, 1, {}, "a.b", …tail]` with `count` elements in the tail. */
function publish(tail: string, count = 1): Uint8Array {
  return bytes(`9${4 + count} 10 01 80 a3612e62 ${tail}`);
}

/** The one argument encoded as `item`, on its way to another serializer. */
function argument(item: string): unknown {
  return payloadOf(decoded(msgpack, publish(`91 ${item}`))).args[0];
}

/** The value of option `x` encoded as `item`. */
function option(item: string): unknown {
  const message = decoded(msgpack, bytes(`94 20 01 81a178 ${item} a3612e62`));
  return (message[2] as Record<string, unknown>).x;
}

describe("writing", () => {
  test.each([
    [2 ** 32 - 1, "ceffffffff"],
    [2 ** 32, "cf0000000100000000"],
    [2 ** 53 - 1, "cf001fffffffffffff"],
    [2 ** 53, "cf0020000000000000"],
  ])("the id %d is an integer [SER-09][SER-10]", (id, encoded) => {
    expect(hex(msgpack.encode([PUBLISHED, 1, id]))).toBe(`931101${encoded}`);
  });

  test.each([
    [127, "7f"],
    [128, "cc80"],
    [256, "cd0100"],
    [65536, "ce00010000"],
    [-1, "ff"],
    [-32, "e0"],
    [-33, "d0df"],
    [-129, "d1ff7f"],
    [-32769, "d2ffff7fff"],
    [-2147483649, "d3ffffffff7fffffff"],
    [-(2 ** 53), "d3ffe0000000000000"],
    [2n ** 64n - 1n, "cfffffffffffffffff"],
    [-(2n ** 63n), "d38000000000000000"],
    [2n ** 64n, "cb43f0000000000000"],
    [-(2n ** 63n) - 1n, "cbc3e0000000000000"],
    [1.5, "cb3ff8000000000000"],
    [Number.NaN, "cb7ff8000000000000"],
    [null, "c0"],
    [undefined, "c0"],
    [false, "c2"],
    [true, "c3"],
  ])("%s takes as few bytes as it can", (value, encoded) => {
    expect(hex(msgpack.encodePayload({ args: [value] }) as Uint8Array)).toBe(`91${encoded}`);
  });

  test("bytes are of the bin family, never str [SER-07]", () => {
    const head = (size: number) =>
      hex((msgpack.encodePayload({ args: new Uint8Array(size) }) as Uint8Array).subarray(0, 5));
    expect(head(255).slice(0, 4)).toBe("c4ff");
    expect(head(256).slice(0, 6)).toBe("c50100");
    expect(head(65536)).toBe("c600010000");
  });

  test("numbers keep their widths and types beside what needs the second encoder [SER-09][SER-14]", () => {
    const args = [2n ** 60n, 2 ** 32 - 1, 2 ** 32, -(2 ** 31), -(2 ** 31) - 1, 1.5, 2 ** 53 + 2, null, true];
    expect(hex(msgpack.encodePayload({ args }) as Uint8Array)).toBe(
      `99${"cf1000000000000000 ceffffffff cf0000000100000000 d280000000 d3ffffffff7fffffff"}`.replaceAll(" ", "") +
        "cb3ff8000000000000cb4340000000000001c0c3",
    );
  });

  test("dicts and bytes stay what they are beside what needs the second encoder [SER-18]", () => {
    const dict = { b: 2 ** 53, gone: undefined, ["__proto__"]: 1, c: new Uint8Array([7]), a: "\ud83c" };
    expect(hex(msgpack.encodePayload({ kwargs: dict }) as Uint8Array)).toBe(
      "9083a162cf0020000000000000a163c40107a161a3efbfbd",
    );
  });

  test.each([
    ["a key", { "\udfbb": 1 }, "9081a3efbfbd01"],
    ["a value", { a: "\ud83c" }, "9081a161a3efbfbd"],
    ["an element", { a: ["\ud83cx"] }, "9081a16191a4efbfbd78"],
  ])("half a surrogate pair in %s only is U+FFFD [SER-20]", (_where, kwargs, encoded) => {
    expect(hex(msgpack.encodePayload({ kwargs }) as Uint8Array)).toBe(encoded);
  });

  test("a frame stays as it is when the next one is written", () => {
    const first = msgpack.encode([PUBLISHED, 1, 2]) as Uint8Array;
    const second = msgpack.encode([EVENT, 1, 2, {}, Payload.of([1])]) as Uint8Array;
    const third = msgpack.encodePayload({ args: [1], kwargs: { a: 1 } }) as Uint8Array;
    msgpack.encode([EVENT, 9, 9, { topic: "x".repeat(100) }, Payload.NONE]);
    expect([first, second, third].map(hex)).toStrictEqual(["93110102", "95240102809101", "910181a16101"]);
  });

  test("a message of more than fifteen elements announces them all", () => {
    const head = Array.from({ length: 14 }, () => 1);
    const frame = msgpack.encode([EVENT, ...head, Payload.of([2], { a: 3 })] as unknown as Message);
    expect(hex(frame)).toBe(`dc001124${"01".repeat(14)}910281a16103`);
  });

  test("keys keep the order they were set in", () => {
    expect(hex(msgpack.encode([EVENT, 1, 2, { b: 1, a: 2 }, Payload.NONE]))).toBe("9424010282a16201a16102");
  });
});

describe("reading", () => {
  test.each([
    "07",
    "cc07",
    "cd0007",
    "ce00000007",
    "cf0000000000000007",
    "d007",
    "d10007",
    "d200000007",
    "d30000000000000007",
    "ca40e00000",
    "cb401c000000000000",
  ])("the id 7 may be written as %s [SER-12]", (encoded) => {
    expect(decoded(msgpack, bytes(`93 21 01 ${encoded}`))).toStrictEqual([SUBSCRIBED, 1, 7]);
  });

  test.each([
    ["cf0020000000000000", 2 ** 53],
    ["cb4340000000000000", 2 ** 53],
    ["cf0020000000000001", 2n ** 53n + 1n],
    ["cfffffffffffffffff", 2n ** 64n - 1n],
    ["d3ffe0000000000000", -(2 ** 53)],
    ["d3ffdfffffffffffff", -(2n ** 53n) - 1n],
    ["ff", -1],
    ["d0df", -33],
  ])("%s is exactly %s [SER-10][SER-13]", (encoded, value) => {
    expect(decoded(msgpack, bytes(`93 21 01 ${encoded}`))[2]).toBe(value);
    expect(argument(encoded)).toBe(value);
  });

  test("lists, dicts and strings may announce their size in more bytes than needed [SER-12]", () => {
    const long = "dd00000005 10 01 de0000 da0003612e62 dc0002 01 d90161";
    expect(plain(decoded(msgpack, bytes(long)))).toStrictEqual([16, 1, {}, "a.b", [1, "a"]]);
    expect(payloadOf(decoded(msgpack, publish("dc0000 df00000000", 2)))).toBe(Payload.NONE);
  });

  test("bytes hold on to no frame", () => {
    for (const value of [argument("c403010203"), option("c403010203"), option("91c403010203")].flat()) {
      expect((value as Uint8Array).buffer.byteLength).toBe(3);
    }
  });

  test("U+FEFF at the front of text stays, however long the text [SER-20]", () => {
    for (const length of [3, 60, 230, 70_000]) {
      const text = `\ufeff${"x".repeat(length - 3)}`;
      const item = hex(msgpack.encodePayload({ args: [text] }) as Uint8Array).slice(2);
      expect(argument(item)).toBe(text);
      expect(argument(`81 ${item} ${item}`)).toStrictEqual({ [text]: text });
      expect(option(`91 ${item}`)).toStrictEqual([text]);
    }
  });

  test("a payload is the part of the frame it came in [SER-21]", () => {
    const frame = publish("91cb3ff0000000000000 81 a161 dc0001 cc01", 2);
    const raw = payloadOf(decoded(msgpack, frame)).rawFor(msgpack) as Uint8Array;
    expect(raw.buffer).toBe(frame.buffer);
    expect(hex(raw)).toBe("91cb3ff000000000000081a161dc0001cc01");
  });
});

describe("extension types [SER-15]", () => {
  test("undefined as msgpackr writes it is an absent option, and null among arguments", () => {
    expect(option("d40000")).toBeUndefined();
    expect(argument("d40000")).toBeNull();
  });

  test.each([
    ["fixext 1", "d40507", "07"],
    ["ext 8", "c70305010203", "010203"],
    ["ext 16", "c800010507", "07"],
    ["ext 32", "c9000000010507", "07"],
    ["type 0 that is not undefined", "d500ff01", "ff01"],
    ["a timestamp of a wrong size", "d4ff01", "01"],
    ["a timestamp no Date holds", "c70cff000000007fffffffffffffff", "000000007fffffffffffffff"],
  ])("%s is its data among arguments, and as an option nothing a typed field accepts", (_what, item, data) => {
    expect(argument(item)).toStrictEqual(bytes(data));
    expect(option(item)).toStrictEqual(bytes(item));
  });

  test.each([
    ["d6ff65920080", "2024-01-01T00:00:00.000Z"],
    ["d7ff1d6f345465920080", "2024-01-01T00:00:00.123Z"],
    ["c70cff00000000ffffffffffffffff", "1969-12-31T23:59:59.000Z"],
    ["c70cff0007a120ffffffffffffffff", "1969-12-31T23:59:59.000Z"],
  ])("the timestamp %s is %s among arguments", (item, text) => {
    expect(argument(item)).toBe(text);
    expect(option(item)).toStrictEqual(bytes(item));
  });

  test("one leaves its neighbours as they are", () => {
    const neighbours = "cf0020000000000001 cf0000000000000007 c40109 81a16b d40000";
    expect(option(`95 d40507 ${neighbours}`)).toStrictEqual([
      bytes("d40507"),
      2n ** 53n + 1n,
      7,
      bytes("09"),
      { k: undefined },
    ]);
    expect(argument(`95 d40507 ${neighbours}`)).toStrictEqual([
      bytes("07"),
      2n ** 53n + 1n,
      7,
      bytes("09"),
      { k: null },
    ]);
  });

  test("one may stand anywhere in the head without harm", () => {
    expect(decoded(msgpack, bytes("93 d40507 c70305010203 d6ff65920080"))).toHaveLength(3);
  });

  test("a receiver of the same kind gets it as it was sent", () => {
    const payload = payloadOf(decoded(msgpack, publish("91 c70305010203")));
    expect(hex(msgpack.encode([EVENT, 1, 2, {}, payload]))).toBe("952401028091c70305010203");
  });
});

describe("dict keys", () => {
  test.each(["01", "c4016b", "c0", "90", "80", "cb3ff8000000000000", "d40500"])(
    "%s, which is no string, is refused in the head [SER-16]",
    (key) => {
      expect(faultOf(msgpack, bytes(`94 20 01 81 ${key} 01 a3612e62`))).toMatch(/key/);
      expect(faultOf(msgpack, bytes(`94 20 01 81 a178 81 ${key} 01 a3612e62`))).toMatch(/key/);
    },
  );

  test("one that is no string is its text for other serializers", () => {
    const payload = payloadOf(decoded(msgpack, publish("90 85 0101 c002 c303 91 01 04 81a8746f537472696e6701 05", 2)));
    expect(payload.kwargs).toStrictEqual({ 1: 1, null: 2, true: 3, "[1]": 4, '{"toString":1}': 5 });
    expect(payload.rawFor(json)).toBe(String.raw`[],{"1":1,"null":2,"true":3,"[1]":4,"{\"toString\":1}":5}`);
  });

  test("__proto__ is refused, in the head and in the payload [SER-18]", () => {
    const proto = "a9 5f5f70726f746f5f5f";
    expect(faultOf(msgpack, bytes(`94 20 01 81 ${proto} 80 a3612e62`))).toMatch(/__proto__/);
    expect(faultOf(msgpack, publish(`91 81 ${proto} 80`))).toMatch(/__proto__/);
    expect(faultOf(msgpack, publish(`90 81 d909 ${proto.slice(3)} 80`, 2))).toMatch(/__proto__/);
    expect(argument(`81 aa 78 ${proto.slice(3)} 01`)).toStrictEqual({ x__proto__: 1 });
    expect(argument(`81 aa ${proto.slice(3)} 78 01`)).toStrictEqual({ __proto__x: 1 });
    expect(argument(proto)).toBe("__proto__");
  });

  test("constructor is a key like any other [SER-18]", () => {
    expect(argument("81 ab 636f6e7374727563746f72 01")).toStrictEqual({ constructor: 1 });
  });
});

describe("refuses", () => {
  test.each([
    ["an empty frame", "", /truncated/],
    ["a dict", "80", /list/],
    ["a number", "01", /list/],
    ["bytes after the message [SER-17]", "93210102 c0", /after/],
    ["a second message [SER-17]", "93210102 93210102", /after/],
    ["the byte that is never used", "93 21 01 c1", /never/],
    ["the same in a payload", "95 10 01 80 a161 91c1", /never/],
    ["a list that promises four billion elements", "95 10 01 80 a161 ddffffffff", /truncated/],
    ["a string that promises four billion bytes", "95 10 01 80 a161 91 dbffffffff 61", /truncated/],
    ["text that is not UTF-8 in the head [SER-20]", "94 20 01 80 a2c328", /UTF-8/],
    ["text that is not UTF-8 in the payload [SER-20]", "95 10 01 80 a161 91 a2c328", /UTF-8/],
    ["a key that is not UTF-8 [SER-20]", "95 10 01 80 a161 91 81 a1ff 01", /UTF-8/],
    ["half a surrogate pair in UTF-8 [SER-20]", "95 10 01 80 a161 91 a3eda0bc", /UTF-8/],
    ["long text that is not UTF-8 [SER-20]", `95 10 01 80 a161 91 d950${"61".repeat(79)}ff`, /UTF-8/],
  ])("%s", (_what, frame, reason) => {
    expect(faultOf(msgpack, bytes(frame))).toMatch(reason);
  });

  test("a hundred thousand brackets, without running out of stack [SER-19]", () => {
    expect(faultOf(msgpack, publish("91".repeat(100_000)))).toMatch(/deep/);
    expect(faultOf(msgpack, bytes("91".repeat(100_000)))).toMatch(/deep/);
    expect(faultOf(msgpack, bytes("93 20 01 81 a161".concat("81a161".repeat(100_000))))).toMatch(/deep/);
  });
});

test("an independent encoder writes the same bytes", () => {
  const values = [
    0,
    200,
    70_000,
    2 ** 40,
    -5,
    -200,
    -(2 ** 40),
    1.25,
    "ä",
    "x".repeat(300),
    null,
    true,
    { b: [1], a: {} },
  ];
  const message = [48, 2 ** 40, { timeout: 5 }, "com.example.add2", [...values, new Uint8Array([1, 2])], { k: values }];
  const own = msgpack.encode([48, 2 ** 40, { timeout: 5 }, "com.example.add2", payloadOfValues(message)] as Message);
  expect(hex(own)).toBe(hex(referenceEncode(message)));
});

function payloadOfValues(message: readonly unknown[]): Payload {
  return Payload.of(message[4] as unknown[], message[5] as Record<string, unknown>);
}
