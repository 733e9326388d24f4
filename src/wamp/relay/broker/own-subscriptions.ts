/** The subscriptions of the core's own sessions: one may have to wait until relays forward what it matches. */

import type { Pattern } from "../../protocol/uri.ts";
import type { Realm } from "../../realm/realm.ts";
import type { Session } from "../../session/session.ts";
import { WaitingSubscribes } from "./waiting-subscribes.ts";

/** Announces them; what relays have to be asked for waits. */
export class OwnSubscriptions extends WaitingSubscribes {
  readonly #announce: (pattern: Pattern, then: () => void) => boolean;

  /** `announce` is that of `CorePublications`; `limit` as for `HeldPeers`. */
  constructor(realm: () => Realm, announce: (pattern: Pattern, then: () => void) => boolean, limit: number) {
    super(realm, limit);
    this.#announce = announce;
  }

  /** See `BrokerPorts.isKnown`. */
  isKnown(session: Session, pattern: Pattern, _: boolean, onAnswer: (refusal: unknown) => void): boolean {
    const { byId } = this.realm().sessions;
    // A session that is in no table ends with its one request, which is this one.
    const isListed = byId.has(session.id);
    let end = (): void => {};
    const isKnown = this.#announce(pattern, () => {
      if (!isListed || byId.get(session.id) === session) onAnswer(undefined);
      end();
    });
    if (!isKnown) end = this.add(session, true);
    return isKnown;
  }

  /** Calls `act` when no SUBSCRIBE of the session waits. */
  whenSettled(session: Session, act: () => void): void {
    if (!this.whenAnswered(session, () => this.whenSettled(session, act))) act();
  }
}
