/** The scanner of large JSON messages: it takes what `JSON.parse` takes, and finds the same payload. */

import { describe, expect, test } from "vitest";
import { json } from "../../../src/wamp/serializers/json.ts";
import { scanPayload } from "../../../src/wamp/serializers/json-scanner.ts";
import { decoded, faultOf, payloadOf, seeded, VALUES } from "./samples.ts";

const DEPTH = 32;
const HEAD = '[48,7,{"a":[1]},"com.example.echo",';
/** White space behind a message, so that few of its characters are not ASCII. */
const SPACE = " ".repeat(4000);
/** Elements of a message that is scanned: more than 4 KiB of small values. */
const VALUES_OF_LARGE = `${'{"a":1},'.repeat(600)}0`;
const TELLING_CHARACTERS = '[]{},:"\\u0-+9eE.tfn \u0000\té';

/** Payloads in JSON that exercise each rule of its grammar. */
const TAILS = [
  "[]",
  "[],{}",
  '[],{"a":1}',
  ' [ 1 ,\t-2\r\n] , { "a" : { } , "b" : [ ] } ',
  "[0,-0,10,1.5,-0.25,1e5,1E+5,1.5e-10,123456789012345678901234567890]",
  '[true,false,null,"","a"]',
  String.raw`["\"\\\/\b\f\n\r\t\u00e9\uD83D\ude00","\\",{"\"":1}]`,
  '["é漢😀\u007f",{"ü":"ü"}]',
  `["${"x".repeat(200)}","${"y".repeat(63)}","${"z".repeat(64)}","${"w".repeat(65)}"]`,
  String.raw`["${"x".repeat(100)}\"${"y".repeat(100)}\\","${"x".repeat(100)}\n${"y".repeat(100)}"]`,
  "[[[[]],[{}]],[{},[]]]",
];

describe("finds the payload of", () => {
  test.each(TAILS)("%s", (tail) => {
    const span = scanPayload(`${HEAD}${tail}]${SPACE}`, DEPTH)!;
    const [args, kwargs] = JSON.parse(`[${tail}]`);
    expect(span.start).toBe(HEAD.length);
    expect(span.argsAreEmpty).toBe(args.length === 0);
    expect(span.kwargsAreEmpty).toBe(kwargs === undefined ? undefined : Object.keys(kwargs).length === 0);
  });

  test.each(VALUES)("%s, as JSON writes it", (_name, value) => {
    const tail = json.encodePayload({ args: [value], kwargs: { value } });
    expect(scanPayload(`${HEAD}${tail}]${SPACE}`, DEPTH)).toMatchObject({ argsAreEmpty: false, kwargsAreEmpty: false });
  });

  test("messages of each type with a payload, with white space before the type", () => {
    for (const head of [' [ 16 , 1 , { } , "a.b" ,', "[70,1,{},", '[8,68,1,{},"a.b",', '[3,{},"a.b",']) {
      expect(scanPayload(`${head}[1]]`, DEPTH)?.start).toBe(head.length);
    }
  });
});

describe("leaves to the native parser", () => {
  test.each([
    ["messages without payload", '[1,"realm1",{}]'],
    ["payloads that are left out", '[48,7,{},"a.b"]'],
    ["null in the place of Arguments", '[48,7,{},"a.b",null]'],
    ["a string in the place of Arguments", '[48,7,{},"a.b","\\u0000AAAA"]'],
    ["a list in the place of ArgumentsKw", '[48,7,{},"a.b",[1],[2]]'],
    ["elements beyond ArgumentsKw", '[48,7,{},"a.b",[1],{"a":1},1]'],
    ["heads that are not ASCII", '[48,7,{},"a.é",[1]]'],
    ["text that takes many more bytes than characters", `[48,7,{},"a.b",["${"漢".repeat(100)}"]]`],
    ["nothing", ""],
    ["U+0000 behind the message", '[48,7,{},"a.b",[1]]\u0000'],
  ])("%s", (_what, text) => {
    expect(scanPayload(text, DEPTH)).toBeUndefined();
  });

  test("every message that is cut off", () => {
    for (const tail of TAILS) {
      const frame = `${HEAD}${tail.trim()}]`;
      for (let length = 0; length < frame.length; length++) {
        if (scanPayload(frame.slice(0, length), DEPTH) !== undefined) throw new Error(frame.slice(0, length));
      }
    }
  });

  test.each([1, 2, 3])("every damaged message that it refuses (seed %d)", (seed) => {
    const random = seeded(seed);
    const counts = { taken: 0, refused: 0 };
    for (let round = 0; round < 4000; round++) {
      const tail = damaged(TAILS[Math.floor(random() * TAILS.length)]!, random);
      const frame = `${HEAD}${tail}]${SPACE}`;
      const isTaken = scanPayload(frame, DEPTH) !== undefined;
      counts[isTaken ? "taken" : "refused"]++;
      if (isTaken !== isCall(frame)) throw new Error(`${isTaken ? "taken" : "refused"}: ${frame}`);
    }
    // Neither outcome is so rare that the other one alone would be tested.
    expect(counts.taken).toBeGreaterThan(400);
    expect(counts.refused).toBeGreaterThan(400);
  });
});

describe("a large message of small values", () => {
  const values = VALUES_OF_LARGE;

  test("is forwarded as it was typed [SER-21]", () => {
    const tail = `[ 1.0, ${values}, 1e2, 9007199254740993 ],{"a":1,"a":2,"__proto__":{}}`;
    expect(payloadOf(decoded(json, `[48,7,{},"a.b", ${tail} ]`)).rawFor(json)).toBe(tail);
  });

  test("has the head that a small one has, to the integer [SER-10]", () => {
    const head = String.raw`[16,1,{"exclude":[9007199254740993],"x":"\u0000AAAA"},"a.b"`;
    const small = decoded(json, `${head},["x"]]`);
    const large = decoded(json, `${head},[${values}]]`);
    expect(large.slice(0, 4)).toStrictEqual(small.slice(0, 4));
    expect(payloadOf(large)).toMatchObject({ length: 1, argsKind: "list", kwargsIsDict: true });
  });

  test("loses empty elements [SER-23]", () => {
    const raw = (tail: string) => payloadOf(decoded(json, `[48,7,{},"a.b",${tail}]`)).rawFor(json);
    expect(raw(`[${values}] , { } `)).toBe(`[${values}]`);
    expect(raw(`[],{"a":[${values}]}`)).toBe(`[],{"a":[${values}]}`);
    expect(payloadOf(decoded(json, `[48,7,{"a":[${values}]},"a.b",[],{}]`)).length).toBe(0);
  });

  test("is refused like a small one [SER-17][SER-19]", () => {
    const faults = [`[${values},"\u0001"]`, `[${values}]]`, `[${values},01]`, `[${values}`].map((tail) => {
      return faultOf(json, `[48,7,{},"a.b",${tail}]`);
    });
    expect(new Set(faults)).toStrictEqual(new Set(["the message is not valid JSON"]));
    expect(faultOf(json, `[48,7,{'a':1},"a.b",[${values}]]`)).toBe("the message is not valid JSON");
    const deep = `[${values},${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}]`;
    expect(faultOf(json, `[48,7,{},"a.b",${deep}]`)).toMatch(/deep/);
  });
});

test.each([0, 1, 2])("the depth of %d is that of the native parser's way", (extra) => {
  const lists = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  expect(scanPayload(`${HEAD}${lists(DEPTH + extra)}]`, DEPTH) !== undefined).toBe(extra === 0);
  expect(scanPayload(`[48,7,{"a":${lists(DEPTH - 1 + extra)}},"a.b",[]]`, DEPTH) !== undefined).toBe(extra === 0);
});

/** Whether text is a CALL with a list and perhaps a dict, as `JSON.parse` reads it. */
function isCall(text: string): boolean {
  try {
    const [type, , , procedure, args, kwargs = {}, ...rest] = JSON.parse(text);
    const isDict = typeof kwargs === "object" && kwargs !== null && !Array.isArray(kwargs);
    return type === 48 && procedure === "com.example.echo" && Array.isArray(args) && isDict && rest.length === 0;
  } catch {
    return false;
  }
}

function damaged(text: string, random: () => number): string {
  const characters = [...text];
  for (let hits = Math.floor(random() * 3); hits > 0; hits--) {
    const position = Math.floor(random() * (characters.length + 1));
    const character = TELLING_CHARACTERS.charAt(Math.floor(random() * TELLING_CHARACTERS.length));
    const kind = random();
    if (kind < 0.4) characters[position] = character;
    else if (kind < 0.7) characters.splice(position, 1);
    else characters.splice(position, 0, character);
  }
  return characters.join("");
}
