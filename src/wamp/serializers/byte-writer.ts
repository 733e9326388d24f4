/** A growing buffer that bytes are appended to, big-endian, and used again for the next frame. */

/** Bytes; holds the head of nearly every message. */
const INITIAL_SIZE = 1024;
/** Bytes; a larger buffer is not used again. */
const KEPT_SIZE = 65_536;

/** The base of the writers of MessagePack and CBOR. */
export class ByteWriter {
  #bytes = new Uint8Array(INITIAL_SIZE);
  #length = 0;

  /** Begins a new frame. */
  protected start(): void {
    this.#length = 0;
    if (this.#bytes.length > KEPT_SIZE) this.#bytes = new Uint8Array(INITIAL_SIZE);
  }

  /**
   * What was written since `start`, followed by `tail`, in memory of its own; without a copy of `tail` if `headroom`, the
   * bytes before it that may be overwritten, is large enough.
   */
  protected finish(tail?: Uint8Array, headroom = 0): Uint8Array {
    const size = this.#length;
    if (tail === undefined) return this.#bytes.slice(0, size);
    if (headroom >= size) {
      const finished = new Uint8Array(tail.buffer, tail.byteOffset - size, size + tail.length);
      for (let i = 0; i < size; i++) finished[i] = this.#bytes[i]!;
      return finished;
    }
    const finished = new Uint8Array(size + tail.length);
    finished.set(this.#bytes.subarray(0, size));
    finished.set(tail, size);
    return finished;
  }

  protected byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** `lead` and an unsigned integer of 1, 2, 4 or 8 bytes; up to 2^53. */
  protected leadAndUnsigned(lead: number, value: number, size: number): void {
    this.byte(lead);
    this.#reserve(size);
    if (size === 8) this.#unsigned32(Math.floor(value / 2 ** 32), 4);
    this.#unsigned32(value, size === 8 ? 4 : size);
  }

  /** `lead` and the low 64 bits of an integer, in two's complement. */
  protected leadAndBigInt(lead: number, value: bigint): void {
    SCRATCH.setBigInt64(0, BigInt.asIntN(64, value));
    this.byte(lead);
    this.raw(SCRATCH_BYTES);
  }

  /** `lead` and a float of 8 bytes. */
  protected leadAndFloat(lead: number, value: number): void {
    SCRATCH.setFloat64(0, value);
    this.byte(lead);
    this.raw(SCRATCH_BYTES);
  }

  protected raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  protected ascii(text: string): void {
    this.#reserve(text.length);
    for (let i = 0; i < text.length; i++) this.#bytes[this.#length + i] = text.charCodeAt(i);
    this.#length += text.length;
  }

  /** The low bits of `value`. */
  #unsigned32(value: number, size: number): void {
    for (let shift = 8 * (size - 1); shift >= 0; shift -= 8) this.#bytes[this.#length++] = value >>> shift;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(needed * 2);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

const SCRATCH_BYTES = new Uint8Array(8);
const SCRATCH = new DataView(SCRATCH_BYTES.buffer);
