/** Encodes messages to frames, each message once per serializer. */

import type { RouterMessage } from "../../wamp/protocol/message.ts";
import type { Frame, Serializer } from "../../wamp/serializers/serializer.ts";

/** Caches the frames of the latest message: a fan-out sends the same tuple to all receivers. */
export class FrameEncoder {
  #message: RouterMessage | undefined;
  /** Serializer → its frame. A Map would allocate a new table for each message. */
  readonly #frames: Record<Serializer["name"], Frame | undefined> = {
    json: undefined,
    msgpack: undefined,
    cbor: undefined,
  };
  /** Bytes encoded since the counter was set to 0; text counts one byte a code unit. */
  bytes = 0;

  /** Returns the frame of a message. */
  encode(message: RouterMessage, serializer: Serializer): Frame {
    const frames = this.#frames;
    if (message !== this.#message) {
      this.#message = message;
      frames.json = frames.msgpack = frames.cbor = undefined;
    }
    let frame = frames[serializer.name];
    if (frame === undefined) {
      frame = serializer.encode(message);
      frames[serializer.name] = frame;
      this.bytes += frame.length;
    }
    return frame;
  }

  /**
   * Has the frames of the latest message again after `act`, which sends others. Without them each receiver of a fan-out
   * that a tap shows would get a frame of its own.
   */
  preserve(act: () => void): void {
    const message = this.#message;
    const { json, msgpack, cbor } = this.#frames;
    act();
    this.#message = message;
    Object.assign(this.#frames, { json, msgpack, cbor });
  }
}
