/** The subscriptions of a relay's sessions: the first one of a topic or pattern waits until the core knows of it. */

import { WampError, WampUri } from "../../protocol/errors.ts";
import { MessageType } from "../../protocol/message.ts";
import type { Pattern } from "../../protocol/uri.ts";
import type { Realm } from "../../realm/realm.ts";
import type { Peer } from "../../session/peer.ts";
import type { Session } from "../../session/session.ts";
import { type CoreSender, UNREACHABLE } from "../link/core-sender.ts";
import { HeldPeers, holdOrAbort } from "../link/held-peers.ts";
import type { RelayInterest } from "./relay-interest.ts";
import type { Replay, RetainedRequests } from "./retained-requests.ts";
import type { WaitingPublications } from "./waiting-publications.ts";

/** What the subscriptions ask of the relay. */
export interface RelaySubscriptionsPorts {
  realm(): Realm;
  readonly interest: RelayInterest;
  readonly publications: WaitingPublications;
  readonly retained: RetainedRequests;
  readonly link: Pick<CoreSender, "isFull">;
  /** Estimated bytes of one peer's messages that may wait. */
  readonly limit: number;
}

/** A SUBSCRIBE that waits for the core. */
interface WaitingSubscribe {
  readonly session: Session;
  readonly pattern: Pattern;
  readonly wantsRetained: boolean;
  readonly onAnswer: (refusal: unknown) => void;
}

/** A session's messages behind its SUBSCRIBE wait, those of other sessions do not. */
export class RelaySubscriptions {
  readonly #realm: () => Realm;
  readonly #parts: RelaySubscriptionsPorts;
  readonly #held: HeldPeers;
  /** session → its SUBSCRIBEs that wait */
  readonly #waiting = new Map<Session, number>();
  readonly #onSettled = new Map<Session, () => void>();

  constructor(ports: RelaySubscriptionsPorts) {
    const { realm, limit } = ports;
    this.#realm = realm;
    this.#parts = ports;
    this.#held = new HeldPeers(limit, () => realm().records);
  }

  /** Keeps a message of a peer that waits; returns false for one that does not wait. */
  holdBack(peer: Peer, raw: readonly unknown[]): boolean {
    if (peer.state.kind === "closed") this.#held.forget(peer);
    // PUBLISHED goes out before the answer to GOODBYE.
    if (raw[0] === MessageType.GOODBYE && peer.state.kind === "open" && !this.#held.has(peer)) {
      if (this.#parts.publications.whenAnswered(peer.state.session, () => this.#release(peer))) this.#held.hold(peer);
    }
    return holdOrAbort(this.#held, this.#realm(), peer, raw, "a subscription");
  }

  /** See `BrokerPorts.isKnown`. */
  isKnown(session: Session, pattern: Pattern, wantsRetained: boolean, onAnswer: (refusal: unknown) => void): boolean {
    const { interest } = this.#parts;
    const isConfirmed = interest.isConfirmed(pattern.match, pattern.uri);
    const isAsking = !isConfirmed || wantsRetained;
    if (isAsking && this.#parts.link.isFull) throw new WampError(WampUri.UNAVAILABLE, UNREACHABLE);
    if (isConfirmed) interest.keep(pattern.match, pattern.uri);
    if (!isAsking) return true;
    this.#waiting.set(session, (this.#waiting.get(session) ?? 0) + 1);
    this.#wait({ session, pattern, wantsRetained, onAnswer }, isConfirmed);
    return false;
  }

  /** The announcement is in front of the request for retained events, and so is the confirmation in front of these. */
  #wait(subscribe: WaitingSubscribe, isConfirmed: boolean): void {
    const { session, pattern, wantsRetained } = subscribe;
    const { interest, retained } = this.#parts;
    const peer = this.#realm().sessions.peerOf(session);
    if (peer !== undefined && !this.#held.has(peer)) this.#held.hold(peer, !wantsRetained);
    let forget = (): void => {};
    if (!isConfirmed) {
      interest.ask(pattern.match, pattern.uri, session.id, (refusal) => {
        if (refusal === undefined && wantsRetained) return;
        forget();
        this.#end(subscribe, peer, refusal);
      });
    }
    if (!wantsRetained) return;
    forget = retained.ask(session, pattern, isConfirmed, (...answer) => this.#end(subscribe, peer, ...answer));
  }

  #end(subscribe: WaitingSubscribe, peer: Peer | undefined, refusal: unknown, replay?: Replay): void {
    const { session, onAnswer } = subscribe;
    const { match, uri } = subscribe.pattern;
    const { interest } = this.#parts;
    const realm = this.#realm();
    const isHere = realm.sessions.byId.get(session.id) === session;
    // The last subscriber may have left long ago, while the core could not be reached.
    const isWithdrawn = refusal === undefined && !interest.isConfirmed(match, uri);
    if (isHere && isWithdrawn) return this.#wait(subscribe, false);
    if (isHere) {
      interest.keep(match, uri);
      onAnswer(refusal);
    }
    const present = realm.broker.subscriptions.get(match, uri);
    if (isHere && refusal === undefined && present?.subscribers.has(session) === true) replay?.(present);
    if (present === undefined) interest.release(match, uri, session.id);
    if (peer !== undefined && this.#waiting.get(session) === 1) this.#release(peer);
    this.#settle(session);
  }

  /** Calls `act` when no SUBSCRIBE or PUBLISH of the session waits for its answer. */
  whenSettled(session: Session, act: () => void): void {
    const again = (): void => this.whenSettled(session, act);
    if (this.#parts.publications.whenAnswered(session, again)) return;
    if (!this.#waiting.has(session)) return act();
    this.#onSettled.set(session, again);
  }

  #settle(session: Session): void {
    const left = (this.#waiting.get(session) ?? 1) - 1;
    if (left > 0) {
      this.#waiting.set(session, left);
      return;
    }
    this.#waiting.delete(session);
    const then = this.#onSettled.get(session);
    this.#onSettled.delete(session);
    then?.();
  }

  #release(peer: Peer): void {
    this.#held.release(peer, (raw) => this.#realm().receive(peer, raw));
  }
}
