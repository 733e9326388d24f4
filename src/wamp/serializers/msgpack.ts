/** The serializer `msgpack` (MessagePack specification, version 5: `str` and `bin` are distinct). */

import type { PayloadValues } from "../protocol/payload.ts";
import { binarySerializer } from "./binary-serializer.ts";
import { Malformed } from "./byte-reader.ts";
import { exactInteger } from "./exact-integer.ts";
import { type HeadTable, head, Kind } from "./item-head.ts";
import { ItemReader } from "./item-reader.ts";
import {
  headValueFromMsgpack,
  isUndefinedExtension,
  payloadValuesFromMsgpack,
  valueOfExtension,
} from "./msgpack-decoder.ts";
import { msgpackWriter } from "./msgpack-encoder.ts";
import type { Serializer } from "./serializer.ts";

/** Walks the frame and reads the single values of the head; lists, dicts and payloads are read by the package. */
class MsgpackReader extends ItemReader {
  protected get emptyList(): number {
    return 0x90;
  }

  protected isNull(start: number): boolean {
    if (this.bytes[start] === 0xc0) return true;
    // The data of an extension ends it: type 0 with one zero byte, whichever way its length is written.
    return this.bytes.length >= start + 3 && isUndefinedItem(this.bytes.subarray(start, this.position));
  }

  override payload(): PayloadValues {
    // The package does not tell floats from integers.
    const values = this.isExact && hasFloats(this.bytes) ? undefined : payloadValuesFromMsgpack(this.bytes);
    if (values === undefined) return super.payload();
    // `parse` has checked the shape of the payload.
    const [args, kwargs] = values as [NonNullable<PayloadValues["args"]>, PayloadValues["kwargs"]];
    return kwargs === undefined ? { args } : { args, kwargs };
  }

  protected override element(): unknown {
    const start = this.position;
    if (!isFilledContainer(this.bytes[start]!)) return super.element();
    // The package checks neither UTF-8 nor depth.
    this.skip(1);
    const value = headValueFromMsgpack(this.bytes.subarray(start, this.position));
    if (value !== undefined) return value;
    this.position = start;
    return super.element();
  }

  protected get heads(): HeadTable {
    return HEADS;
  }

  protected longHead(lead: number): Kind {
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
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#item(Kind.TEXT, this.count(1 << (lead - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#item(Kind.LIST, this.count(2 << (lead - 0xdc)));
      default:
        return this.#item(Kind.DICT, this.count(2 << (lead - 0xde)));
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
        return this.floatValue(size);
      default:
        return lead < 0xd0 ? this.unsigned(size) : this.#signed(size);
    }
  }

  /** Called only where the package cannot read an item. */
  protected foreign(_kind: Kind, start: number): unknown {
    // The type is signed.
    const type = (this.count(1) << 24) >> 24;
    const data = this.bytes.slice(this.take(this.size - 1), this.position);
    if (!this.isHead) return valueOfExtension(data, type);
    return isUndefinedExtension(data, type) ? undefined : this.bytes.slice(start, this.position);
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

/** Whether the encoded items may contain floats, whose lead bytes are rare elsewhere. */
function hasFloats(bytes: Uint8Array): boolean {
  return bytes.includes(0xcb) || bytes.includes(0xca);
}

/** Whether the item is undefined as msgpackr writes it, with the length in its lead byte or in a byte of its own? */
function isUndefinedItem(item: Uint8Array): boolean {
  const [lead, ...rest] = item;
  const body = lead === 0xd4 ? rest : lead === 0xc7 ? rest.slice(1) : [];
  return body.length === 2 && body[0] === 0 && body[1] === 0;
}

/** Whether this is the lead byte of a list or dict, other than an empty one in its shortest form? */
function isFilledContainer(lead: number): boolean {
  return (lead > 0x80 && lead < 0xa0 && lead !== 0x90) || (lead >= 0xdc && lead < 0xe0);
}

/** Bytes after the lead bytes c0 to d3 that are scalars. */
const SCALAR_SIZE: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8];

const HEADS: HeadTable = Uint16Array.from({ length: 256 }, (_, lead) => {
  if (lead < 0x80 || lead >= 0xe0) return head(Kind.SCALAR, 0);
  if (lead < 0x90) return head(Kind.DICT, lead & 0x0f);
  if (lead < 0xa0) return head(Kind.LIST, lead & 0x0f);
  if (lead < 0xc0) return head(Kind.TEXT, lead & 0x1f);
  if (lead === 0xc0 || lead === 0xc2 || lead === 0xc3 || (lead >= 0xca && lead <= 0xd3)) {
    return head(Kind.SCALAR, SCALAR_SIZE[lead - 0xc0]!);
  }
  return lead >= 0xd4 && lead <= 0xd8 ? head(Kind.EXTENSION, 1 + (1 << (lead - 0xd4))) : 0;
});

/**
 * Towards other serializers: 64-bit integers are exact (beyond, they are written as floats), undefined is null, a
 * timestamp an ISO 8601 string, any other extension bytes, and a dict key that is no string its text.
 */
export const msgpack: Serializer = binarySerializer("msgpack", MsgpackReader, msgpackWriter);
