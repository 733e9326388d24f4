/** Topics whose publications a relay does not forward, because the core has told it that no other object needs them. */

import { matches } from "../../matching/covering.ts";
import type { Pattern } from "../../protocol/uri.ts";
import type { Uri } from "../../protocol/values.ts";

/** The most topics that a relay and the core remember for one relay; the oldest is forgotten first. */
const MAX_TOLD = 10_000;

/**
 * The topics of one relay that no other object has a use for, kept alike at the relay and at the core. Both add topics
 * in the same order and forget the oldest first. After its sleep the relay remembers only the topics it was told since,
 * which are the latest of those the core knows: so the core knows each topic that the relay remembers.
 */
export class ToldTopics {
  readonly #topics = new Set<Uri>();
  readonly #limit: number;

  constructor(limit = MAX_TOLD) {
    this.#limit = limit;
  }

  /** Topics that are remembered. */
  get size(): number {
    return this.#topics.size;
  }

  has(topic: Uri): boolean {
    return this.#topics.has(topic);
  }

  /** Adds a topic as the latest. */
  add(topic: Uri): void {
    this.#topics.delete(topic);
    this.#topics.add(topic);
    if (this.#topics.size <= this.#limit) return;
    const [oldest] = this.#topics;
    this.#topics.delete(oldest!);
  }

  /** Forgets the topics that a new subscription matches; returns whether there were any. */
  revoke(pattern: Pattern): boolean {
    if (pattern.match === "exact") return this.#topics.delete(pattern.uri);
    const size = this.#topics.size;
    for (const topic of this.#topics) if (matches(pattern, topic)) this.#topics.delete(topic);
    return this.#topics.size < size;
  }
}

/** One row for each relay that may remember topics; written before the relay is told its first one. */
export interface ToldStore {
  all(): Iterable<number>;
  put(relay: number): void;
  delete(relay: number): void;
}

/** The core's side: what each relay remembers. After a sleep the core knows only which relays may remember any. */
export class ToldRelays {
  readonly #store: ToldStore;
  readonly #limit: number;
  /** relay → what it remembers; undefined where that is not known */
  readonly #relays = new Map<number, ToldTopics | undefined>();

  constructor(store: ToldStore, limit = MAX_TOLD) {
    this.#store = store;
    this.#limit = limit;
    for (const relay of store.all()) this.#relays.set(relay, undefined);
  }

  /** Relays that may remember a topic. */
  get size(): number {
    return this.#relays.size;
  }

  /** Takes note that a relay is told of a topic. */
  tell(relay: number, topic: Uri): void {
    if (!this.#relays.has(relay)) {
      this.#store.put(relay);
      this.#relays.set(relay, new ToldTopics(this.#limit));
    }
    this.#relays.get(relay)?.add(topic);
  }

  /**
   * Forgets the topics that a new subscription matches; returns what each relay, except one, has to forget in its turn
   * before the subscription is confirmed. A relay of which the core does not know what it remembers forgets all.
   */
  revoke(pattern: Pattern, except: number): (readonly [relay: number, pattern: Pattern])[] {
    const revoked: (readonly [number, Pattern])[] = [];
    for (const [relay, topics] of this.#relays) {
      if (relay === except) continue;
      if (topics === undefined) {
        this.#relays.set(relay, new ToldTopics(this.#limit));
        revoked.push([relay, EVERYTHING]);
      } else if (topics.revoke(pattern)) revoked.push([relay, pattern]);
    }
    return revoked;
  }

  /** The relay may have missed a revocation, so that what it remembers is not known. */
  doubt(relay: number): void {
    this.#store.put(relay);
    this.#relays.set(relay, undefined);
  }

  /** The relay is being told to forget everything. */
  clear(relay: number): void {
    if (this.#relays.has(relay)) this.#relays.set(relay, new ToldTopics(this.#limit));
  }

  /** The relay remembers nothing: its sessions are gone, or it was told to forget everything. */
  forget(relay: number): void {
    if (this.#relays.delete(relay)) this.#store.delete(relay);
  }
}

/** Matches every topic. */
export const EVERYTHING: Pattern = { match: "prefix", uri: "" };
