/** The serializer `cbor`, byte by byte, and against another implementation. */

import { decode as referenceDecode, encode as referenceEncode } from "cborg";
import { describe, expect, test } from "vitest";
import { MessageType } from "../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import { cbor } from "../../../src/wamp/serializers/cbor.ts";
import { json } from "../../../src/wamp/serializers/json.ts";
import { msgpack } from "../../../src/wamp/serializers/msgpack.ts";
import { bytes, decoded, faultOf, hex, payloadOf, plain } from "./samples.ts";

const { CALL, EVENT, PUBLISHED, SUBSCRIBED } = MessageType;

/** `[16, 1, {}, "a.b", …tail]` with `count` elements in the tail. */
function publish(tail: string, count = 1): Uint8Array {
  return bytes(`8${4 + count} 10 01 a0 63612e62 ${tail}`);
}

/** The one argument encoded as `item`, on its way to another serializer. */
function argument(item: string): unknown {
  return payloadOf(decoded(cbor, publish(`81 ${item}`))).args[0];
}

/** The value of option `x` encoded as `item`. */
function option(item: string): unknown {
  const message = decoded(cbor, bytes(`84 1820 01 a16178 ${item} 63612e62`));
  return (message[2] as Record<string, unknown>).x;
}

describe("writing", () => {
  test.each([
    [2 ** 32 - 1, "1affffffff"],
    [2 ** 32, "1b0000000100000000"],
    [2 ** 53 - 1, "1b001fffffffffffff"],
    [2 ** 53, "1b0020000000000000"],
  ])("the id %d is an integer [SER-09][SER-10]", (id, encoded) => {
    expect(hex(cbor.encode([PUBLISHED, 1, id]))).toBe(`831101${encoded}`);
  });

  test.each([
    [23, "17"],
    [24, "1818"],
    [256, "190100"],
    [65536, "1a00010000"],
    [-1, "20"],
    [-24, "37"],
    [-25, "3818"],
    [-257, "390100"],
    [-(2 ** 32), "3affffffff"],
    [-(2 ** 32) - 1, "3b0000000100000000"],
    [-(2 ** 53), "3b001fffffffffffff"],
    [2n ** 64n - 1n, "1bffffffffffffffff"],
    [-(2n ** 64n), "3bffffffffffffffff"],
    [2n ** 64n, "c249010000000000000000"],
    [-(2n ** 64n) - 1n, "c349010000000000000000"],
    [1.5, "fb3ff8000000000000"],
    [Number.NaN, "fb7ff8000000000000"],
    [null, "f6"],
    [undefined, "f6"],
    [false, "f4"],
    [true, "f5"],
  ])("%s takes as few bytes as it can", (value, encoded) => {
    expect(hex(cbor.encodePayload({ args: [value] }) as Uint8Array)).toBe(`81${encoded}`);
  });

  test("bytes are of major type 2, without tag 64 [SER-08]", () => {
    expect(hex(cbor.encodePayload({ args: new Uint8Array(30) }) as Uint8Array)).toBe(`581e${"00".repeat(30)}`);
  });

  test("sizes are definite and keys keep the order they were set in", () => {
    expect(hex(cbor.encode([EVENT, 1, 2, { b: 1, a: 2 }, Payload.of([[]])]))).toBe("8518240102a261620161610281" + "80");
  });
});

describe("reading", () => {
  test.each([
    "07",
    "1807",
    "190007",
    "1a00000007",
    "1b0000000000000007",
    "f94700",
    "fa40e00000",
    "fb401c000000000000",
    "c24107",
    "c240",
  ])("an id may be written as %s [SER-12]", (encoded) => {
    expect(decoded(cbor, bytes(`83 1821 01 ${encoded}`))).toStrictEqual([SUBSCRIBED, 1, encoded === "c240" ? 0 : 7]);
  });

  test.each([
    ["1b0020000000000000", 2 ** 53],
    ["fb4340000000000000", 2 ** 53],
    ["fa5a000000", 2 ** 53],
    ["1b0020000000000001", 2n ** 53n + 1n],
    ["1bffffffffffffffff", 2n ** 64n - 1n],
    ["3b001fffffffffffff", -(2 ** 53)],
    ["3b0020000000000000", -(2n ** 53n) - 1n],
    ["3bffffffffffffffff", -(2n ** 64n)],
    ["20", -1],
    ["3863", -100],
    ["c249010000000000000000", 2n ** 64n],
    ["c349010000000000000000", -(2n ** 64n) - 1n],
  ])("%s is exactly %s [SER-10][SER-13]", (encoded, value) => {
    expect(decoded(cbor, bytes(`83 1821 01 ${encoded}`))[2]).toBe(value);
    expect(argument(encoded)).toBe(value);
  });

  test.each([
    ["a half float", "f93e00", 1.5],
    ["a single float", "fa3fc00000", 1.5],
    ["half infinity", "f97c00", Number.POSITIVE_INFINITY],
    ["half NaN", "f97e00", Number.NaN],
    ["the smallest half float", "f90001", 2 ** -24],
  ])("%s [SER-12][SER-14]", (_what, item, value) => {
    expect(argument(item)).toBe(value);
  });

  test("the message, dicts, lists and strings may be of indefinite length [SER-12]", () => {
    const frame =
      "9f 10 01 bf 6161 9f0102ff ff 7f 62612e 6162 ff 9f 7f 6178 60 6179 ff 5f 4101 40 420203 ff ff bf 6161 01 ff ff";
    const message = decoded(cbor, bytes(frame));
    const values = [16, 1, { a: [1, 2] }, "a.b", ["xy", bytes("010203")], { a: 1 }];
    expect(plain(message)).toStrictEqual(values);
    expect(hex(payloadOf(message).rawFor(cbor) as Uint8Array)).toBe("9f7f6178606179ff5f410140420203ffffbf616101ff");
  });

  test("a message of indefinite length may end before, after or in the middle of the payload [SER-12]", () => {
    const head = "9f 10 01 a0 63612e62";
    expect(plain(decoded(cbor, bytes(`${head} ff`)))).toStrictEqual([16, 1, {}, "a.b"]);
    expect(plain(decoded(cbor, bytes(`${head} 8101 ff`)))).toStrictEqual([16, 1, {}, "a.b", [1]]);
    expect(plain(decoded(cbor, bytes(`${head} 8101 a0 ff`)))).toStrictEqual([16, 1, {}, "a.b", [1]]);
    expect(decoded(cbor, bytes(`${head} 9fff bfff ff`))[4]).toBe(Payload.NONE);
    expect(decoded(cbor, bytes(`${head} 8101 a0 02 03 ff`)).slice(5)).toStrictEqual([2, 3]);
    expect(decoded(cbor, bytes("9f 10 01 ff"))).toStrictEqual([16, 1]);
    expect(decoded(cbor, bytes("9f ff"))).toStrictEqual([]);
  });

  test("a payload is the part of the frame it came in [SER-21]", () => {
    const frame = publish("81fb3ff0000000000000 a1 6161 980118ff", 2);
    const raw = payloadOf(decoded(cbor, frame)).rawFor(cbor) as Uint8Array;
    expect(raw.buffer).toBe(frame.buffer);
    expect(hex(raw)).toBe("81fb3ff0000000000000a16161980118ff");
  });
});

describe("tags and simple values [SER-15]", () => {
  test("undefined is an absent option, and null among arguments", () => {
    expect(option("f7")).toBeUndefined();
    expect(argument("f7")).toBeNull();
  });

  test("tag 64 around a byte string, as cbor-x writes it, is bytes everywhere", () => {
    expect(argument("d84043010203")).toStrictEqual(bytes("010203"));
    expect(option("d84043010203")).toStrictEqual(bytes("010203"));
  });

  test.each([
    ["a date", "c074323032342d30312d30315430303a30303a30305a", "2024-01-01T00:00:00Z"],
    ["a tag in a tag", "d9d9f7c16101", "\u0001"],
    ["tag 64 around something else", "d8406161", "a"],
    ["tag 2 around something else", "c26161", "a"],
    ["a huge tag", "dbffffffffffffffff01", 1],
  ])("%s is its content among arguments, and as an option nothing a typed field accepts", (_what, item, value) => {
    expect(argument(item)).toStrictEqual(value);
    expect(option(item)).toStrictEqual(bytes(item));
  });

  test("a bignum that exceeds a float stays bytes", () => {
    expect(argument(`c2 58 80 ${"ff".repeat(128)}`)).toBe(2n ** 1024n - 1n);
    expect(argument(`c2 58 81 ${"ff".repeat(129)}`)).toStrictEqual(new Uint8Array(129).fill(255));
  });

  test.each(["e0", "f3", "f820", "f8ff"])("the simple value %s is null among arguments, bytes as an option", (item) => {
    expect(argument(item)).toBeNull();
    expect(option(item)).toStrictEqual(bytes(item));
  });

  test("one may stand anywhere in the head without harm", () => {
    expect(decoded(cbor, bytes("84 c101 e0 f820 d84043010203"))).toHaveLength(4);
  });

  test("a receiver of the same kind gets them as they were sent", () => {
    const payload = payloadOf(decoded(cbor, publish("84 f7 e0 c101 d84043010203")));
    expect(hex(cbor.encode([EVENT, 1, 2, {}, payload]))).toBe("8518240102a084f7e0c101d84043010203");
    expect(payload.rawFor(json)).toBe(String.raw`[null,null,1,"\u0000AQID"]`);
    expect(hex(payload.rawFor(msgpack) as Uint8Array)).toBe("94c0c001c403010203");
  });
});

describe("dict keys", () => {
  test.each(["01", "416b", "f6", "80", "a0", "f93e00", "c06161", "f7"])(
    "%s, which is no string, is refused in the head [SER-16]",
    (key) => {
      expect(faultOf(cbor, bytes(`84 1820 01 a1 ${key} 01 63612e62`))).toMatch(/key/);
      expect(faultOf(cbor, bytes(`84 1820 01 a1 6178 a1 ${key} 01 63612e62`))).toMatch(/key/);
    },
  );

  test("one that is no string is its text for other serializers", () => {
    const payload = payloadOf(decoded(cbor, publish("80 a5 0101 f602 f503 8101 04 a168746f537472696e6701 05", 2)));
    expect(payload.kwargs).toStrictEqual({ 1: 1, null: 2, true: 3, "[1]": 4, '{"toString":1}': 5 });
  });

  test("__proto__ is refused, in the head and in the payload [SER-18]", () => {
    const proto = "5f5f70726f746f5f5f";
    expect(faultOf(cbor, bytes(`84 1820 01 a1 69${proto} a0 63612e62`))).toMatch(/__proto__/);
    expect(faultOf(cbor, bytes(`84 1820 01 bf 7f69${proto}ff a0 ff 63612e62`))).toMatch(/__proto__/);
    expect(faultOf(cbor, publish(`81 a1 69${proto} a0`))).toMatch(/__proto__/);
    expect(argument(`a1 6a78${proto} 01`)).toStrictEqual({ x__proto__: 1 });
    expect(argument(`a1 6a${proto}78 01`)).toStrictEqual({ __proto__x: 1 });
  });

  test("a __proto__ key in pieces, or made of one that is no string, touches no prototype [SER-18]", () => {
    for (const key of ["7f 625f5f 67 70726f746f5f5f ff", "c0 69 5f5f70726f746f5f5f"]) {
      const value = argument(`a1 ${key} a1 6161 01`) as Record<string, unknown>;
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(value.a).toBeUndefined();
      expect(Object.keys(value)).toStrictEqual(["__proto__"]);
    }
  });
});

describe("refuses", () => {
  test.each([
    ["an empty frame", "", /truncated/],
    ["a dict", "a0", /list/],
    ["a tag around the message", "d9d9f7 83182101 02", /list/],
    ["bytes after the message [SER-17]", "83182101 02 f6", /after/],
    ["bytes after a message of indefinite length [SER-17]", "9f18210102ff f6", /after/],
    ["a reserved size", "83 1821 01 1c", /reserve/],
    ["the same in a payload", "85 10 01 a0 6161 81 1e", /reserve/],
    ["an integer of indefinite length", "83 1821 01 1f", /reserve/],
    ["a tag of indefinite length", "83 1821 01 df01", /reserve/],
    ["a stray break", "83 1821 01 ff", /break/],
    ["a break in a definite list", "85 10 01 a0 6161 82 01ff", /break/],
    ["a break in the place of a value", "85 10 01 a0 6161 81 bf6161ff", /break/],
    ["a small simple value in two bytes", "85 10 01 a0 6161 81 f814", /simple/],
    ["pieces of another kind", "85 10 01 a0 6161 81 7f4161ff", /pieces/],
    ["pieces in pieces", "85 10 01 a0 6161 81 7f7f6161ffff", /pieces/],
    ["pieces of another kind in the head", "84 1820 01 a0 7f4161ff", /pieces/],
    ["an indefinite list without end", "85 10 01 a0 6161 9f01", /truncated/],
    ["a list that promises more than there can be", "85 10 01 a0 6161 9bffffffffffffffff01", /truncated/],
    ["a string that promises more than there can be", "85 10 01 a0 6161 81 7bffffffffffffffff61", /truncated/],
    ["text that is not UTF-8 in the head [SER-20]", "84 1820 01 a0 62c328", /UTF-8/],
    ["text that is not UTF-8 in the payload [SER-20]", "85 10 01 a0 6161 81 62c328", /UTF-8/],
    ["a character split over pieces [SER-20]", "85 10 01 a0 6161 81 7f61c361a4ff", /UTF-8/],
    ["long text that is not UTF-8 [SER-20]", `85 10 01 a0 6161 81 7850${"61".repeat(79)}ff`, /UTF-8/],
  ])("%s", (_what, frame, reason) => {
    expect(faultOf(cbor, bytes(frame))).toMatch(reason);
  });

  test.each(["81", "9f", "c1", "a16161", "bf6161"])(
    "a hundred thousand of %s, without running out of stack [SER-19]",
    (open) => {
      expect(faultOf(cbor, publish(open.repeat(100_000)))).toMatch(/deep/);
      expect(faultOf(cbor, bytes(`82 1820 ${open.repeat(100_000)}`))).toMatch(/deep/);
    },
  );
});

test("an independent implementation writes the same bytes and reads what is written here", () => {
  const values = [0, 200, 70_000, 2 ** 40, -5, -200, -(2 ** 40), "ä", "x".repeat(300), null, true, { b: [1], a: {} }];
  const payload = Payload.of([...values, new Uint8Array([1, 2])], { k: values, big: 2n ** 64n - 1n });
  const message = [CALL, 2 ** 40, { timeout: 5 }, "com.example.add2", payload.args, payload.kwargs];
  const own = cbor.encode([CALL, 2 ** 40, { timeout: 5 }, "com.example.add2", payload]) as Uint8Array;
  expect(hex(own)).toBe(hex(referenceEncode(message, { mapSorter: () => 0 })));
  expect(referenceDecode(own)).toStrictEqual(message);
});
