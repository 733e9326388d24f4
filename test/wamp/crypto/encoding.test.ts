/** Text and bytes. */

import { describe, expect, test } from "vitest";
import { isLongerThan, utf8 } from "../../../src/wamp/crypto/encoding.ts";

describe("whether text is longer than a limit is exact in UTF-8", () => {
  const large = 100_000;
  test.each([
    ["ASCII", "x".repeat(large)],
    ["two bytes", "é".repeat(large)],
    ["three bytes", "漢".repeat(large)],
    ["four bytes", "😀".repeat(large)],
    ["four bytes at odd places", `x${"😀".repeat(large)}`],
    ["a surrogate at the end", `${"x".repeat(large)}\ud83d`],
    ["unpaired surrogates", "\ude00\ud83d".repeat(large)],
    ["nothing", ""],
  ])("%s", (_what, text) => {
    const size = utf8(text).length;
    expect(isLongerThan(text, size)).toBe(false);
    expect(isLongerThan(text, size - 1)).toBe(true);
  });
});
