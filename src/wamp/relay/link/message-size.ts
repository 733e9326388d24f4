/** Estimates the bytes of messages that wait for another object. */

import { PAYLOAD_INDEX } from "../../protocol/message.ts";
import type { Payload } from "../../protocol/payload.ts";
import { sizeOf } from "../../protocol/value-size.ts";
import type { ToCore, ToRelay } from "./messages.ts";

/** For what a message with a payload has beside it: ids, options, a URI, the identity of a session. */
const BESIDE_PAYLOAD = 1_024;

/** A payload up to this size takes little more than the error that would be sent in its place: bytes. */
export const SMALL_PAYLOAD = 1_024;

/** Estimated bytes of a message in memory and on its way. */
export function messageSize(message: ToCore | ToRelay): number {
  const payload = payloadOf(message);
  return payload === undefined ? sizeOf(message) : BESIDE_PAYLOAD + payload.size;
}

function payloadOf(message: ToCore | ToRelay): Payload | undefined {
  if (message.kind === "publish") return message.publication.payload;
  if ("payload" in message) return message.payload as Payload;
  if (!("message" in message)) return undefined;
  const index = PAYLOAD_INDEX[message.message[0]];
  return index === undefined ? undefined : (message.message[index] as Payload);
}
