/** Values → MessagePack. */

import { utf8 } from "../crypto/encoding.ts";
import { Float } from "../protocol/float.ts";
import type { Message } from "../protocol/message.ts";
import type { PayloadCodec, PayloadValues } from "../protocol/payload.ts";
import { Payload } from "../protocol/payload.ts";
import type { MessageWriter } from "./binary-serializer.ts";
import { ByteWriter } from "./byte-writer.ts";
import { exactInteger, isExactInteger } from "./exact-integer.ts";
import { PROTO } from "./item-reader.ts";
import { isShortAscii } from "./utf8.ts";

/** Lead bytes of items that have no size in them. */
const Lead = { NIL: 0xc0, FALSE: 0xc2, TRUE: 0xc3, FLOAT64: 0xcb, UINT8: 0xcc, INT8: 0xd0 } as const;

/** Lead bytes of the family whose sizes take a byte (if it has that form), two or four, and of its short form. */
interface Family {
  readonly short: number;
  /** The first size that has no short form. */
  readonly shortEnd: number;
  readonly size8: number | undefined;
  readonly size16: number;
}

const BYTES: Family = { short: 0, shortEnd: 0, size8: 0xc4, size16: 0xc5 };
const TEXT: Family = { short: 0xa0, shortEnd: 32, size8: 0xd9, size16: 0xda };
const LIST: Family = { short: 0x90, shortEnd: 16, size8: undefined, size16: 0xdc };
const DICT: Family = { short: 0x80, shortEnd: 16, size8: undefined, size16: 0xde };

/**
 * Integers are written as integers up to 64 bits, in their shortest form, other numbers and each `Float` as 64-bit
 * floats. The package's encoder writes every whole number as an integer. A dict entry that is undefined is left out,
 * and so is `__proto__`; any other value without a form in WAMP is null.
 */
class MsgpackWriter extends ByteWriter implements MessageWriter {
  message(message: Message, codec: PayloadCodec): Uint8Array {
    const last = message[message.length - 1];
    const payload = last instanceof Payload ? last : undefined;
    const headLength = payload === undefined ? message.length : message.length - 1;
    // Before `start`: a payload of another serializer is written by this same writer.
    const tail = payload === undefined || payload.length === 0 ? undefined : payload.rawFor(codec);
    this.start();
    this.#header(LIST, headLength + (payload?.length ?? 0));
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
    else this.byte(Lead.NIL);
  }

  #number(value: number): void {
    if (!isExactInteger(value)) this.leadAndFloat(Lead.FLOAT64, value);
    else if (value >= 0) this.#unsigned(value);
    else this.#negative(value);
  }

  #unsigned(value: number): void {
    if (value < 0x80) this.byte(value);
    else if (value < 0x100) this.leadAndUnsigned(Lead.UINT8, value, 1);
    else if (value < 0x1_0000) this.leadAndUnsigned(Lead.UINT8 + 1, value, 2);
    else if (value < 0x1_0000_0000) this.leadAndUnsigned(Lead.UINT8 + 2, value, 4);
    else this.leadAndUnsigned(Lead.UINT8 + 3, value, 8);
  }

  #negative(value: number): void {
    if (value >= -0x20) this.byte(value & 0xff);
    else if (value >= -0x80) this.leadAndUnsigned(Lead.INT8, value, 1);
    else if (value >= -0x8000) this.leadAndUnsigned(Lead.INT8 + 1, value, 2);
    else if (value >= -0x8000_0000) this.leadAndUnsigned(Lead.INT8 + 2, value, 4);
    else this.leadAndBigInt(Lead.INT8 + 3, BigInt(value));
  }

  #bigInt(value: bigint): void {
    const exact = exactInteger(value);
    if (typeof exact === "number") this.#number(exact);
    else if (value >= 1n << 64n || value < -(1n << 63n)) this.leadAndFloat(Lead.FLOAT64, Number(value));
    else this.leadAndBigInt(value < 0n ? Lead.INT8 + 3 : Lead.UINT8 + 3, value);
  }

  #text(text: string): void {
    if (isShortAscii(text)) {
      this.#header(TEXT, text.length);
      this.ascii(text);
    } else {
      const bytes = utf8(text);
      this.#header(TEXT, bytes.length);
      this.raw(bytes);
    }
  }

  #object(value: object): void {
    if (Array.isArray(value)) this.#list(value);
    else if (value instanceof Uint8Array) this.#bytes(value);
    else if (value instanceof Float) this.leadAndFloat(Lead.FLOAT64, value.value);
    else this.#dict(value as Record<string, unknown>);
  }

  #bytes(bytes: Uint8Array): void {
    this.#header(BYTES, bytes.length);
    this.raw(bytes);
  }

  #list(list: readonly unknown[]): void {
    this.#header(LIST, list.length);
    for (const element of list) this.#value(element);
  }

  #dict(dict: Record<string, unknown>): void {
    const keys = Object.keys(dict).filter((key) => dict[key] !== undefined && key !== PROTO);
    this.#header(DICT, keys.length);
    for (const key of keys) {
      this.#text(key);
      this.#value(dict[key]);
    }
  }

  #header({ short, shortEnd, size8, size16 }: Family, size: number): void {
    if (size < shortEnd) this.byte(short | size);
    else if (size8 !== undefined && size < 0x100) this.leadAndUnsigned(size8, size, 1);
    else if (size < 0x1_0000) this.leadAndUnsigned(size16, size, 2);
    else this.leadAndUnsigned(size16 + 1, size, 4);
  }
}

/** Each result is in memory of its own. */
export const msgpackWriter: MessageWriter = new MsgpackWriter();
