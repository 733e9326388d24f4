/**
 * The six WebSocket subprotocols, implemented independently of the router's serializers, so that tests find faults of
 * both sides.
 */

import { Decoder, Encoder } from "@msgpack/msgpack";
import * as cborg from "cborg";

/** A WAMP message: its code, then its fields. */
export type WireMessage = readonly unknown[];
/** One WebSocket message: text under JSON, binary under the others. */
export type Frame = string | Uint8Array;

/** The WebSocket subprotocols of the router. */
export const SUBPROTOCOLS = [
  "wamp.2.json",
  "wamp.2.msgpack",
  "wamp.2.cbor",
  "wamp.2.json.batched",
  "wamp.2.msgpack.batched",
  "wamp.2.cbor.batched",
] as const;
export type Subprotocol = (typeof SUBPROTOCOLS)[number];

/** The end of a message in a JSON batch: by the specification's text, and in Autobahn (WS-26). */
export const RECORD_SEPARATOR = "\u001e";
export const AUTOBAHN_SEPARATOR = "\u0018";

/** Codec of one subprotocol. Byte strings are `Uint8Array`, integers beyond 2^53 `bigint`. */
export interface Wire {
  readonly isBinary: boolean;
  /** Encodes messages: one frame in batched subprotocols, else one frame each. */
  encode(messages: readonly WireMessage[]): Frame[];
  /** Decodes the messages of one frame; throws if the frame is not valid in this subprotocol. */
  decode(frame: Frame): WireMessage[];
}

/** Returns the codec of a subprotocol; `separator` ends the messages of JSON batches. */
export function wireOf(subprotocol: Subprotocol, separator = RECORD_SEPARATOR): Wire {
  const [, , serializer, batched] = subprotocol.split(".");
  if (serializer === "json") return batched === undefined ? PLAIN_JSON : batchedJson(separator);
  const codec = serializer === "msgpack" ? MSGPACK : CBOR;
  return batched === undefined ? plainBinary(codec) : batchedBinary(codec);
}

/** Joins encoded messages into a length-prefixed batch (WS-22). */
export function prefixed(messages: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(messages.flatMap((bytes) => [lengthPrefix(bytes.length), bytes]));
}

interface Codec {
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

const TEXT: { encode(value: unknown): string; decode(text: string): unknown } = {
  encode: (value) => JSON.stringify(value, writeJson),
  decode: (text) => JSON.parse(text, readJson),
};

// `useBigInt64` keeps 64-bit integers exact, but writes numbers above 2^32 as floats, so these become bigint first.
const msgpackEncoder = new Encoder({ useBigInt64: true });
const msgpackDecoder = new Decoder({ useBigInt64: true });
const MSGPACK: Codec = {
  encode: (value) => msgpackEncoder.encode(mapValues(value, largeToBigint)),
  decode: (bytes) => mapValues(msgpackDecoder.decode(bytes), smallToNumber),
};

const CBOR: Codec = {
  encode: (value) => cborg.encode(mapValues(value, largeToBigint)),
  decode: (bytes) => mapValues(cborg.decode(bytes), smallToNumber),
};

const PLAIN_JSON: Wire = {
  isBinary: false,
  encode: (messages) => messages.map(TEXT.encode),
  decode: (frame) => [asMessage(TEXT.decode(asText(frame)))],
};

function plainBinary(codec: Codec): Wire {
  return {
    isBinary: true,
    encode: (messages) => messages.map(codec.encode),
    decode: (frame) => [asMessage(codec.decode(asBytes(frame)))],
  };
}

function batchedJson(separator: string): Wire {
  return {
    isBinary: false,
    encode: (messages) => [messages.map((message) => TEXT.encode(message) + separator).join("")],
    decode(frame) {
      const texts = asText(frame).split(separator);
      if (texts.pop() !== "" || texts.length === 0) throw new Error(`not a JSON batch: ${JSON.stringify(frame)}`);
      return texts.map((text) => asMessage(TEXT.decode(text)));
    },
  };
}

function batchedBinary(codec: Codec): Wire {
  return {
    isBinary: true,
    encode: (messages) => [prefixed(messages.map(codec.encode))],
    decode: (frame) => splitPrefixed(asBytes(frame)).map((bytes) => asMessage(codec.decode(bytes))),
  };
}

function splitPrefixed(batch: Uint8Array): Uint8Array[] {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  const messages: Uint8Array[] = [];
  for (let at = 0; at < batch.length; ) {
    const end = at + 4 + view.getUint32(at);
    if (end > batch.length) throw new Error("a length prefix runs past the frame");
    messages.push(batch.subarray(at + 4, end));
    at = end;
  }
  if (messages.length === 0) throw new Error("an empty batch");
  return messages;
}

function lengthPrefix(length: number): Uint8Array {
  const prefix = new Uint8Array(4);
  new DataView(prefix.buffer).setUint32(0, length);
  return prefix;
}

/** Writes bytes as a string of U+0000 and Base64 (SER-03), a bigint as its digits. */
function writeJson(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return `\u0000${Buffer.from(value).toString("base64")}`;
  return typeof value === "bigint" ? rawJson(value.toString()) : value;
}

function readJson(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value === "string" && value.startsWith("\u0000")) {
    return new Uint8Array(Buffer.from(value.slice(1), "base64"));
  }
  const source = context?.source;
  return typeof value === "number" && source !== undefined && /^-?\d{16,}$/.test(source)
    ? smallToNumber(BigInt(source))
    : value;
}

/** `JSON.rawJSON`, which the type library lacks. */
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

/** Copies a decoded value and applies `change` to every leaf. */
function mapValues(value: unknown, change: (leaf: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mapValues(item, change));
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (typeof value !== "object" || value === null) return change(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapValues(item, change)]));
}

function largeToBigint(leaf: unknown): unknown {
  return typeof leaf === "number" && Number.isInteger(leaf) && Math.abs(leaf) > 0xffffffff && Math.abs(leaf) <= 2 ** 53
    ? BigInt(leaf)
    : leaf;
}

function smallToNumber(leaf: unknown): unknown {
  return typeof leaf === "bigint" && leaf >= -(2n ** 53n) && leaf <= 2n ** 53n ? Number(leaf) : leaf;
}

function asMessage(value: unknown): WireMessage {
  if (!Array.isArray(value)) throw new Error(`not a WAMP message: ${JSON.stringify(value)}`);
  return value;
}

function asText(frame: Frame): string {
  if (typeof frame !== "string") throw new Error("a binary frame instead of a text frame");
  return frame;
}

function asBytes(frame: Frame): Uint8Array {
  if (typeof frame === "string") throw new Error("a text frame instead of a binary frame");
  return frame;
}
