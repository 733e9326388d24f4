/** Batches of events that a realm hands to the object of a webhook. */

import type { LogLine } from "../../wamp/host/log-line.ts";
import { type Id, isDict, type Uri } from "../../wamp/protocol/values.ts";
import { field, readRow, record, unreadable } from "../../wamp/stored-records/stored-record.ts";
import * as is from "../../wamp/stored-records/stored-values.ts";

/** One event on its way to a webhook. */
export interface WebhookEvent {
  readonly publication: Id;
  readonly topic: Uri;
  /** Orders the events of a webhook. */
  readonly sequence: number;
  /** The request's body: JSON text. */
  readonly body: string;
}

/** Events of one webhook, in order. */
export interface WebhookBatch {
  readonly kind: "webhook";
  readonly realm: string;
  readonly webhook: string;
  /** The publication handed over before these, if recently; queues do not always keep the order. */
  readonly after: Id | undefined;
  readonly events: readonly WebhookEvent[];
}

const event = record<WebhookEvent>({
  publication: field("publication", is.id),
  topic: field("topic", is.text),
  sequence: field("sequence", is.number),
  body: field("body", is.text),
});

/**
 * Reads a batch of a realm, which may run another version: unknown fields are ignored, and an event without a sequence
 * is the next one. `log` receives a line for each event that cannot be read; it is left out, because it would block all
 * others.
 */
export function readBatch(
  batch: WebhookBatch,
  now: number,
  log: (line: LogLine) => void,
): Pick<WebhookBatch, "after" | "events"> {
  const { after, events = [] } = batch as Partial<WebhookBatch>;
  const readable = events.flatMap((own, index) => {
    const reading = readRow(event, {
      ...own,
      sequence: (own as Partial<WebhookEvent>).sequence ?? now * 1_000 + index,
    });
    if (!reading.ok) log(unreadable("mail", reading.cause));
    return reading.ok ? [reading.value] : [];
  });
  return { after, events: readable };
}

/** Characters in one message of a queue, which is limited to 128 kB; a character may need two bytes. */
export const QUEUE_CHARACTERS = 60_000;
/** Characters of an event beside body and topic. */
const OVERHEAD = 60;

/** Characters of an event in a message. */
export function charactersOf({ topic, body }: WebhookEvent): number {
  return topic.length + body.length + OVERHEAD;
}

export function isWebhookBatch(body: unknown): body is WebhookBatch {
  return isDict(body) && body.kind === "webhook";
}
