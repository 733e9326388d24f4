/** The subscriptions of a relay's sessions: the first one of a topic or pattern waits until the core knows of it. */

import { CloseCode } from "../../protocol/close-code.ts";
import { WampError, WampUri } from "../../protocol/errors.ts";
import { MessageType, NO_DETAILS, type Subscribe } from "../../protocol/message.ts";
import type { Pattern } from "../../protocol/uri.ts";
import type { Realm } from "../../realm/realm.ts";
import type { Peer } from "../../session/peer.ts";
import type { Session } from "../../session/session.ts";
import { type CoreSender, UNREACHABLE } from "../link/core-sender.ts";
import { HeldPeers } from "./held-peers.ts";
import type { RelayInterest } from "./relay-interest.ts";
import type { WaitingPublications } from "./waiting-publications.ts";

/** What the subscriptions ask of the relay. */
export interface RelaySubscriptionsPorts {
  realm(): Realm;
  readonly interest: RelayInterest;
  readonly publications: WaitingPublications;
  readonly link: Pick<CoreSender, "isFull">;
  /** Estimated bytes of one peer's messages that may wait. */
  readonly limit: number;
}

/** A session's messages behind its SUBSCRIBE wait, those of other sessions do not. */
export class RelaySubscriptions {
  readonly #realm: () => Realm;
  readonly #interest: RelayInterest;
  readonly #publications: WaitingPublications;
  readonly #link: Pick<CoreSender, "isFull">;
  readonly #held: HeldPeers;

  constructor({ realm, interest, publications, link, limit }: RelaySubscriptionsPorts) {
    this.#realm = realm;
    this.#interest = interest;
    this.#publications = publications;
    this.#link = link;
    this.#held = new HeldPeers(limit, () => realm().records);
  }

  /** Keeps a message of a peer that waits; returns false for one that does not wait. */
  holdBack(peer: Peer, raw: readonly unknown[]): boolean {
    if (peer.state.kind === "closed") this.#held.forget(peer);
    // PUBLISHED goes out before the answer to GOODBYE.
    if (raw[0] === MessageType.GOODBYE && peer.state.kind === "open" && !this.#held.has(peer)) {
      if (this.#publications.whenAnswered(peer.state.session, () => this.#release(peer))) this.#held.hold(peer);
    }
    const isHeld = this.#held.add(peer, raw);
    if (isHeld !== "full") return isHeld;
    this.#held.forget(peer);
    const { sessions, monitor } = this.#realm();
    monitor.counters.limits.undecided_bytes++;
    sessions.abort(peer, WampUri.LIMIT_EXCEEDED, "too much waits for a subscription", CloseCode.POLICY);
    return true;
  }

  /** See `BrokerPorts.isKnown`. */
  isKnown(session: Session, { match, uri }: Pattern, onAnswer: (refusal: unknown) => void): boolean {
    const interest = this.#interest;
    if (interest.isConfirmed(match, uri)) {
      interest.keep(match, uri);
      return true;
    }
    if (this.#link.isFull) throw new WampError(WampUri.UNAVAILABLE, UNREACHABLE);
    const realm = this.#realm();
    const peer = realm.sessions.peerOf(session);
    if (peer !== undefined) this.#held.hold(peer);
    interest.ask(match, uri, session.id, (refusal) => {
      const isHere = realm.sessions.byId.get(session.id) === session;
      if (isHere) {
        interest.keep(match, uri);
        onAnswer(refusal);
      }
      const present = realm.broker.subscriptions.get(match, uri);
      if (refusal === undefined && present === undefined) interest.release(match, uri, session.id);
      if (peer !== undefined) this.#release(peer);
    });
    return false;
  }

  #release(peer: Peer): void {
    this.#held.release(peer, (raw) => this.#realm().receive(peer, raw));
  }
}

/** Sends ERROR for a SUBSCRIBE that the core refuses. */
export function refuseSubscribe(session: Session, [, request]: Subscribe, refusal: unknown): void {
  if (!(refusal instanceof WampError)) throw refusal;
  const { uri, payload } = refusal;
  session.transport.send([MessageType.ERROR, MessageType.SUBSCRIBE, request, NO_DETAILS, uri, payload]);
}
