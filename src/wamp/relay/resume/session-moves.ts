/** Moves parked sessions to the object where their clients resume them, without losing an event. */

import { Deadlines } from "../../host/deadlines.ts";
import type { Clock } from "../../host/host.ts";
import type { Pattern } from "../../protocol/uri.ts";
import type { Id } from "../../protocol/values.ts";
import type { Realm } from "../../realm/realm.ts";
import type { ResumeRequest } from "../../session/resumable-transport.ts";
import type { Session, SessionOrigin } from "../../session/session.ts";
import { GrowingNumbers } from "../link/growing-numbers.ts";
import type { RegistrationRequest } from "../link/messages.ts";
import type { Found, MovedSession, MoveMessage } from "../link/moved-session.ts";
import type { SeenPublications } from "../link/seen-publications.ts";
import { StandIn } from "./stand-in.ts";

/** Milliseconds after which a client gets a new session instead: less than it has for its login. */
const LONGEST_MS = 5_000;
/** Moves that are remembered once their sessions have come: those may come again after a restart of the core. */
const MAX_DONE = 1_000;

/** A message that the core has not answered. */
export type Unanswered = RegistrationRequest;

/** The messages of moves in this realm. */
export type Move = MoveMessage<Unanswered>;

/** What the moves ask of their object. */
export interface SessionMovesPorts {
  readonly clock: Clock;
  /** The number of the object. */
  readonly object: number;
  /** See `Batch.boot`. */
  boot(): number;
  realm(): Realm;
  readonly seen: SeenPublications;
  /** Queues a message for the core. */
  send(message: Move): void;
  /** Has events of a pattern come here, and calls `onKnown` once they do. */
  announce(pattern: Pattern, session: Id, onKnown: (refusal: unknown) => void): void;
  /** The pattern may have no subscriber any more. */
  release(pattern: Pattern, session: Id): void;
  /** Calls `act` when no SUBSCRIBE of the session waits for its answer. */
  whenSettled(session: Session, act: () => void): void;
  /** Makes the record of a session, which is about to leave, one that any object can read. */
  prepare(session: Session): void;
  /** Removes what the dealer has of a session that leaves; returns its unanswered messages. */
  releaseCalls(session: Session): Pick<MovedSession<Unanswered>, "unanswered" | "core">;
  /** Takes over the unanswered messages of a session that has come. */
  adoptCalls(session: Session, moved: MovedSession<Unanswered>): void;
  /** A session has come with its move number `moves`, and is here or not: it may have ended before, or cannot be read. */
  onArrival(session: Id, isHere: boolean, moves: number): void;
}

/** A move of a session to this object. */
interface Arrival {
  readonly move: number;
  readonly origin: SessionOrigin;
  /** Calls back when the session is here, or will not come. */
  readonly done: () => void;
  /** Stands in for the session until it comes. */
  standIn: StandIn | undefined;
}

/** A session that a taker has found here. */
interface Departure {
  readonly taker: number;
  readonly move: number;
  readonly session: Id;
}

/**
 * An event must reach the session once: from when the taker receives its events, both objects keep them; what leaves the
 * giver with the session is what the giver has got until then, and of the taker's events those remain that are not
 * among it. Each publisher's events are in order on both ways, so that they are in the whole.
 */
export class SessionMoves {
  readonly #ports: SessionMovesPorts;
  /** move → session that is to come */
  readonly #arrivals = new Map<number, Arrival>();
  readonly #deadlines = new Deadlines<Arrival | Departure>();
  /** session → the taker that has asked for it last */
  readonly #departures = new Map<Id, Departure>();
  /** The last moves whose sessions have come. */
  readonly #done = new Set<number>();
  readonly #numbers: GrowingNumbers;

  constructor(ports: SessionMovesPorts) {
    this.#ports = ports;
    this.#numbers = new GrowingNumbers(() => ports.boot());
  }

  /** Sessions that are to come or to leave; that takes some seconds at most. */
  get size(): number {
    return this.#arrivals.size + this.#departures.size;
  }

  /** Fetches the session that an authenticated client asks for; calls `done` when it is here, parked, or not to be had. */
  fetch(session: Id, origin: SessionOrigin, request: ResumeRequest, done: () => void): void {
    const { object: taker, send } = this.#ports;
    const move = this.#numbers.next();
    const arrival: Arrival = { move, origin: { ...origin, id: session }, done, standIn: undefined };
    this.#arrivals.set(move, arrival);
    this.#expire(arrival);
    const { identity, features } = origin;
    send({ kind: "find session", taker, move, session, request, origin: { identity, features } });
  }

  /** The sessions that are to come. */
  protected arriving(): readonly Id[] {
    return Array.from(this.#arrivals.values(), ({ origin }) => origin.id);
  }

  /** Takes a message of another object. */
  receive(message: Move): void {
    switch (message.kind) {
      case "find session":
        return this.#find(message);
      case "found session":
        return this.#found(message.move, message.found);
      case "take session":
        return this.#give(message);
      case "moved session":
        return this.#moved(message.move, message.session, message.moved);
      case "session arrived":
        return;
    }
  }

  /** Gives up what is overdue at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    for (const expired of this.#deadlines.takeExpired(now)) {
      if ("done" in expired) this.#end(expired.move);
      else this.#departures.delete(expired.session);
    }
  }

  /** When `tick` has something to do, if it has; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#deadlines.next();
  }

  /** Removes an old copy of a session that is at another object, to which what it holds goes back. */
  giveBack(session: Id): void {
    this.#release(session);
  }

  #find({ taker, move, session: id, request, origin }: Extract<Move, { kind: "find session" }>): void {
    const realm = this.#ports.realm();
    const answer = (found: Found | undefined): void => {
      this.#ports.send({ kind: "found session", taker, move, found });
    };
    const session = realm.sessions.parkFor(origin, request);
    if (session === undefined) return answer(undefined);
    const departure = { taker, move, session: id };
    this.#forget(id);
    this.#departures.set(id, departure);
    this.#expire(departure);
    this.#ports.whenSettled(session, () => {
      const isHere = realm.sessions.byId.get(id) === session && this.#departures.get(id) === departure;
      if (!isHere) return answer(undefined);
      answer({ identity: session.identity, subscriptions: realm.broker.subscriptions.recordsOf(session) });
    });
  }

  #found(move: number, found: Found | undefined): void {
    const arrival = this.#arrivals.get(move);
    if (arrival === undefined || arrival.standIn !== undefined) return;
    if (found === undefined) return this.#end(move);
    const { identity, subscriptions } = found;
    arrival.standIn = new StandIn({ ...arrival.origin, identity }, this.#ports.seen);
    this.#ports.realm().broker.subscriptions.restore(arrival.standIn.session, subscriptions);
    let left = subscriptions.length;
    const { object: taker, send } = this.#ports;
    const take = (): void => send({ kind: "take session", taker, move, session: arrival.origin.id });
    if (left === 0) take();
    for (const { match, topic: uri } of subscriptions) {
      this.#ports.announce({ match, uri }, arrival.origin.id, (refusal) => {
        left--;
        const isHere = this.#arrivals.get(move) === arrival;
        if (!isHere) return this.#ports.release({ match, uri }, arrival.origin.id);
        if (refusal !== undefined) this.#end(move);
        else if (left === 0) take();
      });
    }
  }

  #give({ taker, move, session: id }: Extract<Move, { kind: "take session" }>): void {
    const departure = this.#departures.get(id);
    const isAsked = departure?.taker === taker && departure.move === move;
    const moved = isAsked ? this.#release(id) : undefined;
    this.#ports.send({ kind: "moved session", taker, move, session: id, moved });
  }

  #release(id: Id): MovedSession<Unanswered> | undefined {
    this.#forget(id);
    const { sessions } = this.#ports.realm();
    const session = sessions.byId.get(id);
    let calls: Pick<MovedSession<Unanswered>, "unanswered" | "core"> = { unanswered: [] };
    const released =
      session &&
      sessions.release(
        session,
        () => this.#ports.prepare(session),
        () => {
          calls = this.#ports.releaseCalls(session);
        },
      );
    return released && { ...released, moves: session!.resumable!.moves, ...calls, seen: this.#ports.seen.of(id) };
  }

  #moved(move: number, id: Id, moved: MovedSession<Unanswered> | undefined): void {
    const arrival = this.#arrivals.get(move);
    const realm = this.#ports.realm();
    if (moved === undefined) return this.#end(move);
    const isRepeated = this.#done.has(move) || realm.sessions.byId.has(id);
    const seen = moved.seen ?? [];
    if (!isRepeated) this.#ports.seen.add(id, seen);
    const events = arrival?.standIn?.freshEvents(seen) ?? [];
    const session = isRepeated ? undefined : realm.waking.adopt(moved.texts, events);
    addBounded(this.#done, move, MAX_DONE);
    this.#ports.onArrival(id, realm.sessions.byId.has(id), moved.moves);
    if (session !== undefined) {
      if (moved.testaments !== undefined) realm.testaments.restore(id, moved.testaments);
      this.#ports.adoptCalls(session, moved);
      // The subscriptions of a session that comes too late have not been announced.
      const { subscriptions } = realm.broker;
      for (const { match, topic: uri } of subscriptions.recordsOf(session))
        this.#ports.announce({ match, uri }, id, () => {});
    }
    this.#end(move);
  }

  #forget(id: Id): void {
    const departure = this.#departures.get(id);
    if (departure === undefined) return;
    this.#departures.delete(id);
    this.#deadlines.delete(departure);
  }

  #expire(item: Arrival | Departure): void {
    const deadline = this.#ports.clock.now() + LONGEST_MS;
    this.#deadlines.set(item, deadline);
    this.#ports.clock.setAlarm(deadline);
  }

  #end(move: number): void {
    const arrival = this.#arrivals.get(move);
    if (arrival === undefined) return;
    this.#arrivals.delete(move);
    this.#deadlines.delete(arrival);
    const { metaEvents, broker } = this.#ports.realm();
    const { standIn } = arrival;
    if (standIn !== undefined) metaEvents.silently(() => broker.leave(standIn.session));
    arrival.done();
  }
}

/** Adds a value; of more than `limit` the oldest is forgotten. */
export function addBounded<T>(values: Set<T>, value: T, limit: number): void {
  values.add(value);
  if (values.size > limit) values.delete(values.values().next().value!);
}
