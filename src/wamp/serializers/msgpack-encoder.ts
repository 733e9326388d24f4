/** Values → MessagePack by @msgpack/msgpack. */

import { Encoder } from "@msgpack/msgpack";
import { Payload } from "../payload.ts";
import type { MessageWriter } from "./binary-serializer.ts";
import { isExactInteger, MAX_EXACT } from "./exact-integer.ts";
import { PROTO } from "./item-reader.ts";

/**
 * Integers are written as integers up to 64 bits, in their shortest form, other numbers as 64-bit floats. A dict entry
 * that is undefined is left out, and so is `__proto__`; whatever else has no form in WAMP is null.
 */
export const msgpackWriter: MessageWriter = {
  message(message, codec) {
    const last = message[message.length - 1];
    if (!(last instanceof Payload)) return encoded(message).slice();
    // Before the head: a payload of another serializer is written by the same encoder.
    const tail = last.length === 0 ? NO_BYTES : (last.rawFor(codec) as Uint8Array);
    const head: unknown[] = message.slice(0, -1);
    // Stand-ins of one byte each, so that the list announces what the tail holds.
    for (let i = 0; i < last.length; i++) head.push(0);
    return joined(encoded(head), last.length, tail);
  },
  // Without the byte that says "a list of two", they stand back to back.
  payload: ({ args = [], kwargs }) => encoded(kwargs === undefined ? [args] : [args, kwargs]).slice(1),
};

const NO_BYTES = new Uint8Array(0);

/** `head`, its last bytes replaced by `tail`, in memory of its own. */
function joined(head: Uint8Array, replaced: number, tail: Uint8Array): Uint8Array {
  const size = head.length - replaced;
  const frame = new Uint8Array(size + tail.length);
  frame.set(head.subarray(0, size));
  frame.set(tail, size);
  return frame;
}

/** A list; its bytes are overwritten by the next call. */
function encoded(list: readonly unknown[]): Uint8Array {
  return someNeedPreparation(list) ? bigEncoder.encode(list.map(prepared)) : encoder.encode(list);
}

/** An encoder whose buffer serves the next list, too, unless a long one made it grow. */
class ReusedEncoder {
  readonly #useBigInt64: boolean;
  #encoder: Encoder;

  constructor(useBigInt64: boolean) {
    this.#useBigInt64 = useBigInt64;
    this.#encoder = this.#create();
  }

  encode(list: readonly unknown[]): Uint8Array {
    const bytes = this.#encoder.encodeSharedRef(list);
    if (bytes.buffer.byteLength > KEPT_SIZE) this.#encoder = this.#create();
    return bytes;
  }

  #create(): Encoder {
    return new Encoder({
      useBigInt64: this.#useBigInt64,
      ignoreUndefined: true,
      maxDepth: Number.POSITIVE_INFINITY,
    });
  }
}

/** Bytes; a buffer that had to grow beyond is not kept. */
const KEPT_SIZE = 65_536;

/** Writes integers beyond 32 bits as integers, but no `bigint`. */
const encoder = new ReusedEncoder(false);
/** Writes each `bigint` as a 64-bit integer, but numbers beyond 32 bits as floats. */
const bigEncoder = new ReusedEncoder(true);

/** What the first encoder does not write, or not as it should: see `prepared`. */
function needsPreparation(value: unknown): boolean {
  switch (typeof value) {
    case "string":
      return !value.isWellFormed();
    case "number":
      return value === MAX_EXACT || value === -MAX_EXACT;
    case "boolean":
    case "undefined":
      return false;
    case "object":
      return value !== null && holdsUnprepared(value);
    default:
      return true;
  }
}

function holdsUnprepared(value: object): boolean {
  if (Array.isArray(value)) return someNeedPreparation(value);
  if (value instanceof Uint8Array) return false;
  const dict = value as Record<string, unknown>;
  for (const key in dict) if (key === PROTO || !key.isWellFormed() || needsPreparation(dict[key])) return true;
  return false;
}

function someNeedPreparation(values: readonly unknown[]): boolean {
  for (const value of values) if (needsPreparation(value)) return true;
  return false;
}

/** A copy for the second encoder: half a surrogate pair is U+FFFD, and what is to be a 64-bit integer a `bigint`. */
function prepared(value: unknown): unknown {
  switch (typeof value) {
    case "string":
      return value.toWellFormed();
    case "number":
      return isExactInteger(value) && (value > 0xffff_ffff || value < -0x8000_0000) ? BigInt(value) : value;
    case "bigint":
      return value < 1n << 64n && value >= -(1n << 63n) ? value : Number(value);
    case "boolean":
    case "undefined":
      return value;
    case "object":
      return value === null ? null : preparedObject(value);
    default:
      return null;
  }
}

function preparedObject(value: object): object {
  if (Array.isArray(value)) return value.map(prepared);
  if (value instanceof Uint8Array) return value;
  const entries = Object.entries(value).filter(([key]) => key !== PROTO);
  return Object.fromEntries(entries.map(([key, entry]) => [key.toWellFormed(), prepared(entry)]));
}
