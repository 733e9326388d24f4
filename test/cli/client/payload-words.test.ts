/** Arguments of messages as words of a command line, and lengths of time. */

import { describe, expect, it } from "vitest";
import { parseDuration } from "../../../src/cli/client/duration.ts";
import { parseJson } from "../../../src/cli/client/json-text.ts";
import { readMessageOptions, readPayload } from "../../../src/cli/client/payload-words.ts";
import { UserError } from "../../../src/cli/project/user-error.ts";

describe("readPayload", () => {
  it.each<[word: string, value: unknown]>([
    ["23", 23],
    ["-1.5e3", -1500],
    ["true", true],
    ["null", null],
    ["hello", "hello"],
    ["two words", "two words"],
    ["007", "007"],
    ["", ""],
    ['"23"', "23"],
    ['[1,"a"]', [1, "a"]],
    ["http://example.com/?a=b", "http://example.com/?a=b"],
    ["2=3", "2=3"],
  ])("takes the word %j for %j", (word, value) => {
    expect(readPayload([word], {})).toStrictEqual({ args: [value], kwargs: {} });
  });

  it("keeps all digits of an integer beyond 2^53", () => {
    expect(String(readPayload(["9007199254740993"], {}).args[0])).toBe("9007199254740993");
  });

  it("takes key=value for keyword arguments, and adds words to --args and --kwargs", () => {
    const flags = { args: "[1]", kwargs: '{"a":1,"b":2}' };
    const words = ["2", "b=x=y", "c=", "d=[1]", "__proto__=1"];
    const { args, kwargs } = readPayload(words, flags);
    expect(args).toStrictEqual([1, 2]);
    expect(Object.entries(kwargs)).toStrictEqual([
      ["a", 1],
      ["b", "x=y"],
      ["c", ""],
      ["d", [1]],
      ["__proto__", 1],
    ]);
  });
});

describe("parseJson", () => {
  it.each([
    ['{"a":b}', 'column 6, at "b}"'],
    ["[1,]", 'column 4, at "]"'],
    ["[1 2]", 'column 4, at "2]"'],
    ["[tru]", 'column 5, at "]"'],
    ["[true, nul", "it ends too early"],
    ['{"a', "it ends too early"],
    ["[1,\n 2,,\n 3]", 'line 2, column 4, at ",\\n 3]"'],
    ['{"a":1}}', 'column 8, at "}"'],
    ["", "it ends too early"],
  ])("says where %j is broken", (text, place) => {
    const fault = new UserError(`x is broken JSON (${place}): `);
    expect(() => parseJson(text, "x")).toThrow(fault.message);
  });
});

describe("readMessageOptions", () => {
  it("reads key=value", () => {
    expect(readMessageOptions(["disclose_me=true", "x=a=b"])).toStrictEqual({ disclose_me: true, x: "a=b" });
  });

  it.each(["disclose_me", "5", "=1"])("refuses %j", (word) => {
    expect(() => readMessageOptions([word])).toThrow("--option must be key=value, such as disclose_me=true, not");
  });
});

describe("parseDuration", () => {
  it.each([
    ["500ms", 500],
    ["10", 10_000],
    ["1.5s", 1500],
    ["5m", 300_000],
    ["1h", 3_600_000],
  ])("reads %s as %i milliseconds", (text, milliseconds) => {
    expect(parseDuration(text, "--x")).toBe(milliseconds);
  });

  it.each(["0", "-1s", "1d", "soon", "", "1000h"])("refuses %j", (text) => {
    expect(() => parseDuration(text, "--x")).toThrow("--x must be a length of time such as 500ms, 10s, 5m or 1h");
  });
});
