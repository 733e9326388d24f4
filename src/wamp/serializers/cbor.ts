/** The serializer `cbor` (RFC 8949). */

import { utf8 } from "../crypto/encoding.ts";
import { Float } from "../protocol/float.ts";
import type { Message } from "../protocol/message.ts";
import type { PayloadCodec, PayloadValues } from "../protocol/payload.ts";
import { Payload } from "../protocol/payload.ts";
import type { MessageWriter } from "./binary-serializer.ts";
import { binarySerializer } from "./binary-serializer.ts";
import { Malformed } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { exactInteger, isExactInteger } from "./exact-integer.ts";
import { type HeadTable, head, Kind } from "./item-head.ts";
import { INDEFINITE, ItemReader, PROTO } from "./item-reader.ts";
import type { Serializer } from "./serializer.ts";
import { isShortAscii } from "./utf8.ts";

/** Major types, the upper three bits of an item's first byte (RFC 8949, section 3.1). */
const Major = { UNSIGNED: 0, NEGATIVE: 1, BYTES: 2, TEXT: 3, LIST: 4, DICT: 5, TAG: 6, SIMPLE: 7 } as const;

/** Tags that have a meaning here (RFC 8949, section 3.4; RFC 8746). */
const Tag = { POSITIVE_BIGNUM: 2, NEGATIVE_BIGNUM: 3, UINT8_ARRAY: 64 } as const;

/** Bytes; a longer bignum would exceed a float, and its digits cost time, so it stays bytes. */
const MAX_BIGNUM_SIZE = 128;

/** First byte of a simple value that has a byte of its own. */
const TWO_BYTE_SIMPLE = 0xf8;

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

const HEADS: HeadTable = Uint16Array.from({ length: 256 }, (_, lead) => {
  const kind = KINDS[lead >> 5]!;
  const info = lead & 0x1f;
  if (info < 24) return head(kind, kind === Kind.SCALAR ? 0 : info);
  return kind === Kind.SCALAR && info < 28 && lead !== TWO_BYTE_SIMPLE ? head(kind, 1 << (info - 24)) : 0;
});

class CborReader extends ItemReader {
  protected get emptyList(): number {
    return Lead.EMPTY_LIST;
  }

  protected isNull(start: number): boolean {
    const lead = this.bytes[start];
    return lead === Lead.NULL || lead === Lead.UNDEFINED;
  }

  protected get heads(): HeadTable {
    return HEADS;
  }

  protected longHead(lead: number): Kind {
    const major = lead >> 5;
    const info = lead & 0x1f;
    if (info >= 28) this.#startIndefinite(major, info);
    else if (lead === TWO_BYTE_SIMPLE) this.#startSimple();
    else this.size = this.count(1 << (info - 24));
    return KINDS[major]!;
  }

  protected scalar(): unknown {
    const start = this.position - 1;
    const major = this.lead >> 5;
    const info = this.lead & 0x1f;
    if (major === Major.SIMPLE) return info >= 25 ? this.floatValue(this.size) : this.#simple(info, start);
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

  /** A simple value below 32 must not take two bytes (RFC 8949, section 3.3). */
  #startSimple(): void {
    if (this.bytes[this.position]! < 32) throw new Malformed("a simple value in too many bytes");
    this.size = 1;
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

/** First bytes of items that have no argument. */
const Lead = { FALSE: 0xf4, TRUE: 0xf5, NULL: 0xf6, UNDEFINED: 0xf7, FLOAT64: 0xfb, EMPTY_LIST: 0x80 } as const;

/**
 * Integers are written as integers, in their shortest form and beyond 64 bits as bignums, other numbers and each
 * `Float` as 64-bit floats. A dict entry that is undefined is left out, and so is `__proto__`; any other value without
 * a form in WAMP is null.
 */
class CborWriter extends ByteWriter implements MessageWriter {
  message(message: Message, codec: PayloadCodec): Uint8Array {
    const last = message[message.length - 1];
    const payload = last instanceof Payload ? last : undefined;
    const headLength = payload === undefined ? message.length : message.length - 1;
    // Before `start`: a payload of another serializer is written by this same writer.
    const tail = payload === undefined || payload.length === 0 ? undefined : payload.rawFor(codec);
    this.start();
    this.#header(Major.LIST, headLength + (payload?.length ?? 0));
    for (let i = 0; i < headLength; i++) this.#value(message[i]);
    return this.finish(tail as Uint8Array | undefined, payload?.takeHeadroom(codec));
  }

  payload({ args, kwargs }: PayloadValues): Uint8Array {
    this.start();
    this.#value(args ?? []);
    if (kwargs !== undefined) this.#value(kwargs);
    return this.finish();
  }

  #value(value: unknown): void {
    if (typeof value === "number") this.#number(value);
    else if (typeof value === "string") this.#text(value);
    else if (typeof value === "boolean") this.byte(value ? Lead.TRUE : Lead.FALSE);
    else if (typeof value === "bigint") this.#bigInt(value);
    else if (typeof value === "object" && value !== null) this.#object(value);
    else this.byte(Lead.NULL);
  }

  #number(value: number): void {
    if (!isExactInteger(value)) this.leadAndFloat(Lead.FLOAT64, value);
    else if (value >= 0) this.#header(Major.UNSIGNED, value);
    // -1 - value is a number also where `value` is -2^53.
    else this.#header(Major.NEGATIVE, -1 - value);
  }

  #bigInt(value: bigint): void {
    const isNegative = value < 0n;
    const argument = isNegative ? -1n - value : value;
    if (argument < 1n << 64n) {
      this.leadAndBigInt(((isNegative ? Major.NEGATIVE : Major.UNSIGNED) << 5) | 27, argument);
    } else {
      this.#header(Major.TAG, isNegative ? Tag.NEGATIVE_BIGNUM : Tag.POSITIVE_BIGNUM);
      this.#bytes(bytesFromBigInt(argument));
    }
  }

  #text(text: string): void {
    if (isShortAscii(text)) {
      this.#header(Major.TEXT, text.length);
      this.ascii(text);
    } else {
      const bytes = utf8(text);
      this.#header(Major.TEXT, bytes.length);
      this.raw(bytes);
    }
  }

  #bytes(bytes: Uint8Array): void {
    this.#header(Major.BYTES, bytes.length);
    this.raw(bytes);
  }

  #object(value: object): void {
    if (value instanceof Uint8Array) this.#bytes(value);
    else if (Array.isArray(value)) this.#list(value);
    else if (value instanceof Float) this.leadAndFloat(Lead.FLOAT64, value.value);
    else this.#dict(value as Record<string, unknown>);
  }

  #list(list: readonly unknown[]): void {
    this.#header(Major.LIST, list.length);
    for (const element of list) this.#value(element);
  }

  #dict(dict: Record<string, unknown>): void {
    const keys = Object.keys(dict).filter((key) => dict[key] !== undefined && key !== PROTO);
    this.#header(Major.DICT, keys.length);
    for (const key of keys) {
      this.#text(key);
      this.#value(dict[key]);
    }
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
 * Towards other serializers: integers of any size are exact, a byte string with tag 64 is bytes, any other tag is
 * dropped and its content kept, undefined and unknown simple values are null, and a dict key that is no string is its
 * text.
 */
export const cbor: Serializer = binarySerializer("cbor", CborReader, new CborWriter());
