/** The subprotocols of the load generator: how a message with its id is written, and how its head is read. */

import { encode as encodeMsgpack } from "@msgpack/msgpack";
import { encode as encodeCbor } from "cborg";
import { UserError } from "../../src/cli/project/user-error.ts";
import { BINARY, MASK, TEXT } from "./frame.ts";
import { type HeadReader, readCborHead, readJsonHead, readMsgpackHead } from "./message-head.ts";

/** How messages are framed within a WebSocket message. */
export type Batching = "none" | "text" | "binary";

/** One subprotocol. */
export interface WireFormat {
  /** The value of Sec-WebSocket-Protocol. */
  readonly subprotocol: string;
  readonly opcode: typeof TEXT | typeof BINARY;
  readonly batching: Batching;
  readonly encode: (message: readonly unknown[]) => Buffer;
  readonly readHead: HeadReader;
  /** The number of bytes that an id takes. */
  readonly idSize: (id: number) => number;
  /** Writes a masked id of that size to `target` at `at`; `phase` is the position in the frame's payload. */
  readonly writeId: (target: Buffer, at: number, size: number, id: number, phase: number) => void;
}

/** The terminator of a message in a batch of JSON (Batched WebSocket Transport). */
export const RECORD_SEPARATOR = 0x1e;
/** Bytes of the length before a message in a binary batch. */
export const LENGTH_SIZE = 4;

const json = {
  opcode: TEXT,
  encode: (message: readonly unknown[]) => Buffer.from(JSON.stringify(message)),
  readHead: readJsonHead,
  idSize: countDigits,
  writeId: writeDecimalId,
} as const;

const msgpack = {
  opcode: BINARY,
  encode: (message: readonly unknown[]) => Buffer.from(encodeMsgpack(message)),
  readHead: readMsgpackHead,
  idSize: () => BINARY_ID_SIZE,
  writeId: (target: Buffer, at: number, _size: number, id: number, phase: number) =>
    writeBinaryId(target, at, id, phase, 0xce),
} as const;

const cbor = {
  opcode: BINARY,
  encode: (message: readonly unknown[]) => Buffer.from(encodeCbor(message)),
  readHead: readCborHead,
  idSize: () => BINARY_ID_SIZE,
  writeId: (target: Buffer, at: number, _size: number, id: number, phase: number) =>
    writeBinaryId(target, at, id, phase, 0x1a),
} as const;

/** Name on the command line → format. */
const FORMATS: ReadonlyMap<string, WireFormat> = new Map(
  Object.entries({ json, msgpack, cbor }).flatMap(([name, format]): [string, WireFormat][] => [
    [name, { ...format, subprotocol: `wamp.2.${name}`, batching: "none" }],
    [
      `${name}.batched`,
      { ...format, subprotocol: `wamp.2.${name}.batched`, batching: format.opcode === TEXT ? "text" : "binary" },
    ],
  ]),
);

/** The names that `wireFormat` takes. */
export const FORMAT_NAMES: readonly string[] = [...FORMATS.keys()];

/** Returns the format of a name such as `json` or `msgpack.batched`; throws UserError for any other. */
export function wireFormat(name: string): WireFormat {
  const format = FORMATS.get(name);
  if (format === undefined)
    throw new UserError(`the serializer must be one of ${FORMAT_NAMES.join(", ")}, not ${name}`);
  return format;
}

/** A lead byte and 32 bits: one size for all ids keeps every message of a kind equally long. */
const BINARY_ID_SIZE = 5;

function countDigits(id: number): number {
  let digits = 1;
  for (let bound = 10; id >= bound; bound *= 10) digits++;
  return digits;
}

function writeDecimalId(target: Buffer, at: number, size: number, id: number, phase: number): void {
  let rest = id;
  for (let index = size - 1; index >= 0; index--) {
    target[at + index] = (48 + (rest % 10)) ^ MASK[(phase + index) & 3]!;
    rest = (rest / 10) | 0;
  }
}

function writeBinaryId(target: Buffer, at: number, id: number, phase: number, lead: number): void {
  target[at] = lead ^ MASK[phase & 3]!;
  target[at + 1] = (id >>> 24) ^ MASK[(phase + 1) & 3]!;
  target[at + 2] = ((id >>> 16) & 255) ^ MASK[(phase + 2) & 3]!;
  target[at + 3] = ((id >>> 8) & 255) ^ MASK[(phase + 3) & 3]!;
  target[at + 4] = (id & 255) ^ MASK[phase & 3]!;
}
