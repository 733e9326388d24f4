/** The subscriptions of the core's own sessions: one may have to wait until relays forward what it matches. */

import type { Pattern } from "../../protocol/uri.ts";
import type { Realm } from "../../realm/realm.ts";
import type { Peer } from "../../session/peer.ts";
import type { Session } from "../../session/session.ts";
import { HeldPeers, holdOrAbort } from "../link/held-peers.ts";

/** A session's messages behind its SUBSCRIBE wait, those of other sessions do not. */
export class OwnSubscriptions {
  readonly #realm: () => Realm;
  readonly #announce: (pattern: Pattern, then: () => void) => boolean;
  readonly #held: HeldPeers;
  /** peer → its SUBSCRIBEs that wait */
  readonly #waiting = new Map<Peer, number>();

  /** `announce` is that of `CorePublications`; `limit` as for `HeldPeers`. */
  constructor(realm: () => Realm, announce: (pattern: Pattern, then: () => void) => boolean, limit: number) {
    this.#realm = realm;
    this.#announce = announce;
    this.#held = new HeldPeers(limit, () => realm().records);
  }

  /** Keeps a message of a peer that waits; returns false for one that does not wait. */
  holdBack(peer: Peer, raw: readonly unknown[]): boolean {
    return holdOrAbort(this.#held, this.#realm(), peer, raw, "a subscription");
  }

  /** See `BrokerPorts.isKnown`. */
  isKnown(session: Session, pattern: Pattern, _: boolean, onAnswer: (refusal: unknown) => void): boolean {
    const { sessions } = this.#realm();
    const isListed = sessions.byId.has(session.id);
    const peer = sessions.peerOf(session);
    const isKnown = this.#announce(pattern, () => {
      // A session that is in no table ends with its one request, which is this one.
      if (!isListed || sessions.byId.get(session.id) === session) onAnswer(undefined);
      if (peer !== undefined) this.#settle(peer);
    });
    if (!isKnown && peer !== undefined) this.#hold(peer);
    return isKnown;
  }

  #hold(peer: Peer): void {
    if (!this.#held.has(peer)) this.#held.hold(peer, true);
    this.#waiting.set(peer, (this.#waiting.get(peer) ?? 0) + 1);
  }

  #settle(peer: Peer): void {
    const left = (this.#waiting.get(peer) ?? 1) - 1;
    if (left > 0) return void this.#waiting.set(peer, left);
    this.#waiting.delete(peer);
    this.#held.release(peer, (raw) => this.#realm().receive(peer, raw));
  }
}
