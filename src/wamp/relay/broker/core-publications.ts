/** The core's part of the broker: which relays get a publication, and which topics relays need not forward. */

import type { Publication } from "../../broker/publication.ts";
import type { Clock, Log } from "../../host/host.ts";
import { WampError } from "../../protocol/errors.ts";
import type { Event, RouterMessage } from "../../protocol/message.ts";
import type { Pattern } from "../../protocol/uri.ts";
import type { Id } from "../../protocol/values.ts";
import type { Realm } from "../../realm/realm.ts";
import { NO_CLIENT } from "../../session/no-client.ts";
import { Session } from "../../session/session.ts";
import { DroppedPublications } from "../link/dropped-publications.ts";
import { isTooLongFromHere } from "../link/message-size.ts";
import type { ForwardedPublication, PublishRequest, RetainedRequest } from "../link/messages.ts";
import { OwnPublications } from "../link/own-publications.ts";
import { CORE, type RelayIds } from "../link/relay-ids.ts";
import type { RelayLinks } from "../link/relay-links.ts";
import { SeenPublications } from "../link/seen-publications.ts";
import { type InterestStore, InterestTable } from "./interest-table.ts";
import type { StoredPublications } from "./stored-publications.ts";
import { ToldRelays, type ToldStore } from "./told-topics.ts";

/** What the core's publications ask of the core and its object. */
export interface CorePublicationsPorts {
  readonly ids: RelayIds;
  /** See `Batch.boot`. */
  readonly boot: () => number;
  readonly host: Clock & Log;
  readonly links: RelayLinks;
  readonly interest: InterestStore;
  readonly told: ToldStore;
  /** Processes each publication of a relay once. */
  readonly stored: StoredPublications;
  /** Sends what is queued. */
  endTurn(): void;
  /** See `CoreMetaEvents`; it is called before the interest of a relay begins, and after it has ended. */
  created(relay: number, pattern: Pattern, session: Id): Publication | undefined;
  deleted(pattern: Pattern, session: Id): void;
}

/** Stands for the last subscriber of a relay that has lost its sessions. */
const NO_SESSION = 0;

type Waiting = Set<() => void>;

/** Interest of the relays, and the publications between them. */
export class CorePublications {
  readonly interest: InterestTable;
  readonly told: ToldRelays;
  readonly seen: SeenPublications;
  readonly #realm: () => Realm;
  readonly #ports: CorePublicationsPorts;
  readonly #dropped: DroppedPublications;
  /** The revocations that relays have not acknowledged, and what waits for each. */
  readonly #revocations = new Set<Waiting>();
  /** Those of the core's own sessions. */
  readonly #own: OwnPublications;

  /** `realm` returns the realm of the core's own sessions. */
  constructor(realm: () => Realm, ports: CorePublicationsPorts) {
    this.#realm = realm;
    this.#ports = ports;
    this.interest = new InterestTable(ports.interest, (match, uri) => ports.ids.subscription(match, uri));
    this.#dropped = new DroppedPublications(ports.host);
    this.told = new ToldRelays(ports.told);
    this.#own = new OwnPublications(CORE, ports.boot);
    this.seen = new SeenPublications(ports.host, this.#own, () => ports.stored.counts());
  }

  /** Does a subscription wait until relays forward what it matches? A crash loses that it waits. */
  get isWaiting(): boolean {
    return this.#revocations.size > 0;
  }

  /** Forgets a relay that has lost its sessions. */
  drop(relay: number): void {
    for (const pattern of this.interest.drop(relay)) this.#ports.deleted(pattern, NO_SESSION);
    this.told.forget(relay);
  }

  /** A relay has no subscriber of a pattern any more. */
  withdraw(relay: number, pattern: Pattern, session: Id): void {
    if (this.interest.delete(relay, pattern.match, pattern.uri)) this.#ports.deleted(pattern, session);
  }

  /** A relay whose messages were lost has these topics and patterns, and no others. */
  keepOnly(relay: number, patterns: readonly Pattern[]): void {
    const kept = new Set(patterns.map(({ match, uri }) => `${match} ${uri}`));
    for (const pattern of this.interest.of(relay)) {
      if (!kept.has(`${pattern.match} ${pattern.uri}`)) this.withdraw(relay, pattern, NO_SESSION);
    }
    for (const pattern of patterns) {
      if (!this.interest.has(relay, pattern.match, pattern.uri)) this.announce(relay, pattern, NO_SESSION);
    }
  }

  /** A relay has its first subscriber of a pattern: it is confirmed once all objects forward such publications. */
  announce(relay: number, pattern: Pattern, session: Id): void {
    const { links } = this.#ports;
    // Now, so that it is in front of all events about its subscribers.
    const publication = this.#ports.created(relay, pattern, session);
    try {
      this.interest.add(relay, pattern.match, pattern.uri);
    } catch (error) {
      if (!(error instanceof WampError)) throw error;
      return links.queue(relay, { kind: "refuse", pattern, uri: error.uri, text: error.message });
    }
    const epoch = links.epochOf(relay);
    this.#revoke(pattern, relay, () => {
      // In a new epoch the relay may have announced the same pattern again, and must wait for more.
      if (links.epochOf(relay) === epoch) links.queue(relay, { kind: "confirm", pattern, publication });
    });
  }

  /** A session of a relay subscribes, and asks for retained events. */
  replay(relay: number, { number, pattern, isConfirmed, origin }: RetainedRequest): void {
    const { ids, links, stored } = this.#ports;
    const answer = (): void => {
      const events: Event[] = [];
      const transport = { ...NO_CLIENT, send: (event: RouterMessage) => void events.push(event as Event) };
      const id = ids.subscription(pattern.match, pattern.uri);
      const { retention } = this.#realm().broker;
      retention.replay(new Session(transport, origin), { id, match: pattern.match, topic: pattern.uri });
      links.queue(relay, { kind: "retained", number, count: stored.lastOf(relay), events });
    };
    if (isConfirmed) answer();
    else this.#afterRevocations(answer);
  }

  /**
   * One of the core's own sessions subscribes. Returns true if all relays forward what it matches; otherwise `then` is
   * called once they do.
   */
  announceOwn(pattern: Pattern, then: () => void): boolean {
    let isDone = false;
    let hasWaited = false;
    this.#revoke(pattern, CORE, () => {
      isDone = true;
      if (hasWaited) then();
    });
    hasWaited = true;
    return isDone;
  }

  /** Passes a publication of a relay on and stores it, unless it has come before. */
  passOn(relay: number, message: PublishRequest): void {
    const { links, stored } = this.#ports;
    const { publication, keep } = message;
    if (!stored.accept(relay, message)) return;
    const events = this.#realm().broker.distribute(this.seen.forSessions(publication));
    const others = this.interest.relaysFor(publication.topic, relay);
    for (const other of others) this.#send(other, publication);
    if (keep !== undefined) return stored.keep(relay, message, keep);
    if (events > 0 || others.size > 0) return;
    // Subscribers that this one publication excludes may get the next one.
    if (this.#realm().broker.subscriptions.hasMatch(publication.topic)) return;
    // A session of the core may be waiting for its subscription.
    if (this.isWaiting) return;
    this.told.tell(relay, publication.topic);
    links.queue(relay, { kind: "unused", topic: publication.topic });
  }

  /** Sends a publication of the core to the relays that have a subscriber, except one; returns to how many. */
  forward(publication: Publication, except: number = CORE): number {
    const relays = this.interest.relaysFor(publication.topic, except);
    if (relays.size === 0) return 0;
    const forwarded = this.#own.count(publication);
    for (const relay of relays) this.#send(relay, forwarded);
    return relays.size;
  }

  /** As `forward`, for a publication that is stored; the publisher gets PUBLISHED for `request`. Throws storage_full. */
  store(publication: Publication, publisher: Session, request: Id | undefined): number {
    const { broker } = this.#realm();
    if (request !== undefined) broker.acknowledgments.checkRoom(publication.topic);
    broker.keep(publication, publisher.id);
    if (request !== undefined) broker.acknowledgments.add(publisher, request, publication.id);
    return this.forward(publication);
  }

  #send(relay: number, publication: ForwardedPublication): void {
    const { links } = this.#ports;
    if (links.isFull(relay) || isTooLongFromHere(publication.payload)) this.#dropped.add(`relay ${relay}`);
    else links.queue(relay, { kind: "publish", publication });
  }

  /**
   * Calls `then` when all relays forward the publications that the new subscription matches: when all revocations are
   * acknowledged or given up, those of earlier subscriptions included, because they may have matched the same topics.
   */
  #revoke(pattern: Pattern, except: number, then: () => void): void {
    for (const [relay, topics] of this.told.revoke(pattern, except)) {
      const waiting: Waiting = new Set();
      this.#revocations.add(waiting);
      this.#ports.links.queue(relay, { kind: "revoke", pattern: topics }, () => {
        // A late one counts as acknowledged: a relay that cannot be reached must not hold up the others.
        if (!this.#revocations.delete(waiting)) return;
        for (const check of waiting) check();
        this.#ports.endTurn();
      });
    }
    this.#afterRevocations(then);
  }

  #afterRevocations(then: () => void): void {
    let left = this.#revocations.size;
    if (left === 0) return then();
    const check = (): void => {
      left--;
      if (left === 0) then();
    };
    for (const waiting of this.#revocations) waiting.add(check);
  }
}
