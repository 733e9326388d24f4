/** Outgoing webhooks in the realm: collects events, and hands them over in batches to the objects of the webhooks. */

import type { EventBuffer } from "../../wamp/broker/acknowledgments.ts";
import { isLongerThan } from "../../wamp/crypto/encoding.ts";
import type { Host } from "../../wamp/host/host.ts";
import { thrown } from "../../wamp/host/log-line.ts";
import { LocalSession } from "../../wamp/local/local-session.ts";
import { PatternMap } from "../../wamp/matching/pattern-map.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import { type Event, MessageType, type RouterMessage } from "../../wamp/protocol/message.ts";
import type { Id, Uri } from "../../wamp/protocol/values.ts";
import type { Realm } from "../../wamp/realm/realm.ts";
import { jsonFromValue } from "../../wamp/serializers/json-text.ts";
import { INTERNAL } from "../../wamp/session/session.ts";
import type { WebhookOutConfig } from "../config/webhook-config.ts";
import { charactersOf, QUEUE_CHARACTERS, type WebhookBatch, type WebhookEvent } from "../webhooks/webhook-batch.ts";

/** Hands a batch over; resolves when the receiver has stored it. */
export type Enqueue = (batch: WebhookBatch) => Promise<void>;

/** Bytes of a body: a row of the delivery queue takes 2 MB. */
const MOST_BYTES = 1_900_000;
/** Characters of the events that wait while batches cannot be handed over. */
const MOST_WAITING = 4_000_000;
/** Milliseconds between attempts to hand over a batch; meanwhile the realm stays awake. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** Milliseconds for which a delivery queue certainly remembers an event; a part of the time that it does. */
const RECENT_MS = 3_600_000;

const ROLES = { subscriber: { features: { subscription_revocation: true } } };

/** All outgoing webhooks of one realm. */
export class OutgoingWebhooks {
  readonly #buffers: readonly WebhookBuffer[];

  constructor(realm: string, webhooks: readonly WebhookOutConfig[], host: Host, enqueue: Enqueue) {
    this.#buffers = webhooks.map((webhook) => new WebhookBuffer(realm, webhook, host, enqueue));
    for (const webhook of host.store.outgoing.receivers()) {
      if (webhooks.some(({ name }) => name === webhook)) continue;
      host.store.outgoing.remove(webhook, Number.MAX_SAFE_INTEGER);
      host.log({ level: "error", event: "webhook.dropped", cause: "the configuration has no such webhook", webhook });
    }
  }

  /** Whether storage has events that have not been handed over. */
  get waits(): boolean {
    return this.#buffers.some(({ waits }) => waits);
  }

  /** Subscribes whenever the realm wakes, with a session for each webhook, because each has a role of its own. */
  join(realm: Realm): void {
    for (const buffer of this.#buffers) buffer.join(realm);
  }

  /** Whether all events have been handed over. */
  get isEmpty(): boolean {
    return this.#buffers.every(({ isEmpty }) => isEmpty);
  }

  /** Resolves when all collected events have been handed over, however long that takes. */
  async emptied(): Promise<void> {
    await Promise.all(this.#buffers.map((buffer) => buffer.emptied()));
  }

  /** Starts to hand over the collected events. The realm does not sleep before that is done. */
  flush(): void {
    for (const buffer of this.#buffers) buffer.handOver();
  }
}

/**
 * The events of one webhook that have not been handed over. Acknowledged events are in storage until then, so that the
 * end of the object only delays them; the delivery queue ignores events that it gets again.
 */
class WebhookBuffer implements EventBuffer {
  readonly savesOnDemand = true;
  readonly #realm: string;
  readonly #webhook: WebhookOutConfig;
  readonly #host: Host;
  readonly #enqueue: Enqueue;
  readonly #topics = new PatternMap<true>();
  #events: WebhookEvent[] = [];
  #characters = 0;
  /** Number of events, from the first on, that storage has. */
  #stored = 0;
  /** Number of events, from the first on, that are being handed over. */
  #inFlight = 0;
  #sequence = 0;
  #last: { readonly publication: Id; readonly at: number } | undefined;
  /** Set while events are being handed over. */
  #handingOver: Promise<void> | undefined;

  constructor(realm: string, webhook: WebhookOutConfig, host: Host, enqueue: Enqueue) {
    this.#realm = realm;
    this.#webhook = webhook;
    this.#host = host;
    this.#enqueue = enqueue;
    this.#topics.set(webhook.match, webhook.uri, true);
    this.#restore();
  }

  /** Subscribes, and has acknowledged events stored by this buffer. */
  join(realm: Realm): void {
    realm.broker.acknowledgments.addBuffer(this);
    realm.broker.acknowledgments.addStoredTopics(this.#webhook.match, this.#webhook.uri);
    if (!this.isEmpty) this.#host.scheduleFlush();
    const { name, role, uri, match } = this.#webhook;
    const sessionName = `webhook ${name}`;
    const session: LocalSession = new LocalSession(realm, this.#host, {
      name: sessionName,
      identity: { authid: sessionName, authrole: role, authmethod: INTERNAL, authprovider: "static" },
      roles: ROLES,
      onMessage: (message) => {
        if (message[0] === MessageType.EVENT) this.#take(message);
        else queueMicrotask(() => this.#rejoin(realm, session, message));
      },
    });
    session.subscribeConfigured(uri, match);
  }

  /** Joins or subscribes again after a client has killed the session or removed the subscription by the meta API. */
  #rejoin(realm: Realm, session: LocalSession, [type]: RouterMessage): void {
    if (type === MessageType.UNSUBSCRIBED) session.subscribeConfigured(this.#webhook.uri, this.#webhook.match);
    if (type !== MessageType.GOODBYE) return;
    session.submit([MessageType.GOODBYE, {}, WampUri.GOODBYE_AND_OUT]);
    this.join(realm);
  }

  /** Whether all events have been handed over. */
  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  /** Whether storage has events. */
  get waits(): boolean {
    return this.#stored > 0;
  }

  /** Whether an acknowledged event of this topic can be taken. */
  hasRoomFor(topic: Uri): boolean {
    return this.#characters < MOST_WAITING / 2 || this.#topics.best(topic) === undefined;
  }

  /** Whether events are not in storage. */
  get hasUnsaved(): boolean {
    return this.#stored < this.#events.length;
  }

  /** Writes the events that are not in storage. */
  save(): void {
    const unsaved = this.#events.slice(this.#stored);
    this.#host.store.outgoing.put(this.#webhook.name, unsaved.at(-1)!.sequence, JSON.stringify(unsaved));
  }

  /** The write of `save` is committed. */
  onSaved(): void {
    this.#stored = this.#events.length;
  }

  /** Drops the events that are not stored. A batch that is being handed over stays. */
  discard(): void {
    const kept = Math.max(this.#stored, this.#inFlight);
    for (const { body } of this.#events.splice(kept)) this.#characters -= body.length;
  }

  /** Reads the events that an ended instance of the object has stored. */
  #restore(): void {
    for (const text of this.#host.store.outgoing.texts(this.#webhook.name)) {
      try {
        // `save` wrote this text.
        this.#events.push(...(JSON.parse(text) as WebhookEvent[]));
      } catch (error) {
        const webhook = this.#webhook.name;
        this.#host.log({ level: "error", event: "webhook.dropped", cause: String(error), webhook });
      }
    }
    for (const { body } of this.#events) this.#characters += body.length;
    this.#stored = this.#events.length;
    this.#sequence = this.#events.at(-1)?.sequence ?? 0;
  }

  /** Starts to hand over, unless that is in progress. */
  handOver(): void {
    this.#handingOver ??= this.#handOver().finally(() => {
      this.#handingOver = undefined;
    });
  }

  /** Resolves when all events have been handed over. */
  async emptied(): Promise<void> {
    while (!this.isEmpty) {
      this.handOver();
      await this.#handingOver;
    }
  }

  /** Hands over one batch at a time, so that none overtakes another. */
  async #handOver(): Promise<void> {
    let wait = FIRST_WAIT_MS;
    while (this.#events.length > 0) {
      const events = this.#nextEvents();
      this.#inFlight = events.length;
      try {
        await this.#enqueue(this.#newBatch(events));
        this.#handedOver(events);
        wait = FIRST_WAIT_MS;
      } catch (error) {
        const { name: webhook } = this.#webhook;
        this.#host.log({ level: "error", event: "webhook.stalled", webhook, events: events.length, ...thrown(error) });
        await new Promise((resolve) => setTimeout(resolve, wait));
        wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      } finally {
        this.#inFlight = 0;
      }
    }
  }

  #take(message: Event): void {
    const event = this.#eventOf(message);
    const isTooLarge = isLongerThan(event.body, MOST_BYTES);
    if (isTooLarge || this.#characters + event.body.length > MOST_WAITING) {
      const cause = isTooLarge ? "it is too large" : "too many wait to be handed over";
      const { publication } = event;
      this.#host.log({ level: "error", event: "webhook.lost", cause, webhook: this.#webhook.name, publication });
      return;
    }
    this.#events.push(event);
    this.#characters += event.body.length;
    this.#host.scheduleFlush();
  }

  /** Sequences follow the clock, so that they grow across sleeps without being stored. */
  #eventOf([, , publication, details, payload]: Event): WebhookEvent {
    this.#sequence = Math.max(this.#sequence + 1, this.#host.now() * 1_000);
    const topic = typeof details.topic === "string" ? details.topic : this.#webhook.uri;
    const { args = [], kwargs = {} } = payload.values;
    const body = jsonFromValue({ realm: this.#realm, topic, publication, args, kwargs, details });
    return { publication, topic, sequence: this.#sequence, body };
  }

  /** The first events, as many as one message of a queue takes, and at least one. */
  #nextEvents(): readonly WebhookEvent[] {
    let characters = 0;
    const end = this.#events.findIndex((event, index) => {
      characters += charactersOf(event);
      return index > 0 && characters > QUEUE_CHARACTERS;
    });
    return end < 0 ? [...this.#events] : this.#events.slice(0, end);
  }

  #newBatch(events: readonly WebhookEvent[]): WebhookBatch {
    const isRecent = this.#last !== undefined && this.#host.now() - this.#last.at < RECENT_MS;
    const after = isRecent ? this.#last?.publication : undefined;
    return { kind: "webhook", realm: this.#realm, webhook: this.#webhook.name, after, events };
  }

  #handedOver(events: readonly WebhookEvent[]): void {
    this.#events = this.#events.slice(events.length);
    for (const { body } of events) this.#characters -= body.length;
    const last = events.at(-1)!;
    this.#last = { publication: last.publication, at: this.#host.now() };
    if (this.#stored === 0) return;
    this.#stored = Math.max(0, this.#stored - events.length);
    this.#host.store.outgoing.remove(this.#webhook.name, last.sequence);
    // The next flush removes the alarm for stored events.
    if (this.#stored === 0) this.#host.scheduleFlush();
  }
}
