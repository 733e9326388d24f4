/** The publications that a relay sends to the core and gets from it. */

import type { Publication } from "../../broker/publication.ts";
import type { Clock, Log } from "../../host/host.ts";
import { WampError, WampUri } from "../../protocol/errors.ts";
import type { Pattern } from "../../protocol/uri.ts";
import type { Id, Uri } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";
import { type CoreSender, UNREACHABLE } from "../link/core-sender.ts";
import { DroppedPublications } from "../link/dropped-publications.ts";
import type { ForwardedPublication } from "../link/messages.ts";
import { OwnPublications } from "../link/own-publications.ts";
import type { SeenCounts } from "../link/seen-publications.ts";
import { EVERYTHING, ToldTopics } from "./told-topics.ts";
import type { WaitingPublications } from "./waiting-publications.ts";

/** What the publications ask of the relay. */
export interface RelayPublicationsPorts {
  /** The number of the relay. */
  readonly relay: number;
  /** See `Batch.boot`. */
  readonly boot: () => number;
  readonly waiting: WaitingPublications;
  readonly link: CoreSender;
  readonly host: Clock & Log;
  /** Sends a publication to the subscribers of the relay. */
  distribute(publication: ForwardedPublication): void;
  /** A session of the relay publishes what the core stores; `count` is that of the publication. */
  onStore(publication: Publication, count: number): void;
}

/** Forwards no publication on a topic that no other object has a use for, so that it does not wake the core. */
export class RelayPublications {
  readonly #ports: RelayPublicationsPorts;
  readonly #unused = new ToldTopics();
  #forwardsAll = false;
  /** origin → count of the last publication from it; larger ones are new */
  readonly #lastCounts = new Map<number, number>();
  readonly #dropped: DroppedPublications;
  /** Those of the relay's sessions. */
  readonly own: OwnPublications;

  constructor(ports: RelayPublicationsPorts) {
    this.#ports = ports;
    this.#dropped = new DroppedPublications(ports.host);
    this.own = new OwnPublications(ports.relay, ports.boot);
  }

  /** May another object have a use for publications on the topic? */
  isWanted(topic: Uri): boolean {
    return !this.#unused.has(topic);
  }

  /**
   * Sends a publication of the relay's sessions to the core, if another object may have a use for it; returns how many
   * objects it is sent to. Throws unavailable for an acknowledged one if the link is full; drops another.
   */
  forward(publication: Publication): number {
    if (this.#unused.has(publication.topic)) return 0;
    const { link, waiting } = this.#ports;
    if (link.isFull) return this.#refuse(publication);
    link.queue(waiting.request(this.own.count(publication)));
    return 1;
  }

  /** As `forward`, for one that the core stores; the publisher gets PUBLISHED for `request`, if given. */
  store(publication: Publication, publisher: Session, request: Id | undefined): number {
    const { link, waiting, onStore } = this.#ports;
    if (link.isFull) return this.#refuse(publication);
    const forwarded = this.own.count(publication);
    link.queue(waiting.storeRequest(forwarded, publisher, request));
    onStore(publication, forwarded.count);
    return 1;
  }

  /** What the sessions of the relay may have got: of other objects, and of the relay. */
  counts(): SeenCounts {
    return [...this.#lastCounts, [this.own.origin, this.own.last]];
  }

  /** Takes a publication of another object, unless it has come before. */
  receive(publication: ForwardedPublication): void {
    const { origin, count } = publication;
    if (count <= (this.#lastCounts.get(origin) ?? 0)) return;
    this.#lastCounts.set(origin, count);
    this.#ports.distribute(publication);
  }

  /** The core says that no other object has a use for the topic. */
  stopForwarding(topic: Uri): void {
    if (!this.#forwardsAll) this.#unused.add(topic);
  }

  /** The core is about to forget what it has said: forwards all topics until the result is called. */
  forwardAll(): () => void {
    this.#unused.revoke(EVERYTHING);
    this.#forwardsAll = true;
    return () => {
      this.#forwardsAll = false;
    };
  }

  /** The core says that others may have a use for these topics. */
  revoke(pattern: Pattern): void {
    this.#unused.revoke(pattern);
  }

  #refuse({ options }: Publication): 0 {
    if (options.acknowledge === true) throw new WampError(WampUri.UNAVAILABLE, UNREACHABLE);
    this.#dropped.add("core");
    return 0;
  }
}
