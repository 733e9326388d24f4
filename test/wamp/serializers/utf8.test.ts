/** Checks of UTF-8. */

import { describe, expect, it } from "vitest";
import { loadWith, RUNTIMES } from "../crypto/runtimes.ts";

const LONG = "x".repeat(80);
const valid = ["é", "€", "😀", "\u0000", "\ufeff", "\uffff"].map((text) => new TextEncoder().encode(LONG + text));
const invalid = [[0x80], [0xc3], [0xc0, 0x80], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff]].map(
  (end) => Uint8Array.from([...new TextEncoder().encode(LONG), ...end]),
);

describe.each(RUNTIMES)("the check of long UTF-8 text, %s", (_, process) => {
  it("accepts what TextEncoder writes, and nothing that is no UTF-8", async () => {
    const { isUtf8 } = await loadWith(process, () => import("../../../src/wamp/serializers/utf8.ts"));
    expect(valid.map((bytes) => isUtf8(bytes, 0, bytes.length))).toEqual(valid.map(() => true));
    expect(invalid.map((bytes) => isUtf8(bytes, 0, bytes.length))).toEqual(invalid.map(() => false));
    expect(isUtf8(invalid[0]!, 0, LONG.length)).toBe(true);
  });
});
