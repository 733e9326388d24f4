/** Splits what a socket receives into WebSocket frames; bytes are copied only where a frame spans two reads. */

/** Takes one frame: its payload is in `bytes` from `start` to `end`, and is overwritten by the next read. */
export type FrameHandler = (opcode: number, bytes: Buffer, start: number, end: number) => void;

/** Reads the frames of one server, which are neither masked nor fragmented. */
export class FrameReader {
  readonly #onFrame: FrameHandler;
  /** The begun frame of the reads so far; the rest of its buffer is free if its size is known. */
  #begun: Buffer | undefined;
  #have = 0;
  /** The size of the begun frame; 0 while its head is not complete. */
  #need = 0;

  constructor(onFrame: FrameHandler) {
    this.#onFrame = onFrame;
  }

  /** Takes the bytes of `chunk` from `start` to `end`. */
  read(chunk: Buffer, start: number, end: number): void {
    const begun = this.#begun;
    if (begun === undefined) return this.#split(chunk, start, end);
    if (this.#need === 0) {
      this.#begun = undefined;
      const joined = Buffer.concat([begun, chunk.subarray(start, end)]);
      return this.#split(joined, 0, joined.length);
    }
    const taken = Math.min(this.#need - this.#have, end - start);
    chunk.copy(begun, this.#have, start, start + taken);
    this.#have += taken;
    if (this.#have < this.#need) return;
    this.#begun = undefined;
    this.#split(begun, 0, this.#need);
    if (start + taken < end) this.#split(chunk, start + taken, end);
  }

  #split(bytes: Buffer, start: number, end: number): void {
    let at = start;
    this.#need = 0;
    while (end - at >= 2) {
      let head = 2;
      let size = bytes[at + 1]! & 127;
      if (size === 126) {
        head = 4;
        if (end - at < head) break;
        size = bytes.readUInt16BE(at + 2);
      } else if (size === 127) {
        head = 10;
        if (end - at < head) break;
        size = bytes.readUInt32BE(at + 6);
      }
      if (end - at < head + size) {
        this.#need = head + size;
        break;
      }
      const payload = at + head;
      const opcode = bytes[at]! & 15;
      at = payload + size;
      this.#onFrame(opcode, bytes, payload, at);
    }
    if (at < end) this.#keep(bytes, at, end);
  }

  #keep(bytes: Buffer, at: number, end: number): void {
    this.#have = end - at;
    const begun = Buffer.allocUnsafe(Math.max(this.#need, this.#have));
    bytes.copy(begun, 0, at, end);
    this.#begun = begun;
  }
}
