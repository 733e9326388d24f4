/** What the serializer tests share: messages of every type, values of every kind, and ways to compare them. */

import type { Message } from "../../../src/wamp/protocol/message.ts";
import { MessageType } from "../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import { cbor } from "../../../src/wamp/serializers/cbor.ts";
import { json } from "../../../src/wamp/serializers/json.ts";
import { msgpack } from "../../../src/wamp/serializers/msgpack.ts";
import type { Frame, Serializer } from "../../../src/wamp/serializers/serializer.ts";
import { DecodeFault } from "../../../src/wamp/serializers/serializer.ts";

export const SERIALIZERS: readonly Serializer[] = [json, msgpack, cbor];
export const BINARY: readonly Serializer[] = [msgpack, cbor];
export const LIMITS = { depth: 32 };

/** Every serializer paired with every other and with itself. */
export const PAIRS: readonly (readonly [from: Serializer, to: Serializer])[] = SERIALIZERS.flatMap((from) =>
  SERIALIZERS.map((to) => [from, to] as const),
);

/** Hex digits, spaces allowed → bytes. */
export function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(" ", "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function hex(frame: Frame): string {
  if (typeof frame === "string") throw new Error("a text frame has no bytes");
  return Array.from(frame, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function decoded(serializer: Serializer, frame: Frame): readonly unknown[] {
  const message = serializer.decode(frame, LIMITS);
  if (message instanceof DecodeFault) throw new Error(`not decoded: ${message.reason}`);
  return message;
}

/** The reason why a frame is refused. */
export function faultOf(serializer: Serializer, frame: Frame): string {
  const message = serializer.decode(frame, LIMITS);
  if (message instanceof DecodeFault) return message.reason;
  throw new Error(`decoded: ${JSON.stringify(plain(message), (_key, value) => String(value))}`);
}

/** Elements with the payload's values in the place of the `Payload`. */
export function plain(message: readonly unknown[]): unknown[] {
  return message.flatMap((element) => (element instanceof Payload ? payloadElements(element) : [element]));
}

/** The payload of a message that has one. */
export function payloadOf(message: readonly unknown[]): Payload {
  const payload = message.find((element) => element instanceof Payload);
  if (payload === undefined) throw new Error("no payload");
  return payload;
}

function payloadElements({ length, values }: Payload): unknown[] {
  return [values.args, values.kwargs].slice(0, length);
}

/** `message` as a client of `from` sends it and a client of `to` gets it. */
export function relayed(message: Message, from: Serializer, to: Serializer): Frame {
  // The elements just left an encoder, so they have the shape of a message.
  return to.encode(decoded(from, from.encode(message)) as unknown as Message);
}

const T = MessageType;
const PAYLOAD = Payload.of([1, "two", 3.5, null, true], { color: "orange" });
const ROLES = { subscriber: { features: { pattern_based_subscription: true } }, publisher: {} };

/** One message of every type, and the forms of those that have several. */
export const MESSAGES: readonly (readonly [name: string, message: Message])[] = [
  ["HELLO", [T.HELLO, "realm1", { roles: ROLES, authmethods: ["ticket"] }]],
  ["WELCOME", [T.WELCOME, 9007199254740991, { roles: { broker: {}, dealer: {} } }]],
  ["ABORT", [T.ABORT, { message: "no" }, "wamp.error.no_such_realm", Payload.NONE]],
  ["ABORT with arguments", [T.ABORT, {}, "wamp.error.no_such_realm", Payload.of(["why"])]],
  ["CHALLENGE", [T.CHALLENGE, "wampcra", { challenge: '{"nonce":"x"}', iterations: 1000 }]],
  ["AUTHENTICATE", [T.AUTHENTICATE, "c2lnbmF0dXJl", {}]],
  ["GOODBYE", [T.GOODBYE, {}, "wamp.close.close_realm"]],
  ["ERROR", [T.ERROR, T.CALL, 7814135, {}, "com.myapp.error", Payload.NONE]],
  ["ERROR with arguments", [T.ERROR, T.CALL, 7814135, {}, "com.myapp.error", PAYLOAD]],
  ["PUBLISH", [T.PUBLISH, 239714735, { acknowledge: true, exclude: [7, 8] }, "com.myapp.topic", PAYLOAD]],
  ["PUBLISHED", [T.PUBLISHED, 239714735, 4429313566]],
  ["SUBSCRIBE", [T.SUBSCRIBE, 713845233, { match: "prefix" }, "com.myapp"]],
  ["SUBSCRIBED", [T.SUBSCRIBED, 713845233, 5512315355]],
  ["UNSUBSCRIBE", [T.UNSUBSCRIBE, 85346237, 5512315355]],
  ["UNSUBSCRIBED", [T.UNSUBSCRIBED, 85346237]],
  ["UNSUBSCRIBED by revocation", [T.UNSUBSCRIBED, 0, { subscription: 1293722, reason: "x.y.gone" }]],
  ["EVENT", [T.EVENT, 5512315355, 4429313566, {}, Payload.NONE]],
  ["EVENT with arguments", [T.EVENT, 5512315355, 4429313566, {}, Payload.of(["Hello, world!"])]],
  ["EVENT with ArgumentsKw", [T.EVENT, 5512315355, 4429313566, { topic: "a.b" }, Payload.of([], { color: "orange" })]],
  ["CALL", [T.CALL, 7814135, { timeout: 1000, receive_progress: false }, "com.myapp.add2", Payload.of([23, -7])]],
  ["CANCEL", [T.CANCEL, 7814135, { mode: "kill" }]],
  ["RESULT", [T.RESULT, 7814135, { progress: true }, PAYLOAD]],
  ["REGISTER", [T.REGISTER, 25349185, { invoke: "roundrobin" }, "com.myapp.procedure1"]],
  ["REGISTERED", [T.REGISTERED, 25349185, 2103333224]],
  ["UNREGISTER", [T.UNREGISTER, 788923562, 2103333224]],
  ["UNREGISTERED", [T.UNREGISTERED, 788923562]],
  ["INVOCATION", [T.INVOCATION, 6131533, 9823526, { caller: 3335656 }, PAYLOAD]],
  ["INTERRUPT", [T.INTERRUPT, 6131533, { reason: "wamp.error.canceled", mode: "killnowait" }]],
  ["YIELD", [T.YIELD, 6131533, {}, PAYLOAD]],
];

/** Values that every serializer carries to every other. */
export const VALUES: readonly (readonly [name: string, value: unknown])[] = [
  ["integers around every width", [0, 1, 23, 24, 127, 128, 255, 256, 65535, 65536, 2 ** 31, 2 ** 32 - 1, 2 ** 32]],
  ["negative integers around every width", [-1, -24, -25, -32, -33, -128, -129, -32768, -32769, -(2 ** 31) - 1]],
  ["integers up to 2^53", [2 ** 33, 2 ** 53 - 1, 2 ** 53, -(2 ** 53) + 1, -(2 ** 53)]],
  ["floats", [1.5, -0.1, 1e-300, 1.7976931348623157e308, 2.5066282746310002]],
  ["null and booleans", [null, true, false]],
  ["Unicode", ["", "ä", "漢字", "🎻", "\u2028", 'quote " and \\ backslash', "\ufeffmark", "é".repeat(200)]],
  ["strings around every length", [31, 32, 63, 64, 65, 255, 256, 65535, 65536].map((length) => "x".repeat(length))],
  ["binary", [new Uint8Array(0), bytes("00"), bytes("10e3ff9053075c526f5fc06d4fe37cdb"), new Uint8Array(300).fill(7)]],
  ["binary deep inside", { list: [{ key: bytes("ff00") }], "\u0000a2V5": "the key is no binary" }],
  ["64-bit integers", [2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 53n) - 1n, -(2n ** 63n)]],
  ["nested lists and dicts", [[], {}, [[]], [{}], { a: { b: [1, { c: [] }] } }]],
  ["a list of 70,000", Array.from({ length: 70_000 }, (_, i) => i)],
  ["a dict of 20 keys", Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`key${19 - i}`, i]))],
  ["keys that resemble prototype members", { constructor: 1, toString: 2, hasOwnProperty: 3 }],
];

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
