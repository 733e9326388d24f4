/** What a serializer is: one WAMP message ↔ one frame. */

import type { Message } from "../message.ts";
import type { PayloadCodec } from "../payload.ts";

/** One WebSocket message: text for JSON, binary for the others. */
export type Frame = string | Uint8Array;

/** Why a frame is not a message; the text goes into the ABORT. */
export class DecodeFault {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Bounds a serializer checks before anything else sees the message. */
export interface DecodeLimits {
  /** Deepest nesting of lists and dicts, the message itself being 1. */
  readonly depth: number;
}

export interface Serializer extends PayloadCodec {
  readonly name: "json" | "msgpack" | "cbor";
  /** Frames are binary WebSocket messages. */
  readonly isBinary: boolean;
  /**
   * A frame → the elements of the message before the payload, as found (nothing is checked but that it is a list),
   * then, if the message type carries one (PAYLOAD_INDEX), exactly one `Payload` (`Payload.NONE` when absent or empty).
   */
  decode(frame: Frame, limits: DecodeLimits): readonly unknown[] | DecodeFault;
  /** A message → a frame. Ids are integers on the wire at any size. */
  encode(message: Message): Frame;
}
