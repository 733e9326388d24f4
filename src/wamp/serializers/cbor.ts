/** The serializer `cbor` (RFC 8949). */

import { binarySerializer } from "./binary-serializer.ts";
import { Malformed } from "./byte-reader.ts";
import { exactInteger } from "./exact-integer.ts";
import { INDEFINITE, ItemReader, Kind } from "./item-reader.ts";
import { ItemWriter } from "./item-writer.ts";
import type { Serializer } from "./serializer.ts";

/** Major types, the upper three bits of an item's first byte (RFC 8949, section 3.1). */
const Major = { UNSIGNED: 0, NEGATIVE: 1, BYTES: 2, TEXT: 3, LIST: 4, DICT: 5, TAG: 6, SIMPLE: 7 } as const;

/** Tags that are read, whatever becomes of the others (RFC 8949, section 3.4; RFC 8746). */
const Tag = { POSITIVE_BIGNUM: 2, NEGATIVE_BIGNUM: 3, UINT8_ARRAY: 64 } as const;

/** Bytes; a longer bignum would exceed a float, and its digits cost time, so it stays bytes. */
const MAX_BIGNUM_SIZE = 128;

const KINDS: readonly Kind[] = [
  Kind.SCALAR,
  Kind.SCALAR,
  Kind.BYTES,
  Kind.TEXT,
  Kind.LIST,
  Kind.DICT,
  Kind.TAG,
  Kind.SCALAR,
];

class CborReader extends ItemReader {
  protected next(): Kind {
    const lead = this.bytes[this.take(1)]!;
    const major = lead >> 5;
    const info = lead & 0x1f;
    this.lead = lead;
    if (info >= 28) this.#startIndefinite(major, info);
    else if (KINDS[major] === Kind.SCALAR) this.size = info < 24 ? 0 : 1 << (info - 24);
    else this.size = info < 24 ? info : this.count(1 << (info - 24));
    // A simple value below 32 must not take two bytes (RFC 8949, section 3.3).
    if (lead === 0xf8 && this.bytes[this.position]! < 32) throw new Malformed("a simple value in too many bytes");
    return KINDS[major]!;
  }

  protected scalar(): unknown {
    const start = this.position - 1;
    const major = this.lead >> 5;
    const info = this.lead & 0x1f;
    if (major === Major.SIMPLE) return info >= 25 ? this.float(this.size) : this.#simple(info, start);
    const value = info < 24 ? info : this.unsigned(this.size);
    if (major === Major.UNSIGNED) return value;
    return typeof value === "number" && value < Number.MAX_SAFE_INTEGER
      ? -1 - value
      : exactInteger(-1n - BigInt(value));
  }

  protected foreign(_kind: Kind, start: number, level: number): unknown {
    const tag = this.size;
    const value = this.value(level + 1);
    if (value instanceof Uint8Array) {
      if (tag === Tag.UINT8_ARRAY) return value;
      if (tag === Tag.POSITIVE_BIGNUM && value.length <= MAX_BIGNUM_SIZE) return exactInteger(bigIntFromBytes(value));
      if (tag === Tag.NEGATIVE_BIGNUM && value.length <= MAX_BIGNUM_SIZE) {
        return exactInteger(-1n - bigIntFromBytes(value));
      }
    }
    return this.isHead ? this.bytes.slice(start, this.position) : value;
  }

  #startIndefinite(major: number, info: number): void {
    const canBeIndefinite = major >= Major.BYTES && major <= Major.DICT;
    if (info !== 31 || !canBeIndefinite) throw new Malformed("a first byte that CBOR reserves, or a stray break");
    this.size = INDEFINITE;
  }

  #simple(info: number, start: number): unknown {
    this.take(this.size);
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 23:
        return this.isHead ? undefined : null;
      default:
        return this.isHead ? this.bytes.slice(start, this.position) : null;
    }
  }
}

function bigIntFromBytes(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

class CborWriter extends ItemWriter {
  protected integer(value: number): void {
    // -1 - value is a number also where `value` is -2^53.
    if (value >= 0) this.#header(Major.UNSIGNED, value);
    else this.#header(Major.NEGATIVE, -1 - value);
  }

  protected bigInteger(value: bigint): void {
    const isNegative = value < 0n;
    const argument = isNegative ? -1n - value : value;
    if (argument < 1n << 64n) {
      this.leadAndBigInt(((isNegative ? Major.NEGATIVE : Major.UNSIGNED) << 5) | 27, argument);
    } else {
      this.#header(Major.TAG, isNegative ? Tag.NEGATIVE_BIGNUM : Tag.POSITIVE_BIGNUM);
      const bytes = bytesFromBigInt(argument);
      this.bytesHeader(bytes.length);
      this.raw(bytes);
    }
  }

  protected textHeader(size: number): void {
    this.#header(Major.TEXT, size);
  }

  protected bytesHeader(size: number): void {
    this.#header(Major.BYTES, size);
  }

  protected listHeader(size: number): void {
    this.#header(Major.LIST, size);
  }

  protected dictHeader(size: number): void {
    this.#header(Major.DICT, size);
  }

  #header(major: number, argument: number): void {
    const lead = major << 5;
    if (argument < 24) this.byte(lead | argument);
    else if (argument < 0x100) this.leadAndUnsigned(lead | 24, argument, 1);
    else if (argument < 0x1_0000) this.leadAndUnsigned(lead | 25, argument, 2);
    else if (argument < 0x1_0000_0000) this.leadAndUnsigned(lead | 26, argument, 4);
    else this.leadAndUnsigned(lead | 27, argument, 8);
  }
}

function bytesFromBigInt(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 0xffn));
  return Uint8Array.from(bytes);
}

/**
 * Towards other serializers: integers of any size are exact, a byte string with tag 64 is bytes, any other tag is dropped
 * and its content kept, undefined and unknown simple values are null, and a dict key that is no string is its text.
 */
export const cbor: Serializer = binarySerializer(
  "cbor",
  CborReader,
  new CborWriter({ null: 0xf6, false: 0xf4, true: 0xf5, float64: 0xfb }),
);
