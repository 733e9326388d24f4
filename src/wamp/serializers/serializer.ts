/** The interface of a serializer: one WAMP message ↔ one frame. */

import type { Message } from "../protocol/message.ts";
import type { PayloadCodec } from "../protocol/payload.ts";

/** One WebSocket message: text for JSON, binary for the others. */
export type Frame = string | Uint8Array;

/** Why a frame is not a message; the text goes into the ABORT. */
export class DecodeFault {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Bounds that a serializer checks while it decodes. */
export interface DecodeLimits {
  /** Deepest nesting of lists and dicts, an element of the message (Options, Arguments) being 1. */
  readonly depth: number;
}

/** One serialization of WAMP messages. */
export interface Serializer extends PayloadCodec {
  readonly name: "json" | "msgpack" | "cbor";
  /** Frames are binary WebSocket messages. */
  readonly isBinary: boolean;
  /**
   * A frame → the elements of the message, as found: the only check is that it is a well-formed list. A binary frame with
   * a buffer of its own belongs to the message from then on: its head is overwritten when the payload is sent on. Where the message
   * type carries a payload (PAYLOAD_INDEX) and the head before it is complete, one `Payload` (`Payload.NONE` when
   * absent or empty) stands for Arguments and ArgumentsKw. Elements even beyond those follow it, so the element count
   * tells.
   *
   * In the head, what has no WAMP type (a CBOR tag, a MessagePack extension) is bytes; MessagePack's and CBOR's
   * "undefined" is undefined; integers are `number` up to 2^53, also those written as floats, and `bigint` beyond.
   */
  decode(frame: Frame, limits: DecodeLimits): readonly unknown[] | DecodeFault;
  /**
   * The integers a frame begins with, three at most: the type of a message too large to be decoded, and its request.
   */
  peek(frame: Frame): readonly number[];
  /** A message → a frame. Ids are integers on the wire at any size. */
  encode(message: Message): Frame;
}
