/** Batches: several messages in one WebSocket message (Batched WebSocket Transport). */

import type { Frame } from "./serializer.ts";
import { DecodeFault } from "./serializer.ts";

/** The terminators of a JSON batch: 0x1e, or 0x18 as Autobahn and Crossbar.io read the specification's `\30`. */
export type Terminator = "\u001e" | "\u0018";

/** At least one frame; `terminator` is the one the batch used first, so that the answers can use it too. */
export interface Batch {
  readonly frames: readonly Frame[];
  readonly terminator?: Terminator;
}

/** Joins frames to batches, and splits batches. */
export interface Batching {
  /** A WebSocket message → the frames in it. A batch that is empty or cut off is a fault. */
  split(batch: Frame): Batch | DecodeFault;
  /** Frames → one WebSocket message; a single frame is a batch of one. Binary batches have no terminator. */
  join(frames: readonly Frame[], terminator?: Terminator): Frame;
}

/** Each message is followed by a terminator; neither occurs inside JSON text. */
export const textBatching: Batching = {
  split(batch) {
    if (typeof batch !== "string") return new DecodeFault("JSON takes text frames");
    if (batch === "") return new DecodeFault("the batch is empty");
    const frames = batch.split(TERMINATOR);
    if (frames.pop() !== "") return new DecodeFault("the last message of the batch is not terminated");
    const first = frames[0] as string;
    return { frames, terminator: batch.charAt(first.length) as Terminator };
  },
  join: (frames, terminator = "\u001e") => frames.map((frame) => frame + terminator).join(""),
};

/** Each message is preceded by its length in bytes, an unsigned 32-bit big-endian integer. */
export const binaryBatching: Batching = {
  split(batch) {
    if (typeof batch === "string") return new DecodeFault("a binary serializer takes binary frames");
    if (batch.length === 0) return new DecodeFault("the batch is empty");
    const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
    const frames: Frame[] = [];
    for (let start = 0; start < batch.length; ) {
      if (batch.length - start < PREFIX_SIZE) return new DecodeFault("a length in the batch is truncated");
      const end = start + PREFIX_SIZE + view.getUint32(start);
      if (end > batch.length) return new DecodeFault("a message in the batch is truncated");
      frames.push(batch.subarray(start + PREFIX_SIZE, end));
      start = end;
    }
    return { frames };
  },
  join(frames) {
    // The frames are those of a binary serializer.
    const parts = frames as readonly Uint8Array[];
    const batch = new Uint8Array(parts.reduce((size, part) => size + PREFIX_SIZE + part.length, 0));
    const view = new DataView(batch.buffer);
    let start = 0;
    for (const part of parts) {
      view.setUint32(start, part.length);
      batch.set(part, start + PREFIX_SIZE);
      start += PREFIX_SIZE + part.length;
    }
    return batch;
  },
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: the terminators are control characters.
const TERMINATOR = /[\u0018\u001e]/;
/** Bytes. */
const PREFIX_SIZE = 4;
