/** What the publishers of the model know of stored publications, compared with what the core has stored. */

import type { Realm } from "../../../../src/wamp/realm/realm.ts";
import { Session } from "../../../../src/wamp/session/session.ts";
import { Fault, type ModelClient } from "./model-client.ts";

/** The only topic whose publications are stored: in a history, and some are retained. */
export const STORED_TOPIC = "s.a";

/** A publication by its publisher's name and its number there. */
export type PublicationKey = readonly [publisher: string, number: number];

/** The options of PUBLISH on `STORED_TOPIC`. */
export interface StoredOptions {
  readonly acknowledge?: boolean;
  readonly retain?: boolean;
}

/** Records the publications on `STORED_TOPIC`. */
export class StoredEvents {
  /** `publisher request` → publication, of those that wait for PUBLISHED or ERROR */
  readonly #waiting = new Map<string, PublicationKey>();
  /** Publishers that may miss answers. */
  readonly #excused = new Set<string>();
  readonly #retained = new Set<string>();
  readonly #acknowledged: PublicationKey[] = [];

  /** A client publishes with these options. */
  onPublish(request: number, key: PublicationKey, options: StoredOptions): void {
    if (options.acknowledge === true) this.#waiting.set(`${key[0]} ${request}`, key);
    if (options.retain === true) this.#retained.add(String(key));
  }

  /** A client gets PUBLISHED, or ERROR if `isStored` is false. */
  onAnswer(publisher: string, request: number, isStored: boolean): void {
    const key = this.#waiting.get(`${publisher} ${request}`);
    if (key === undefined) throw new Fault(`${publisher}: a second answer to publication ${request}`);
    this.#waiting.delete(`${publisher} ${request}`);
    if (isStored) this.#acknowledged.push(key);
  }

  /** The session of a publisher waits for its client while an object crashes, which may have had the answer. */
  excuse(publisher: string): void {
    this.#excused.add(publisher);
  }

  /** Each of these publishers has got its answers. */
  checkAnswers(publishers: readonly string[]): void {
    for (const [publisher, number] of this.#waiting.values()) {
      if (publishers.includes(publisher) && !this.#excused.has(publisher))
        throw new Fault(`${publisher} waits for the answer to publication ${number}`);
    }
  }

  /** What is acknowledged is in the history; nothing is there twice, or before an older one of the same publisher. */
  check(core: Realm): void {
    const events = historyIn(core);
    const stored = events.map(String);
    const missing = this.#acknowledged.filter((key) => !stored.includes(String(key)));
    if (missing.length > 0) throw new Fault(`acknowledged, and in no history: ${missing.join("; ")}`);
    const last = new Map<string, number>();
    for (const [publisher, number] of events) {
      const before = last.get(publisher) ?? 0;
      if (number === before) throw new Fault(`${publisher} ${number} is in the history twice`);
      if (number < before) throw new Fault(`${publisher} ${number} is in the history after ${before}`);
      last.set(publisher, number);
    }
    const latest = stored.findLast((key) => this.#retained.has(key));
    const [[, event] = []] = core.broker.retention.eventsFor(READER, "exact", STORED_TOPIC);
    const retained = event && String(event.payload.args);
    if (retained !== latest) throw new Fault(`${retained} is retained, but the history ends with ${latest}`);
  }

  /** Clients that have asked for retained events have got the latest. */
  checkLatest({ broker }: Realm, clients: readonly ModelClient[]): void {
    const [[, event] = []] = broker.retention.eventsFor(READER, "exact", STORED_TOPIC);
    if (event === undefined) return;
    const [publisher, number] = event.payload.args as unknown as PublicationKey;
    for (const { name, subscriptions } of clients) {
      for (const { needsLatest, received } of subscriptions.values()) {
        const isMissing = name !== publisher && needsLatest && !received.has(`${publisher} ${number}`);
        if (isMissing) throw new Fault(`${name} has not got what is retained: ${publisher} ${number}`);
      }
    }
  }
}

function historyIn({ broker }: Realm): readonly PublicationKey[] {
  const log = broker.logOf(broker.subscriptions.get("exact", STORED_TOPIC)!)!;
  return Array.from(log.events(false), ({ payload }) => payload.args as unknown as PublicationKey);
}

const READER = new Session(
  { send: () => undefined, close: () => {}, save: () => {} },
  { id: 1, features: 0, identity: { authid: "reader", authrole: "anonymous", authmethod: "", authprovider: "" } },
);
