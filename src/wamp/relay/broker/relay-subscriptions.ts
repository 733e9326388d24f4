/** The subscriptions of a relay's sessions: the first one of a topic or pattern waits until the core knows of it. */

import { WampError, WampUri } from "../../protocol/errors.ts";
import { MessageType } from "../../protocol/message.ts";
import type { Pattern } from "../../protocol/uri.ts";
import type { Realm } from "../../realm/realm.ts";
import type { Peer } from "../../session/peer.ts";
import type { Session } from "../../session/session.ts";
import { type CoreSender, UNREACHABLE } from "../link/core-sender.ts";
import type { RelayInterest } from "./relay-interest.ts";
import type { Replay, RetainedRequests } from "./retained-requests.ts";
import type { WaitingPublications } from "./waiting-publications.ts";
import { WaitingSubscribes } from "./waiting-subscribes.ts";

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
  /** See `WaitingSubscribes.add`. */
  end(): void;
}

/** A session's messages behind its SUBSCRIBE wait, those of other sessions do not. */
export class RelaySubscriptions {
  readonly #ports: RelaySubscriptionsPorts;
  readonly #waiting: WaitingSubscribes;

  constructor(ports: RelaySubscriptionsPorts) {
    this.#ports = ports;
    this.#waiting = new WaitingSubscribes(() => ports.realm(), ports.limit);
  }

  /** Keeps a message of a peer that waits; returns false for one that does not wait. */
  holdBack(peer: Peer, raw: readonly unknown[]): boolean {
    const waiting = this.#waiting;
    if (peer.state.kind === "closed") waiting.forget(peer);
    // PUBLISHED goes out before the answer to GOODBYE.
    if (raw[0] === MessageType.GOODBYE && peer.state.kind === "open" && !waiting.has(peer)) {
      if (this.#ports.publications.whenAnswered(peer.state.session, () => waiting.release(peer))) waiting.hold(peer);
    }
    return waiting.holdBack(peer, raw);
  }

  /** See `BrokerPorts.isKnown`. */
  isKnown(session: Session, pattern: Pattern, wantsRetained: boolean, onAnswer: (refusal: unknown) => void): boolean {
    const { interest } = this.#ports;
    const isConfirmed = interest.isConfirmed(pattern.match, pattern.uri);
    const isAsking = !isConfirmed || wantsRetained;
    if (isAsking && this.#ports.link.isFull) throw new WampError(WampUri.UNAVAILABLE, UNREACHABLE);
    if (isConfirmed) interest.keep(pattern.match, pattern.uri);
    if (!isAsking) return true;
    const end = this.#waiting.add(session, !wantsRetained);
    this.#wait({ session, pattern, wantsRetained, onAnswer, end }, isConfirmed);
    return false;
  }

  /** The announcement is in front of the request for retained events, and so is the confirmation in front of these. */
  #wait(subscribe: WaitingSubscribe, isConfirmed: boolean): void {
    const { session, pattern, wantsRetained } = subscribe;
    const { interest, retained } = this.#ports;
    let forget = (): void => {};
    if (!isConfirmed) {
      interest.ask(pattern.match, pattern.uri, session.id, (refusal) => {
        if (refusal === undefined && wantsRetained) return;
        forget();
        this.#end(subscribe, refusal);
      });
    }
    if (!wantsRetained) return;
    forget = retained.ask(session, pattern, isConfirmed, (...answer) => this.#end(subscribe, ...answer));
  }

  #end(subscribe: WaitingSubscribe, refusal: unknown, replay?: Replay): void {
    const { session, onAnswer } = subscribe;
    const { match, uri } = subscribe.pattern;
    const { interest } = this.#ports;
    const realm = this.#ports.realm();
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
    subscribe.end();
  }

  /** Calls `act` when no SUBSCRIBE or PUBLISH of the session waits for its answer. */
  whenSettled(session: Session, act: () => void): void {
    const again = (): void => this.whenSettled(session, act);
    const isWaiting =
      this.#ports.publications.whenAnswered(session, again) || this.#waiting.whenAnswered(session, again);
    if (!isWaiting) act();
  }
}
