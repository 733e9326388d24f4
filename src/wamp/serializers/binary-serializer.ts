/** Makes a serializer of the reader and the writer of a format. */

import type { Message } from "../protocol/message.ts";
import type { PayloadCodec, PayloadValues, RawPayload } from "../protocol/payload.ts";
import { Malformed } from "./byte-reader.ts";
import type { ItemReader, Reading } from "./item-reader.ts";
import type { Serializer } from "./serializer.ts";
import { DecodeFault } from "./serializer.ts";

type Reader = new (bytes: Uint8Array, reading: Reading, depth: number) => ItemReader;

/** Each result is in memory of its own. */
export interface MessageWriter {
  /** A whole frame; `codec` is the serializer the payload in it is for. */
  message(message: Message, codec: PayloadCodec): Uint8Array;
  payload(values: PayloadValues): Uint8Array;
}

/** Frames are binary; a raw payload is the part of the frame it came in. */
export function binarySerializer(name: Serializer["name"], Reader: Reader, writer: MessageWriter): Serializer {
  const serializer: Serializer = {
    name,
    isBinary: true,
    decode(frame, limits) {
      if (typeof frame === "string") return new DecodeFault(`${name} takes binary frames`);
      try {
        return new Reader(frame, "head", limits.depth).message(serializer);
      } catch (error) {
        if (error instanceof Malformed) return new DecodeFault(error.message);
        throw error;
      }
    },
    peek: (frame) => (typeof frame === "string" ? [] : new Reader(frame, "head", 0).integers()),
    encode: (message) => writer.message(message, serializer),
    decodePayload: (raw, isExact) =>
      new Reader(bytesOf(raw), isExact ? "exact payload" : "payload", Number.POSITIVE_INFINITY).payload(),
    encodePayload: (values) => writer.payload(values),
  };
  return serializer;
}

/** A binary serializer gets only raw payloads that it made. */
function bytesOf(raw: RawPayload): Uint8Array {
  return raw as Uint8Array;
}
