/** Text and bytes. */

import { describe, expect, test } from "vitest";
import { loadWith, RUNTIMES } from "./runtimes.ts";

describe.each(RUNTIMES)("whether text is longer than a limit is exact in UTF-8, %s", (_, process) => {
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
  ])("%s", async (_what, text) => {
    const { isLongerThan, utf8 } = await loadWith(process, () => import("../../../src/wamp/crypto/encoding.ts"));
    const size = utf8(text).length;
    expect(isLongerThan(text, size)).toBe(false);
    expect(isLongerThan(text, size - 1)).toBe(true);
  });
});
