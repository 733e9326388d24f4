/** Estimates the bytes of messages that wait for another object. */

import type { ClientMessage, RouterMessage } from "../../protocol/message.ts";
import { Payload } from "../../protocol/payload.ts";
import { sizeOf } from "../../protocol/value-size.ts";
import type { Dict } from "../../protocol/values.ts";
import type { ToCore, ToRelay } from "./messages.ts";

/** For what a message of a client has beside its elements: the identity of a session, a permission. */
const BESIDE_ELEMENTS = 1_024;

/** A message up to this size takes little more than the error that would be sent in its place: bytes. */
const SMALL = 1_024;

/** Bytes of a number, and of a value besides its characters or bytes, as the platform carries them. */
const VALUE = 8;

/** Estimated bytes of a message in memory and on its way: at most five times those that a client has sent. */
export function messageSize(message: ToCore | ToRelay): number {
  if (message.kind === "publish") {
    const { topic, options, details, payload } = message.publication;
    return BESIDE_ELEMENTS + topic.length + carriedSize(options) + carriedSize(details) + payload.size;
  }
  if ("payload" in message) return BESIDE_ELEMENTS + carriedSize(message.payload);
  return "message" in message ? BESIDE_ELEMENTS + carriedSize(message.message) : sizeOf(message);
}

/** Does a message take much more than the error that would be sent in its place? */
export function isLong(message: ClientMessage | RouterMessage): boolean {
  return carriedSize(message) > SMALL;
}

/** Clients write URIs and options, too: each may be as long as a payload. */
function carriedSize(value: unknown): number {
  if (typeof value === "string") return VALUE + value.length;
  if (typeof value !== "object" || value === null) return VALUE;
  if (value instanceof Payload) return VALUE + value.size;
  if (value instanceof Uint8Array) return VALUE + value.length;
  let size = VALUE;
  if (Array.isArray(value)) for (const element of value) size += carriedSize(element);
  else for (const key in value) size += VALUE + key.length + carriedSize((value as Dict)[key]);
  return size;
}
