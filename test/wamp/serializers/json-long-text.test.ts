/** JSON messages with a long text are decoded as all others are. */

import { describe, expect, it, vi } from "vitest";
import { SeededRandom } from "../../../src/testing/seeded-random.ts";
import { json } from "../../../src/wamp/serializers/json.ts";
import { findLongText } from "../../../src/wamp/serializers/json-long-text.ts";
import { DecodeFault } from "../../../src/wamp/serializers/serializer.ts";

const LIMITS = { depth: 10 };
const LONG = "x".repeat(40_000);

const decoded = (frame: string) => describeElements(json.decode(frame, LIMITS));

/** Elements with the values of the payload; "fault" for a fault. */
function describeElements(elements: readonly unknown[] | DecodeFault): unknown {
  if ("reason" in elements) return "fault";
  return elements.map((element) => {
    if (typeof element !== "object" || element === null || !("argsKind" in element)) return element;
    const { values, length, argsKind, kwargsIsDict } = element as never;
    return { values: length === 0 ? {} : values, length, argsKind, kwargsIsDict };
  });
}

/** The serializer where the language has no `JSON.rawJSON`: it parses every message as a whole. */
async function importWithoutCheck(): Promise<typeof json> {
  vi.stubGlobal("JSON", Object.create(JSON, { rawJSON: { value: undefined } }));
  vi.resetModules();
  const module = await import("../../../src/wamp/serializers/json.ts");
  vi.unstubAllGlobals();
  vi.resetModules();
  return module.json;
}

describe("a message with a long text", () => {
  it.each([
    ["in Arguments", `[48,1,{},"com.example",["${LONG}"]]`],
    ["in a dict in Arguments", `[48,1,{},"com.example",[1,{"a":[ "${LONG}" , 2]},null]]`],
    ["as a dict key", `[48,1,{},"com.example",[{"${LONG}":1}]]`],
    ["in ArgumentsKw", `[48,1,{},"com.example",[],{"a":"${LONG}"}]`],
    ["in ArgumentsKw after null", `[48,1,{},"com.example",null,{"a":"${LONG}"}]`],
    ["as key of ArgumentsKw", `[48,1,{},"com.example",[1],{"${LONG}":0}]`],
    ["in place of Arguments", `[48,1,{},"com.example","${LONG}"]`],
    ["in place of Arguments, binary", `[48,1,{},"com.example","\\u0000${LONG}"]`],
    ["in place of ArgumentsKw", `[48,1,{},"com.example",[1],"${LONG}"]`],
    ["beyond ArgumentsKw", `[48,1,{},"com.example",[1],{},"${LONG}"]`],
    ["in the options", `[48,1,{"x_a":"${LONG}"},"com.example",["a"]]`],
    ["as URI", `[48,1,{},"${LONG}",["a"]]`],
    ["twice", `[48,1,{},"com.example",["${LONG}","${LONG}"]]`],
    ["after others", `[48,1,{},"com.example",["a","b\\"","c",7,"${LONG}","d"]]`],
    ["after a large id", `[48,9007199254740993,{},"com.example",["${LONG}"]]`],
    ["in no message with a payload", `[34,1,"${LONG}"]`],
  ])("%s", async (_where, frame) => {
    const whole = await importWithoutCheck();
    const expected = describeElements(whole.decode(frame, LIMITS));
    expect(expected).not.toBe("fault");
    expect(decoded(frame)).toEqual(expected);
  });

  it.each([
    ["between two texts", `[48,1,{},"com.example",["a"${LONG}"b"]]`],
    ["with a line break", `[48,1,{},"com.example",["${LONG}\n"]]`],
    ["with an unknown escape", `[48,1,{},"com.example",["${LONG}\\x"]]`],
    ["without its end", `[48,1,{},"com.example",["${LONG}`],
    ["with an escaped end", `[48,1,{},"com.example",["${LONG}\\"]]`],
    ["behind a backslash", `[48,1,{},"com.example",[\\"${LONG}"]]`],
    ["without a list", `{"a":"${LONG}"}`],
    ["before another text", `[48,1,{},"com.example",["${LONG}""a"]]`],
  ])("that is faulty is refused: %s", (_fault, frame) => {
    expect(decoded(frame)).toBe("fault");
  });

  it("is looked for as text only where it is one", () => {
    expect(findLongText(`["a","${LONG}"]`)).toEqual({ start: 5, shortened: '["a",""]' });
    expect(findLongText(`["a\\"${LONG}"]`)).toBeUndefined();
    expect(findLongText(`["${LONG}\\"a"]`)).toBeUndefined();
    expect(findLongText(`[${"1,".repeat(40_000)}1]`)).toBeUndefined();
  });

  it("is read from random pieces as from a parser of the whole", () => {
    const random = new SeededRandom(20261128);
    const pieces = ['"', '"', '"', "\\", LONG, "a", ",", ":", "[", "]", "{", "}", " ", "\\u0000", "\n"];
    for (let round = 0; round < 3_000; round++) {
      const count = 1 + random.below(8);
      const middle = Array.from({ length: count }, () => pieces[random.below(pieces.length)]).join("");
      const frame = `[48,1,{},"com.example",["${middle}"]]`;
      let isJson = true;
      try {
        JSON.parse(frame);
      } catch {
        isJson = false;
      }
      expect([frame.length, json.decode(frame, LIMITS) instanceof DecodeFault]).toEqual([frame.length, !isJson]);
    }
  });
});
