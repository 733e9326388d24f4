/** Bytes read from the front, big-endian. */

import { MAX_EXACT } from "./exact-integer.ts";

/** The bytes are not what the format or WAMP allows; the text goes into the ABORT. */
export class Malformed extends Error {}

/** Every read moves `position` and throws `Malformed` at the end of the bytes. */
export class ByteReader {
  protected readonly bytes: Uint8Array;
  protected position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Moves past `size` bytes and returns where they start. */
  protected take(size: number): number {
    const start = this.position;
    if (size > this.bytes.length - start) throw new Malformed("the message is truncated");
    this.position = start + size;
    return start;
  }

  /** An unsigned integer of 1, 2, 4 or 8 bytes that is a count: inexact beyond 2^53. */
  protected count(size: number): number {
    const start = this.take(size);
    let value = 0;
    for (let i = start; i < start + size; i++) value = value * 256 + this.bytes[i]!;
    return value;
  }

  /** An unsigned integer of 1, 2, 4 or 8 bytes, exactly. */
  protected unsigned(size: number): number | bigint {
    if (size < 8) return this.count(size);
    const high = this.count(4);
    const low = this.count(4);
    const value = high * 2 ** 32 + low;
    // 2^53 + 1 is rounded to 2^53.
    return value < MAX_EXACT || (value === MAX_EXACT && low === 0) ? value : (BigInt(high) << 32n) | BigInt(low);
  }

  /** A float of 2, 4 or 8 bytes. */
  protected float(size: number): number {
    const start = this.take(size);
    for (let i = 0; i < size; i++) SCRATCH.setUint8(i, this.bytes[start + i]!);
    if (size === 8) return SCRATCH.getFloat64(0);
    return size === 4 ? SCRATCH.getFloat32(0) : SCRATCH.getFloat16(0);
  }

  /** Whether the next bytes are these ASCII characters; does not move. */
  protected startsWith(ascii: string): boolean {
    for (let i = 0; i < ascii.length; i++) if (this.bytes[this.position + i] !== ascii.charCodeAt(i)) return false;
    return true;
  }
}

const SCRATCH = new DataView(new ArrayBuffer(8));
