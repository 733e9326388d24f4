/** Restores the sessions and tables of a realm from the records of the peers that are still connected. */

import type { Broker } from "../broker/broker.ts";
import type { Dealer } from "../dealer/dealer.ts";
import { restoreCalls, restoreSession } from "../dealer/dealer-record.ts";
import type { Log } from "../host/host.ts";
import type { LogLine } from "../host/log-line.ts";
import type { Transport } from "../host/transport.ts";
import { CloseCode } from "../protocol/close-code.ts";
import type { RouterMessage } from "../protocol/message.ts";
import type { Id } from "../protocol/values.ts";
import type { Peer, PendingState } from "../session/peer.ts";
import { Session } from "../session/session.ts";
import type { Testaments } from "../session/testaments.ts";
import { type Reading, unreadable } from "../stored-records/stored-record.ts";
import { hasCalls, type PeerRecord, type SessionRecord } from "./peer-record.ts";
import type { ParkedText, SessionResume } from "./session-resume.ts";

/** A connection that slept, and the reading of its record. */
export type Sleeper = readonly [Transport, Reading<PeerRecord>];

/** Sessions whose records have calls: these are restored last, because caller and callee must be there first. */
export type Callers = [Session, SessionRecord][];

/** The sessions at other objects of the realm that hold registrations or calls here (relays). */
export interface RemoteSleepers {
  /** session id → session */
  readonly byId: ReadonlyMap<Id, Session>;
  /** Restores them and what they hold, except their calls: returns those that may have any. */
  wake(): Callers;
}

/** The parts of a realm that records restore. */
export interface WakingRealm {
  readonly sessions: WakingSessions;
  readonly broker: Broker;
  readonly dealer: Dealer;
  readonly testaments: Testaments;
  readonly metaEvents: { silently(act: () => void): void };
}

/** The table of sessions, as waking uses it. */
export interface WakingSessions {
  readonly byId: ReadonlyMap<Id, Session>;
  /** Enters a session into the table, as the session of `peer`. */
  attach(peer: Peer, session: Session): void;
  /** Ends the session of a peer; `isQuiet`: without meta events and testaments. */
  end(peer: Peer, isQuiet: boolean): void;
}

/** The peers without a session, and the deadlines of all peers, as waking uses them. */
export interface WakingPeers {
  /** Restores the state of a peer without a session. */
  wake(peer: Peer, stored: PendingState): void;
  /** Restores the deadline of a session; milliseconds since the epoch. */
  wakeSession(peer: Peer, endsAt: number | undefined): void;
}

/** Wakes one realm. */
export class Waking {
  readonly #realm: WakingRealm;
  readonly #host: Log;
  readonly #peers: WakingPeers;
  readonly #sessionResume: SessionResume | undefined;
  readonly #remote: (() => RemoteSleepers) | undefined;

  constructor(
    realm: WakingRealm,
    host: Log,
    peers: WakingPeers,
    sessionResume: SessionResume | undefined,
    remote: (() => RemoteSleepers) | undefined,
  ) {
    this.#realm = realm;
    this.#host = host;
    this.#peers = peers;
    this.#sessionResume = sessionResume;
    this.#remote = remote;
  }

  /**
   * Clients are restored before `joinLocalSessions` is called, so that the ids they know stay; calls are restored last,
   * because any session may be a callee.
   */
  wake(sleepers: Iterable<Sleeper>, joinLocalSessions?: () => void): Peer[] {
    const { dealer, metaEvents, sessions, testaments } = this.#realm;
    const peers: Peer[] = [];
    const callers: Callers = [];
    for (const sleeper of sleepers) peers.push(this.#wakePeer(sleeper, callers));
    this.#sessionResume?.wake((peer, record, endsAt) => {
      return this.#wakeSession(peer, record, callers, peer.transport, endsAt);
    });
    // Clients know these sessions from before the sleep.
    if (joinLocalSessions !== undefined) metaEvents.silently(joinLocalSessions);
    callers.push(...(this.#remote?.().wake() ?? []));
    restoreCalls(callers, this.#callees(), dealer.tables);
    testaments.executeOrphaned(sessions.byId);
    return peers;
  }

  /** Restores one more peer, whose connection was lost in the realm's sleep. */
  wakeLate(sleeper: Sleeper): Peer {
    const callers: Callers = [];
    const peer = this.#wakePeer(sleeper, callers);
    restoreCalls(callers, this.#callees(), this.#realm.dealer.tables);
    return peer;
  }

  /** See `SessionResume.adopt`. */
  adopt(texts: readonly ParkedText[], events: readonly RouterMessage[]): Session | undefined {
    const callers: Callers = [];
    const session = this.#sessionResume?.adopt(texts, events, (peer, record, endsAt) => {
      return this.#wakeSession(peer, record, callers, peer.transport, endsAt);
    });
    restoreCalls(callers, this.#callees(), this.#realm.dealer.tables);
    return session;
  }

  /** The sessions that may be callees. */
  #callees(): ReadonlyMap<Id, Session> {
    const { byId } = this.#realm.sessions;
    const remote = this.#remote?.().byId;
    return remote === undefined || remote.size === 0 ? byId : new Map([...byId, ...remote]);
  }

  #wakePeer([transport, reading]: Sleeper, callers: Callers): Peer {
    const { facts, network } = reading.ok ? reading.value : {};
    const peer: Peer = { transport, facts, network, state: { kind: "closed" } };
    if (!reading.ok) this.#dropPeer(peer, unreadable("peer", reading.cause, { session: reading.session }));
    else this.#tryToRestore(peer, reading.value, callers);
    return peer;
  }

  /** Closes a connection whose record cannot be read: its client reconnects, and no other session is affected. */
  #dropPeer({ transport }: Peer, line: LogLine): void {
    this.#host.log(line);
    transport.save();
    transport.close(CloseCode.RESTART, "the session's record cannot be read");
  }

  /** A record may contradict the tables (two sessions of one id): then only its own session ends. */
  #tryToRestore(peer: Peer, record: PeerRecord, callers: Callers): void {
    try {
      this.#restorePeer(peer, record, callers);
    } catch (error) {
      this.#realm.sessions.end(peer, true);
      this.#dropPeer(peer, unreadable("peer", String(error)));
    }
  }

  #restorePeer(peer: Peer, record: PeerRecord, callers: Callers): void {
    const { transport } = peer;
    if (record.kind === "open") {
      const { resume } = record.session;
      const resumable = resume && this.#sessionResume?.restoreTransport(transport, resume);
      this.#wakeSession(peer, record.session, callers, resumable);
    } else if (record.kind !== "closed") this.#peers.wake(peer, record);
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
    this.#realm.sessions.attach(peer, session);
    this.#peers.wakeSession(peer, endsAt);
    broker.subscriptions.restore(session, record.subscriptions);
    restoreSession(session, record, dealer.tables);
    return session;
  }
}
