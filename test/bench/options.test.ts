/** The options of the benchmark, and what is said about those that are wrong. */

import { expect, it } from "vitest";
import { readTargets } from "../../bench/commands/run-options.ts";
import { describeSettings, readSettingOptions } from "../../bench/commands/setting-options.ts";
import { DEFAULTS } from "../../bench/scenarios/settings.ts";
import { THIS_CHECKOUT } from "../../bench/targets/target.ts";

it("options become settings in milliseconds, numbers and lists", () => {
  const values = { warmUp: "500ms", duration: "2", callers: "8", acknowledge: true, match: "exact,prefix" };
  expect(readSettingOptions({ ...values, target: [], rounds: "3" })).toStrictEqual({
    warmupMs: 500,
    durationMs: 2000,
    callers: 8,
    isAcknowledged: true,
    match: ["exact", "prefix"],
  });
});

it("settings are described as the command line has them, without the times", () => {
  const described = describeSettings(["inFlight", "idleMs", "match", "durationMs"], DEFAULTS);
  expect(described).toStrictEqual(["in-flight 4", "idle 12s", "match exact,prefix,wildcard"]);
});

it.each([
  [{ callers: "0" }, "--callers must be a whole number from 1, not 0"],
  [{ warmUp: "soon" }, "--warm-up must be a length of time such as 500ms, 10s, 5m or 1h, not soon"],
  [{ shape: "round" }, "--shape must be one of text, objects, not round"],
  [{ match: "exact,glob" }, "--match must be one of exact, prefix, wildcard, not glob"],
])("%j: %s", (values, message) => {
  expect(() => readSettingOptions(values)).toThrow(message);
});

it.each([
  [{ defaults: false }, "--no-defaults needs a --target"],
  [{ defaults: true, target: ["this"] }, "--target: two targets have the name this"],
])("%j: %s", (flags, message) => {
  expect(() => readTargets(flags, [THIS_CHECKOUT])).toThrow(message);
});

it("--target adds to the default targets, --no-defaults leaves these out", () => {
  const names = (defaults: boolean) =>
    readTargets({ defaults, target: ["relay"] }, [THIS_CHECKOUT]).map(({ name }) => name);
  expect([names(true), names(false)]).toStrictEqual([["this", "relay"], ["relay"]]);
});
