/** The serializer `msgpack` (MessagePack specification, version 5: `str` and `bin` are distinct). */

import { binarySerializer } from "./binary-serializer.ts";
import { Malformed } from "./byte-reader.ts";
import { exactInteger } from "./exact-integer.ts";
import { ItemReader, Kind } from "./item-reader.ts";
import { ItemWriter } from "./item-writer.ts";
import type { Serializer } from "./serializer.ts";

/** Extension type 0 with one zero byte: how msgpackr writes undefined. */
const UNDEFINED_TYPE = 0;
/** Extension type -1, in one byte. */
const TIMESTAMP_TYPE = 0xff;

class MsgpackReader extends ItemReader {
  protected next(): Kind {
    const lead = this.bytes[this.take(1)]!;
    this.lead = lead;
    if (lead < 0x80 || lead >= 0xe0) return this.#item(Kind.SCALAR, 0);
    if (lead < 0x90) return this.#item(Kind.DICT, lead & 0x0f);
    if (lead < 0xa0) return this.#item(Kind.LIST, lead & 0x0f);
    if (lead < 0xc0) return this.#item(Kind.TEXT, lead & 0x1f);
    switch (lead) {
      case 0xc1:
        throw new Malformed("a byte that MessagePack never uses");
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#item(Kind.BYTES, this.count(1 << (lead - 0xc4)));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#item(Kind.EXTENSION, 1 + this.count(1 << (lead - 0xc7)));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#item(Kind.EXTENSION, 1 + (1 << (lead - 0xd4)));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#item(Kind.TEXT, this.count(1 << (lead - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#item(Kind.LIST, this.count(2 << (lead - 0xdc)));
      case 0xde:
      case 0xdf:
        return this.#item(Kind.DICT, this.count(2 << (lead - 0xde)));
      default:
        return this.#item(Kind.SCALAR, SCALAR_SIZE[lead - 0xc0]!);
    }
  }

  protected scalar(): unknown {
    const { lead, size } = this;
    if (lead < 0x80) return lead;
    if (lead >= 0xe0) return lead - 0x100;
    switch (lead) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xca:
      case 0xcb:
        return this.float(size);
      default:
        return lead < 0xd0 ? this.unsigned(size) : this.#signed(size);
    }
  }

  protected foreign(_kind: Kind, start: number): unknown {
    const type = this.count(1);
    const data = this.bytes.slice(this.take(this.size - 1), this.position);
    if (type === UNDEFINED_TYPE && data.length === 1 && data[0] === 0) return this.isHead ? undefined : null;
    if (this.isHead) return this.bytes.slice(start, this.position);
    return (type === TIMESTAMP_TYPE ? isoFromTimestamp(data) : undefined) ?? data;
  }

  #item(kind: Kind, size: number): Kind {
    this.size = size;
    return kind;
  }

  #signed(size: number): number | bigint {
    const value = BigInt.asIntN(size * 8, BigInt(this.unsigned(size)));
    return exactInteger(value);
  }
}

/** Bytes after the lead bytes c0 to d3 that are scalars. */
const SCALAR_SIZE: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8];

/** The timestamp extension → ISO 8601, to the millisecond; undefined where it is none, or beyond what a Date holds. */
function isoFromTimestamp(data: Uint8Array): string | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let seconds: number;
  let nanoseconds = 0;
  if (data.length === 4) seconds = view.getUint32(0);
  else if (data.length === 8) {
    nanoseconds = Math.floor(view.getUint32(0) / 4);
    seconds = (view.getUint32(0) % 4) * 2 ** 32 + view.getUint32(4);
  } else if (data.length === 12) {
    nanoseconds = view.getUint32(0);
    seconds = Number(view.getBigInt64(4));
  } else return undefined;
  const date = new Date(seconds * 1000 + Math.floor(nanoseconds / 1e6));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

class MsgpackWriter extends ItemWriter {
  protected integer(value: number): void {
    if (value >= 0) this.#unsigned(value);
    else this.#negative(value);
  }

  protected bigInteger(value: bigint): void {
    if (value >= 0n && value < 1n << 64n) this.leadAndBigInt(0xcf, value);
    else if (value < 0n && value >= -(1n << 63n)) this.leadAndBigInt(0xd3, value);
    else this.float(Number(value));
  }

  protected textHeader(size: number): void {
    if (size < 0x20) this.byte(0xa0 + size);
    else this.#sized(0xd9, 0xda, 0xdb, size);
  }

  protected bytesHeader(size: number): void {
    this.#sized(0xc4, 0xc5, 0xc6, size);
  }

  protected listHeader(size: number): void {
    if (size < 0x10) this.byte(0x90 + size);
    else if (size < 0x1_0000) this.leadAndUnsigned(0xdc, size, 2);
    else this.leadAndUnsigned(0xdd, size, 4);
  }

  protected dictHeader(size: number): void {
    if (size < 0x10) this.byte(0x80 + size);
    else if (size < 0x1_0000) this.leadAndUnsigned(0xde, size, 2);
    else this.leadAndUnsigned(0xdf, size, 4);
  }

  #unsigned(value: number): void {
    if (value < 0x80) this.byte(value);
    else if (value < 0x1_0000_0000) this.#sized(0xcc, 0xcd, 0xce, value);
    else this.leadAndUnsigned(0xcf, value, 8);
  }

  #negative(value: number): void {
    if (value >= -0x20) this.byte(value + 0x100);
    else if (value >= -0x80) this.leadAndUnsigned(0xd0, value + 0x100, 1);
    else if (value >= -0x8000) this.leadAndUnsigned(0xd1, value + 0x1_0000, 2);
    else if (value >= -0x8000_0000) this.leadAndUnsigned(0xd2, value + 0x1_0000_0000, 4);
    else this.leadAndBigInt(0xd3, BigInt(value));
  }

  /** A number in as few of 1, 2 or 4 bytes as hold it, after the lead byte that says so. */
  #sized(lead8: number, lead16: number, lead32: number, value: number): void {
    if (value < 0x100) this.leadAndUnsigned(lead8, value, 1);
    else if (value < 0x1_0000) this.leadAndUnsigned(lead16, value, 2);
    else this.leadAndUnsigned(lead32, value, 4);
  }
}

/**
 * Towards other serializers: 64-bit integers are exact (beyond, they are written as floats), undefined is null, a
 * timestamp an ISO 8601 string, any other extension bytes, and a dict key that is no string its text.
 */
export const msgpack: Serializer = binarySerializer(
  "msgpack",
  MsgpackReader,
  new MsgpackWriter({ null: 0xc0, false: 0xc2, true: 0xc3, float64: 0xcb }),
);
