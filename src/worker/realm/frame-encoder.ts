/** Encodes messages to frames, each message once per serializer. */

import type { RouterMessage } from "../../wamp/protocol/message.ts";
import type { Frame, Serializer } from "../../wamp/serializers/serializer.ts";

/** Caches the frames of the latest message: a fan-out sends the same tuple to all receivers. */
export class FrameEncoder {
  #message: RouterMessage | undefined;
  readonly #frames = new Map<Serializer, Frame>();
  /** Bytes encoded since the counter was set to 0; text counts one byte a code unit. */
  bytes = 0;

  /** Returns the frame of a message. */
  encode(message: RouterMessage, serializer: Serializer): Frame {
    if (message !== this.#message) {
      this.#message = message;
      this.#frames.clear();
    }
    let frame = this.#frames.get(serializer);
    if (frame === undefined) {
      frame = serializer.encode(message);
      this.#frames.set(serializer, frame);
      this.bytes += frame.length;
    }
    return frame;
  }
}
