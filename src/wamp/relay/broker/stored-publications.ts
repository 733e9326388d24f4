/** The core's part of the publications that relays have it store: each is stored once, and then acknowledged. */

import type { EventBuffer } from "../../broker/acknowledgments.ts";
import type { Broker } from "../../broker/broker.ts";
import type { Host } from "../../host/host.ts";
import type { Transport } from "../../host/transport.ts";
import { WampUri } from "../../protocol/errors.ts";
import { MessageType, type RouterMessage } from "../../protocol/message.ts";
import { NO_CLIENT } from "../../session/no-client.ts";
import { INTERNAL, Session } from "../../session/session.ts";
import type { KeepRequest, PublishRequest, StoredAnswer } from "../link/messages.ts";
import type { SeenCounts } from "../link/seen-publications.ts";

/** What the core knows of the publications of one relay after a restart. */
export interface StoredCountRow {
  /** The number of the relay. */
  readonly relay: number;
  /** `ForwardedPublication.count` of the last publication before the row was written; all before it are processed. */
  readonly count: number;
  /** Counts of publications that could not be stored, as long as the relay may not know. */
  readonly failed: readonly number[];
}

/** One row for each relay, written together with the events: what came before is not stored again. */
export interface StoredCountStore {
  get(relay: number): StoredCountRow | undefined;
  put(row: StoredCountRow): void;
  /** Removes the row, if present. */
  delete(relay: number): void;
}

/** What the stored publications ask of the core and its object. */
export interface StoredPublicationsPorts {
  readonly host: Host;
  readonly store: StoredCountStore;
  /** Queues an answer for a relay. */
  send(relay: number, answer: StoredAnswer): void;
}

/** The publications of one relay, by their counts. */
interface RelayCounts {
  /** The last one that was processed since the core woke. */
  last: number;
  /** The last one that has been put into the buffers of events, or was stored before. */
  kept: number;
  /** The last one of these when the row was written. */
  stored: number;
  readonly failed: Set<number>;
  /** Waits for PUBLISHED in the place of the relay's sessions. */
  readonly publisher: Session;
}

/** `Acknowledgments` writes the counts in one transaction with the events, so that a crash loses both or neither. */
export class StoredPublications implements EventBuffer {
  readonly savesOnDemand = false;
  readonly #broker: () => Broker;
  readonly #ports: StoredPublicationsPorts;
  readonly #relays = new Map<number, RelayCounts>();
  /** Relays whose rows are out of date. */
  readonly #unsaved = new Set<number>();

  /** `broker` returns the broker of the core. */
  constructor(broker: () => Broker, ports: StoredPublicationsPorts) {
    this.#broker = broker;
    this.#ports = ports;
  }

  /** The count of the last publication of a relay that the core has processed. */
  lastOf(relay: number): number {
    const { last, stored } = this.#of(relay);
    return Math.max(last, stored);
  }

  /** What the sessions of the core may have got of the publications of relays. */
  counts(): SeenCounts {
    return Array.from(this.#relays, ([relay, { last }]) => [relay, last]);
  }

  /**
   * Takes note of a publication; returns false for one that has come before, or whose predecessor is missing. One that
   * was stored before a crash is not distributed again, because later subscribers have got it as a retained event.
   */
  accept(relay: number, { publication: { count }, behind = 0, keep }: PublishRequest): boolean {
    if (behind > this.lastOf(relay)) return false;
    const counts = this.#of(relay);
    const isStored = keep !== undefined && count <= counts.stored;
    const isNew = count > counts.last;
    if (isNew) counts.last = count;
    // The first answer may have been lost with the core. That to one that is not stored yet is still to come.
    if (isStored && keep.isAcknowledged) this.#answer(relay, count);
    return isNew && !isStored;
  }

  /** Stores a publication that was accepted, and answers once that is done. */
  keep(relay: number, { publication }: PublishRequest, { publisher, isAcknowledged, oldest }: KeepRequest): void {
    const counts = this.#of(relay);
    const { count } = publication;
    for (const failed of counts.failed) if (failed < oldest) counts.failed.delete(failed);
    const { acknowledgments } = this.#broker();
    if (isAcknowledged && !acknowledgments.takeRoom(publication.topic)) return this.#fail(relay, count);
    this.#broker().keep(publication, publisher);
    counts.kept = count;
    this.#unsaved.add(relay);
    if (isAcknowledged) acknowledgments.add(counts.publisher, count, publication.id);
    else this.#ports.host.scheduleFlush();
  }

  /** Forgets a relay that has lost its sessions, or has none: nothing that it has sent before comes again. */
  drop(relay: number): void {
    const counts = this.#relays.get(relay);
    if (counts !== undefined) this.#broker().acknowledgments.leave(counts.publisher);
    this.#relays.delete(relay);
    this.#unsaved.delete(relay);
    this.#ports.store.delete(relay);
  }

  get hasUnsaved(): boolean {
    return this.#unsaved.size > 0;
  }

  save(): void {
    for (const relay of this.#unsaved) {
      const { kept, failed } = this.#of(relay);
      this.#ports.store.put({ relay, count: kept, failed: [...failed] });
    }
  }

  onSaved(): void {
    for (const relay of this.#unsaved) {
      const counts = this.#of(relay);
      counts.stored = counts.kept;
    }
    this.#unsaved.clear();
  }

  discard(): void {
    this.#unsaved.clear();
  }

  #of(relay: number): RelayCounts {
    const known = this.#relays.get(relay);
    if (known !== undefined) return known;
    const { count = 0, failed = [] } = this.#ports.store.get(relay) ?? {};
    const publisher = this.#newPublisher(relay);
    const counts = { last: 0, kept: count, stored: count, failed: new Set(failed), publisher };
    this.#relays.set(relay, counts);
    return counts;
  }

  /** Its requests are the counts of the publications. */
  #newPublisher(relay: number): Session {
    const onMessage = (message: RouterMessage): undefined => {
      if (message[0] === MessageType.PUBLISHED) this.#answer(relay, message[1]);
      else if (message[0] === MessageType.ERROR) this.#fail(relay, message[2]);
    };
    const transport: Transport = { ...NO_CLIENT, send: onMessage };
    const identity = { authid: `relay ${relay}`, authrole: INTERNAL, authmethod: INTERNAL, authprovider: INTERNAL };
    return new Session(transport, { id: relay, identity, features: 0 });
  }

  /** Full storage is the only reason. */
  #fail(relay: number, count: number): void {
    this.#of(relay).failed.add(count);
    const fault = { uri: WampUri.STORAGE_FULL, text: "the event could not be stored" };
    this.#ports.send(relay, { kind: "stored", count, fault });
  }

  #answer(relay: number, count: number): void {
    if (this.#of(relay).failed.has(count)) this.#fail(relay, count);
    else this.#ports.send(relay, { kind: "stored", count });
  }
}
