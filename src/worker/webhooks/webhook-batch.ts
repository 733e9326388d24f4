/** What passes between a realm and the mailboxes of its webhooks. */

import type { RealmConfig } from "../../wamp/config/realm.ts";
import { isDict } from "../../wamp/config/shape.ts";
import { type LogLine, thrown } from "../../wamp/host/log-line.ts";
import type { Id, Uri } from "../../wamp/protocol/message.ts";
import { field, readRow, record, unreadable } from "../../wamp/records/stored-record.ts";
import * as is from "../../wamp/records/stored-values.ts";
import type { Env } from "../platform/env.ts";
import { writeLog } from "../platform/log.ts";
import { namespaceIn } from "../routing/realm-stub.ts";
import type { WebhookObject } from "./webhook-object.ts";

/** One event on its way to a webhook. */
export interface WebhookEvent {
  readonly publication: Id;
  readonly topic: Uri;
  /** Tells the order of a webhook's events. */
  readonly sequence: number;
  /** The request's body: JSON text. */
  readonly body: string;
}

/** Events of one webhook, in order. */
export interface WebhookMail {
  readonly kind: "webhook";
  readonly realm: string;
  readonly webhook: string;
  /** The publication handed over before these, if that was lately; queues do not always keep the order. */
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
 * Mail of a realm, which may be of another version: unknown fields are ignored, and an event without a sequence is the
 * next one. `log` is told of events that cannot be read; they are left out, because they would hold up all others.
 */
export function readMail(
  mail: WebhookMail,
  now: number,
  log: (line: LogLine) => void,
): Pick<WebhookMail, "after" | "events"> {
  const { after, events = [] } = mail as Partial<WebhookMail>;
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

/** What one message of a queue takes: 128 kB, where a character may need two bytes. */
export const QUEUE_CHARACTERS = 60_000;
/** What stands around an event's body and topic. */
const OVERHEAD = 60;

/** The room an event needs in a message. */
export function charactersOf({ topic, body }: WebhookEvent): number {
  return topic.length + body.length + OVERHEAD;
}

export function isWebhookMail(body: unknown): body is WebhookMail {
  return isDict(body) && body.kind === "webhook";
}

/** The mailbox of a webhook; it is where the realm is. */
export function webhookObject(
  env: Env,
  realm: string,
  { location, jurisdiction }: RealmConfig,
  webhook: string,
): DurableObjectStub<WebhookObject> {
  const name = JSON.stringify([realm, webhook]);
  return namespaceIn(env.WEBHOOK, jurisdiction).getByName(
    name,
    location === undefined ? undefined : { locationHint: location },
  );
}

/** Hands mail over for good: to the queue where there is one that takes it, else to the mailbox. */
export async function post(env: Env, config: RealmConfig, mail: WebhookMail): Promise<void> {
  const characters = mail.events.reduce((sum, event) => sum + charactersOf(event), 0);
  if (env.WEBHOOKS !== undefined && characters <= QUEUE_CHARACTERS) {
    try {
      return void (await env.WEBHOOKS.send(mail, { contentType: "v8" }));
    } catch (error) {
      writeLog({ level: "error", event: "queue.failed", realm: mail.realm, queue: "WEBHOOKS", ...thrown(error) });
    }
  }
  await webhookObject(env, mail.realm, config, mail.webhook).accept(mail);
}
