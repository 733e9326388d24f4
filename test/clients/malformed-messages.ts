/** Generates frames that violate the protocol, from a seed. */

import { SeededRandom } from "../../src/testing/seeded-random.ts";
import type { Frame, Subprotocol, WireMessage } from "./wire.ts";
import { wireOf } from "./wire.ts";

/** One frame of a broken client. */
export interface Malformed {
  readonly frame: Frame;
  /** Whether the frame is sent in an open session, or as the first frame. */
  readonly inSession: boolean;
  /** The expected close code: 1003 for the wrong kind of frame, else 1002. */
  readonly closeCode: 1002 | 1003;
}

/** Returns `count` malformed frames of an unbatched subprotocol. */
export function malformedFrames(subprotocol: Subprotocol, count: number, seed: number): Malformed[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => malformed(subprotocol, random));
}

type Field = keyof typeof WRONG_VALUES;

/** The messages that a client may send in a session: their fields, and the number of required ones. */
const SHAPES: readonly { code: number; fields: readonly Field[]; required: number }[] = [
  { code: 6, fields: ["dict", "uri"], required: 2 },
  { code: 16, fields: ["id", "dict", "uri", "list", "dict"], required: 3 },
  { code: 32, fields: ["id", "dict", "uri"], required: 3 },
  { code: 34, fields: ["id", "id"], required: 2 },
  { code: 48, fields: ["id", "dict", "uri", "list", "dict"], required: 3 },
  { code: 64, fields: ["id", "dict", "uri"], required: 3 },
  { code: 66, fields: ["id", "id"], required: 2 },
  { code: 70, fields: ["id", "dict", "list", "dict"], required: 2 },
];

const RIGHT_VALUES = { id: 1, dict: {}, uri: "com.app.name", list: ["argument"] } as const;

const WRONG_VALUES = {
  id: [0, -1, 1.5, "1", null, true, [], {}, 2n ** 53n + 2n, 2n ** 64n - 1n, -(2n ** 63n)],
  dict: [[], 1, "{}", true, [["key", "value"]]],
  uri: [1, null, [], {}, true, ["com.app.name"]],
  list: [{}, 1, "[]", true],
} as const;

/** Known options with invalid values (MSG-08, MSG-09, MSG-10). */
const WRONG_OPTIONS: readonly WireMessage[] = [
  [16, 1, { acknowledge: 1 }, "com.app.name"],
  [16, 1, { acknowledge: "true" }, "com.app.name"],
  [16, 1, { exclude_me: 0 }, "com.app.name"],
  [16, 1, { exclude: "all" }, "com.app.name"],
  [16, 1, { eligible: [1.5] }, "com.app.name"],
  [16, 1, { disclose_me: [] }, "com.app.name"],
  [32, 1, { match: "Exact" }, "com.app.name"],
  [32, 1, { match: {} }, "com.app.name"],
  [64, 1, { match: "regex" }, "com.app.name"],
  [48, 1, { receive_progress: 1 }, "com.app.name"],
  [48, 1, { timeout: "soon" }, "com.app.name"],
];

/** Answers to requests that the router did not send. */
const WRONG_STATE: readonly WireMessage[] = [
  [5, "signature", {}],
  [70, 4711, {}],
  [8, 68, 4711, {}, "com.app.error"],
  [8, 48, 1, {}, "com.app.error"],
];

const ROUTER_CODES = [2, 4, 17, 33, 35, 36, 50, 65, 67, 68, 69];
const NO_MESSAGES = [{}, [], 1, "text", null, true, [null], ["1"], [[]], [1.5], [{}], { 0: 1 }];
const LISTS_DEEP = 20_000;

type Violation = (subprotocol: Subprotocol, random: SeededRandom) => BrokenFrame;
type BrokenFrame = Omit<Malformed, "inSession">;

/** Violations that end the connection with or without a session; each makes one frame. */
const VIOLATIONS: readonly Violation[] = [
  (subprotocol, random) => broken(encode(subprotocol, random.pick(NO_MESSAGES))),
  (subprotocol, random) => broken(encode(subprotocol, [unknownCode(random), 1, {}, "com.app.name"])),
  (subprotocol, random) => broken(encode(subprotocol, routerMessage(random))),
  (subprotocol, random) => broken(encode(subprotocol, wrongLength(random))),
  (subprotocol, random) => broken(encode(subprotocol, wrongType(random))),
  (subprotocol, random) => broken(encode(subprotocol, wrongType(random))),
  (subprotocol, random) => broken(encode(subprotocol, random.pick(WRONG_OPTIONS))),
  (subprotocol, random) => broken(encode(subprotocol, random.pick(WRONG_STATE))),
  (subprotocol, random) => broken(truncate(encode(subprotocol, rightMessage(random)), random)),
  (subprotocol, random) => broken(extend(encode(subprotocol, rightMessage(random)), random)),
  (subprotocol, random) => broken(randomFrame(subprotocol, random)),
  (subprotocol) => broken(deep(subprotocol)),
  (subprotocol) => broken(integerKey(subprotocol)),
  (subprotocol, random) => wrongKind(encode(subprotocol, rightMessage(random))),
];

/** Violations only inside a session, and only before HELLO. */
const SECOND_HELLO: Violation = (subprotocol) => broken(encode(subprotocol, [1, "test-1", { roles: { caller: {} } }]));
const NO_HELLO: Violation = (subprotocol, random) => broken(encode(subprotocol, rightMessage(random)));

function malformed(subprotocol: Subprotocol, random: SeededRandom): Malformed {
  const inSession = random.below(5) > 0;
  const violation = random.pick([...VIOLATIONS, inSession ? SECOND_HELLO : NO_HELLO]);
  return { ...violation(subprotocol, random), inSession };
}

function broken(frame: Frame): BrokenFrame {
  return { frame, closeCode: 1002 };
}

function encode(subprotocol: Subprotocol, message: unknown): Frame {
  return wireOf(subprotocol).encode([message as WireMessage])[0] as Frame;
}

function rightMessage(random: SeededRandom): WireMessage {
  const { code, fields } = random.pick(SHAPES);
  return [code, ...fields.map((field) => RIGHT_VALUES[field])];
}

/** Returns a message that only the router may send (MSG-05). */
function routerMessage(random: SeededRandom): WireMessage {
  return [random.pick(ROUTER_CODES), 1, 1, {}].slice(0, 2 + random.below(3));
}

function unknownCode(random: SeededRandom): number {
  return random.pick([-1, 0, 7, 9, 15, 37, 51, 71, 99, 255, 256, 337, 1023, 1024, 2 ** 31, 2 ** 40]);
}

/** Returns a message with missing fields, or with two additional ones: UNSUBSCRIBE and UNREGISTER may have one more. */
function wrongLength(random: SeededRandom): WireMessage {
  const { code, fields, required } = random.pick(SHAPES);
  const values = fields.map((field) => RIGHT_VALUES[field]);
  return random.below(2) === 0 ? [code, ...values.slice(0, random.below(required))] : [code, ...values, "too", "much"];
}

function wrongType(random: SeededRandom): WireMessage {
  const { code, fields } = random.pick(SHAPES);
  const wrong = random.below(fields.length);
  return [code, ...fields.map((field, at) => (at === wrong ? random.pick(WRONG_VALUES[field]) : RIGHT_VALUES[field]))];
}

function truncate(frame: Frame, random: SeededRandom): Frame {
  return frame.slice(0, 1 + random.below(frame.length - 1));
}

function extend(frame: Frame, random: SeededRandom): Frame {
  return typeof frame === "string"
    ? frame + random.pick(["]", "1", "[]", ",", "\u0000"])
    : Buffer.concat([frame, Buffer.from([random.below(256)])]);
}

/** Returns random text or bytes; the first one prevents a valid list. */
function randomFrame(subprotocol: Subprotocol, random: SeededRandom): Frame {
  const bytes = Uint8Array.from({ length: 1 + random.below(60) }, () => random.below(256));
  if (subprotocol === "wamp.2.json") return `?${String.fromCharCode(...bytes)}`;
  // A one-byte string is a complete value in both formats; the random bytes follow it.
  return Buffer.concat([Buffer.from([subprotocol === "wamp.2.msgpack" ? 0xa1 : 0x61, 0x78]), bytes]);
}

/** Returns a PUBLISH with an argument that nests deeper than any parser should follow. */
function deep(subprotocol: Subprotocol): Frame {
  if (subprotocol === "wamp.2.json") {
    return `[16,1,{},"com.app.name",${"[".repeat(LISTS_DEEP)}${"]".repeat(LISTS_DEEP)}]`;
  }
  const frame = Buffer.from(encode(subprotocol, [16, 1, {}, "com.app.name", []]) as Uint8Array);
  const [one, none] = subprotocol === "wamp.2.msgpack" ? [0x91, 0x90] : [0x81, 0x80];
  return Buffer.concat([frame.subarray(0, -1), Buffer.alloc(LISTS_DEEP, one), Buffer.from([none])]);
}

/** Returns SUBSCRIBE with the options {1: 1} (SER-16); in JSON, which has no integer keys, a dict instead of a list. */
function integerKey(subprotocol: Subprotocol): Frame {
  if (subprotocol === "wamp.2.json") return '{"1":1}';
  return Buffer.from(subprotocol === "wamp.2.msgpack" ? "942001810101a3612e62" : "84182001a1010163612e62", "hex");
}

/** Returns a binary frame instead of text, or text instead of binary. */
function wrongKind(frame: Frame): BrokenFrame {
  const other = typeof frame === "string" ? Buffer.from(frame) : Buffer.from(frame).toString("latin1");
  return { frame: other, closeCode: 1003 };
}
