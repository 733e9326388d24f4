/** The subscriptions of a relay's sessions: the first one of a topic or pattern waits until the core knows of it. */

import { CloseCode } from "../../protocol/close-code.ts";
import { WampUri } from "../../protocol/errors.ts";
import { MessageType } from "../../protocol/message.ts";
import type { Pattern } from "../../protocol/uri.ts";
import type { Realm } from "../../realm/realm.ts";
import type { Peer } from "../../session/peer.ts";
import type { Session } from "../../session/session.ts";
import { HeldPeers } from "./held-peers.ts";
import type { RelayInterest } from "./relay-interest.ts";
import type { WaitingPublications } from "./waiting-publications.ts";

/** Messages of one peer that may wait behind its SUBSCRIBE. */
const MAX_HELD = 1_000;

/** A session's messages behind its SUBSCRIBE wait, those of other sessions do not. */
export class RelaySubscriptions {
  readonly #realm: () => Realm;
  readonly #interest: RelayInterest;
  readonly #publications: WaitingPublications;
  readonly #held = new HeldPeers(MAX_HELD);

  constructor(realm: () => Realm, interest: RelayInterest, publications: WaitingPublications) {
    this.#realm = realm;
    this.#interest = interest;
    this.#publications = publications;
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
    const { sessions } = this.#realm();
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
