/** Text and bytes. */

import { afterEach, describe, expect, test, vi } from "vitest";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe.each([
  ["with the function of Node", process],
  ["without it", undefined],
])("whether text is longer than a limit is exact in UTF-8, %s", (_, process) => {
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
    vi.stubGlobal("process", process);
    vi.resetModules();
    const { isLongerThan, utf8 } = await import("../../../src/wamp/crypto/encoding.ts");
    const size = utf8(text).length;
    expect(isLongerThan(text, size)).toBe(false);
    expect(isLongerThan(text, size - 1)).toBe(true);
  });
});
