/** Estimates the bytes of messages that wait for another object. */

import type { Limits } from "../../config/limits.ts";
import type { ClientMessage, RouterMessage } from "../../protocol/message.ts";
import { Payload } from "../../protocol/payload.ts";
import { sizeOf } from "../../protocol/value-size.ts";
import type { Dict } from "../../protocol/values.ts";
import { cbor } from "../../serializers/cbor.ts";
import { MAX_BATCH_BYTES } from "./link-sender.ts";
import type { ToCore, ToRelay } from "./messages.ts";

/** For what a message of a client has beside its elements: the identity of a session, a permission. */
const BESIDE_ELEMENTS = 1_024;

/** A message up to this size takes little more than the error that would be sent in its place: bytes. */
const SMALL = 1_024;

/** Bytes of a number, and of a value besides its characters or bytes, as the platform carries them. */
const VALUE = 8;

/**
 * Longest message for another object, as `messageSize` estimates it: the platform carries 32 MiB at once, and text with
 * two bytes for each character if one of them needs two.
 */
const LONGEST = 15.5 * 2 ** 20;
/** `limits.message_bytes` of a realm over many objects, so that a payload and a kilobyte or two beside it fit: bytes. */
export const LONGEST_MESSAGE_BYTES = 15 * 2 ** 20;
/** An empty list in options of CBOR is one byte, and takes so many. */
const LARGEST_FACTOR = VALUE;

/**
 * Estimated bytes that may wait for one other object. All clients of an object share the link, which takes a batch also
 * where one client may have less unread: a single message would make the object pause, and hold up all of them.
 */
export function linkLimit({ outgoing_bytes, realm_outgoing_bytes }: Limits): number {
  return Math.max(outgoing_bytes, Math.min(realm_outgoing_bytes, MAX_BATCH_BYTES));
}

/** May a message that a client sends in so many bytes be too long for other objects? */
export function mayBeTooLong(bytes: number): boolean {
  return bytes * LARGEST_FACTOR > LONGEST;
}

/** Is a message of a client, as a list of elements, too long for other objects? */
export function isTooLong(elements: readonly unknown[]): boolean {
  return carriedSize(elements) > LONGEST;
}

/** Is a payload too long for other objects that a component has made? Those of clients are bounded by the limits. */
export function isTooLongFromHere(payload: Payload): boolean {
  if (payload.codec !== undefined || payload.length === 0) return false;
  return 2 * LONGEST < payload.rawFor(cbor).length;
}

/** Estimated bytes of a message in memory and on its way: at most eight times those that a client has sent. */
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
