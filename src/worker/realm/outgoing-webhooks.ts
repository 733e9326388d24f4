/** Webhooks out, on the realm's side: events are collected, and handed over together when the realm settles. */

import type { EventBuffer } from "../../wamp/broker/acknowledgments.ts";
import type { Host } from "../../wamp/host/host.ts";
import { thrown } from "../../wamp/host/log-line.ts";
import { Resident } from "../../wamp/local/local-session.ts";
import { PatternMap } from "../../wamp/matching/pattern-map.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import { type Event, MessageType, type RouterMessage } from "../../wamp/protocol/message.ts";
import type { Id, Uri } from "../../wamp/protocol/values.ts";
import type { Realm } from "../../wamp/realm/realm.ts";
import { jsonFromValue } from "../../wamp/serializers/json-text.ts";
import type { WebhookOutConfig } from "../config/webhook-config.ts";
import { charactersOf, QUEUE_CHARACTERS, type WebhookBatch, type WebhookEvent } from "../webhooks/webhook-batch.ts";

/** Hands batch over; whoever resolves has it for good. */
export type Enqueue = (batch: WebhookBatch) => Promise<void>;

/** Bytes of a body: a row of the mailbox takes 2 MB. */
const MOST_BYTES = 1_900_000;
/** Characters that wait while nothing can be handed over. */
const MOST_WAITING = 4_000_000;
/** Milliseconds between tries to hand over; meanwhile the realm stays awake. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** Milliseconds for which mailboxes are sure to know what they had: a part of what `DeliveryQueue` remembers. */
const RECENT_MS = 3_600_000;

const ROLES = { subscriber: { features: { subscription_revocation: true } } };

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

  /** Whether storage has events that are not handed over yet. */
  get waits(): boolean {
    return this.#buffers.some(({ waits }) => waits);
  }

  /** Subscribes, each time the realm wakes; a resident per webhook, because each has a role of its own. */
  join(realm: Realm): void {
    for (const buffer of this.#buffers) buffer.join(realm);
  }

  /** Whether all events have been handed over. */
  get isEmpty(): boolean {
    return this.#buffers.every(({ isEmpty }) => isEmpty);
  }

  /** Resolves when all events that have been collected are handed over, however long that takes. */
  async emptied(): Promise<void> {
    await Promise.all(this.#buffers.map((buffer) => buffer.emptied()));
  }

  /** Starts handing over what has been collected. The realm cannot sleep before that is done. */
  flush(): void {
    for (const buffer of this.#buffers) buffer.handOver();
  }
}

/**
 * The events of one webhook that no mailbox has yet. Those that a publisher is told to be stored are in storage until
 * they are handed over, so that the end of the object delays them and no more; mailboxes know what comes again.
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
  /** How many of the events, from the first on, storage has. */
  #stored = 0;
  /** How many of the events, from the first on, are being handed over. */
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

  join(realm: Realm): void {
    realm.broker.acknowledgments.addBuffer(this);
    realm.broker.acknowledgments.addStoredTopics(this.#webhook.match, this.#webhook.uri);
    if (!this.isEmpty) this.#host.scheduleFlush();
    const { name, role, uri, match } = this.#webhook;
    const tenancy = { name: `webhook ${name}`, authrole: role, roles: ROLES };
    const resident: Resident = new Resident(realm, this.#host, tenancy, (message) => {
      if (message[0] === MessageType.EVENT) this.#take(message);
      else queueMicrotask(() => this.#comeBack(realm, resident, message));
      return undefined;
    });
    resident.subscribe(uri, match);
  }

  /** Who ends sessions, or takes subscriptions away, means clients: what the configuration calls for goes on. */
  #comeBack(realm: Realm, resident: Resident, [type]: RouterMessage): void {
    if (type === MessageType.UNSUBSCRIBED) resident.subscribe(this.#webhook.uri, this.#webhook.match);
    if (type !== MessageType.GOODBYE) return;
    resident.say([MessageType.GOODBYE, {}, WampUri.GOODBYE_AND_OUT]);
    this.join(realm);
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  get waits(): boolean {
    return this.#stored > 0;
  }

  hasRoomFor(topic: Uri): boolean {
    return this.#characters < MOST_WAITING / 2 || this.#topics.best(topic) === undefined;
  }

  get hasUnsaved(): boolean {
    return this.#stored < this.#events.length;
  }

  save(): void {
    const unsaved = this.#events.slice(this.#stored);
    this.#host.store.outgoing.put(this.#webhook.name, unsaved.at(-1)!.sequence, JSON.stringify(unsaved));
  }

  onSaved(): void {
    this.#stored = this.#events.length;
  }

  /** What a mailbox is being given cannot be taken back. */
  discard(): void {
    const kept = Math.max(this.#stored, this.#inFlight);
    for (const { body } of this.#events.splice(kept)) this.#characters -= body.length;
  }

  /** What was left behind by an instance that ended. */
  #restore(): void {
    for (const text of this.#host.store.outgoing.texts(this.#webhook.name)) {
      try {
        // Written by `save`.
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

  /** Starts to hand over, if that is not under way. */
  handOver(): void {
    this.#handingOver ??= this.#handOver().finally(() => {
      this.#handingOver = undefined;
    });
  }

  async emptied(): Promise<void> {
    while (!this.isEmpty) {
      this.handOver();
      await this.#handingOver;
    }
  }

  /** One batch at a time, so that none overtakes another. */
  async #handOver(): Promise<void> {
    let wait = FIRST_WAIT_MS;
    while (this.#events.length > 0) {
      const events = this.#batch();
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
    const isTooLarge = event.body.length * 3 > MOST_BYTES && new TextEncoder().encode(event.body).length > MOST_BYTES;
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

  /** By the clock, so that events after a sleep come after those before it, and nothing has to be stored for that. */
  #eventOf([, , publication, details, payload]: Event): WebhookEvent {
    this.#sequence = Math.max(this.#sequence + 1, this.#host.now() * 1_000);
    const topic = typeof details.topic === "string" ? details.topic : this.#webhook.uri;
    const { args = [], kwargs = {} } = payload.values;
    const body = jsonFromValue({ realm: this.#realm, topic, publication, args, kwargs, details });
    return { publication, topic, sequence: this.#sequence, body };
  }

  /** The first events, as many as one message of a queue takes, but at least one. */
  #batch(): readonly WebhookEvent[] {
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
    // The alarm for what is left behind is not needed any more.
    if (this.#stored === 0) this.#host.scheduleFlush();
  }
}
