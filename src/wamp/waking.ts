/** Waking: a realm's sessions and tables, rebuilt from the records of the peers that are still connected. */

import type { Transport } from "./host.ts";
import type { Lobby } from "./lobby.ts";
import type { Peer, PeerRecord, SessionRecord } from "./peer.ts";
import { hasCalls } from "./peer.ts";
import type { Realm } from "./realm.ts";
import type { Resumption } from "./resumption.ts";
import { Session } from "./session.ts";

/** Sessions whose records tell of calls, which need both their sides awake. */
type Callers = [Session, SessionRecord][];

export class Waking {
  readonly #realm: Realm;
  readonly #lobby: Lobby;
  readonly #resumption: Resumption | undefined;

  constructor(realm: Realm, lobby: Lobby, resumption: Resumption | undefined) {
    this.#realm = realm;
    this.#lobby = lobby;
    this.#resumption = resumption;
  }

  /** Clients come before residents, so that ids they know stay; calls come last, for anybody may be a callee. */
  wake(sleepers: Iterable<readonly [Transport, PeerRecord]>, moveIn?: () => void): Peer[] {
    const { broker, dealer, sessions, testaments } = this.#realm;
    const peers: Peer[] = [];
    const callers: Callers = [];
    for (const [transport, record] of sleepers) peers.push(this.#wakePeer(transport, record, callers));
    this.#resumption?.wake((peer, record, endsAt) => {
      return this.#wakeSession(peer, record, callers, peer.transport, endsAt);
    });
    // They were there before, as far as anybody can tell.
    if (moveIn !== undefined) broker.metaEvents.silently(moveIn);
    dealer.wake(callers, sessions);
    testaments.wake(sessions);
    return peers;
  }

  wakeLate(transport: Transport, record: PeerRecord): Peer {
    const callers: Callers = [];
    const peer = this.#wakePeer(transport, record, callers);
    this.#realm.dealer.wake(callers, this.#realm.sessions);
    return peer;
  }

  #wakePeer(transport: Transport, record: PeerRecord, callers: Callers): Peer {
    const peer: Peer = { transport, facts: record.facts, network: record.network, state: { kind: "closed" } };
    if (record.kind === "open") {
      const { resume } = record.session;
      const lifeline = resume && this.#resumption?.woken(transport, resume);
      this.#wakeSession(peer, record.session, callers, lifeline);
    } else if (record.kind !== "closed") this.#lobby.wake(peer, record);
    return peer;
  }

  #wakeSession(
    peer: Peer,
    record: SessionRecord,
    callers: Callers,
    transport = peer.transport,
    endsAt = record.expiresAt,
  ): Session {
    const { broker, dealer } = this.#realm;
    const session = new Session(transport, record);
    if (hasCalls(record)) callers.push([session, record]);
    this.#realm.attach(peer, session);
    this.#lobby.wakeSession(peer, endsAt);
    broker.subscriptions.wake(session, record.subscriptions);
    dealer.registrations.wake(session, record.registrations);
    return session;
  }
}
