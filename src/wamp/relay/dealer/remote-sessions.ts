/** The sessions of relays that hold registrations or calls at the core. */

import { restoreSession } from "../../dealer/dealer-record.ts";
import type { Invocation } from "../../dealer/invocation.ts";
import type { SessionRecord } from "../../hibernation/peer-record.ts";
import { PEER } from "../../hibernation/session-record.ts";
import type { Callers, RemoteSleepers } from "../../hibernation/wake.ts";
import type { Host } from "../../host/host.ts";
import { MessageType, type Registered, type Result, type RouterMessage } from "../../protocol/message.ts";
import type { Id } from "../../protocol/values.ts";
import { Session } from "../../session/session.ts";
import { SessionTable } from "../../session/session-table.ts";
import { read, unreadable } from "../../stored-records/stored-record.ts";
import type { RemoteOrigin } from "../link/messages.ts";
import type { CoreDealer } from "./core-dealer.ts";
import { type RemoteSessionRow, RemoteSessionRows, type RemoteSessionStore } from "./remote-session-rows.ts";
import { endedCall, type RemoteSender, RemoteTransport } from "./remote-transport.ts";
import { UnsureInvocations } from "./unsure-invocations.ts";

/** More invocations than one session gets between two sleeps of the core. */
const KEYS_PER_BOOT = 2 ** 32;

/** Keeps a row for each session, so that the core may sleep while remote sessions hold registrations or calls. */
export class RemoteSessions implements RemoteSleepers {
  /** session id → session; of those that hold something, or have just sent a request */
  readonly byId = new Map<Id, Session>();
  readonly unsure: UnsureInvocations;
  /** caller → CALL.Request → parts of the result that its relay has not acknowledged */
  readonly #parts = new SessionTable<number>();
  readonly #dealer: CoreDealer;
  readonly #store: RemoteSessionStore;
  readonly #rows: RemoteSessionRows;
  readonly #host: Host;
  readonly #sender: Pick<RemoteSender, "send" | "ping" | "isFull">;
  /** The invocations of a session count on from here, so that a number never stands for two; set with the first one. */
  #lastKey: Id | undefined;
  readonly #boot: () => number;
  /** See `RemoteSessionRow.registered`. */
  readonly #registered = new Map<Session, RemoteSessionRow["registered"]>();
  /** See `RemoteSessionRow.taker`. */
  readonly #takers = new Map<Id, number>();
  /** Sessions whose relays have not heard yet that the core has restarted, and of calls of which it knows nothing more. */
  readonly #asked = new Set<Session>();
  /** Sessions whose rows may be out of date. */
  readonly #changed = new Set<Session>();
  /** Those of them that changed in this turn, or in the turns whose messages leave together. */
  readonly #changedNow = new Set<Session>();
  constructor(
    dealer: CoreDealer,
    host: Host,
    store: RemoteSessionStore,
    boot: () => number,
    sender: Pick<RemoteSender, "send" | "ping" | "isFull">,
  ) {
    this.#dealer = dealer;
    this.#host = host;
    this.#store = store;
    this.#rows = new RemoteSessionRows(store, dealer.tables);
    this.#sender = sender;
    this.#boot = boot;
    this.unsure = new UnsureInvocations(dealer, sender, this);
  }

  /** Restores the sessions of the rows and what they hold, except their calls, which need the core's own sessions. */
  wake(): Callers {
    const callers: Callers = [];
    for (const row of [...this.#store.all()]) {
      const { relay, session: id, text, registered, lost, taker } = row;
      const reading = read(PEER, text);
      if (!reading.ok || reading.value.kind !== "open") {
        this.#host.log(unreadable("remote session", reading.ok ? "it is no session" : reading.cause, { session: id }));
        this.#store.delete(id);
        continue;
      }
      const record = reading.value.session;
      const session = this.#open(relay, record);
      restoreSession(session, record, this.#dealer.tables);
      callers.push([session, record]);
      // Before an INVOCATION: the callee may not know of the registration yet.
      for (const [request, registration] of registered) {
        session.transport.send([MessageType.REGISTERED, request, registration]);
      }
      this.#rows.restore(row, record, this.#registered.get(session));
      if (taker !== undefined) this.#takers.set(id, taker);
      if (lost.length > 0) this.#ask(session);
    }
    return callers;
  }

  /**
   * A callee is about to get more input of a call. Where a row has the call, it must be written first: until the callee's
   * relay has the INVOCATION, a crash of the core must end the call, which would lack a part, or be made again.
   */
  noteInput(caller: Session, request: Id): void {
    if (this.#rows.hasCall(caller.id, request)) this.#rows.makeStale(caller);
  }

  /** A call has got a callee, or another one, or is restored: the same is needed unless its row has it so. */
  noteCallee(invocation: Invocation): void {
    if (this.#rows.hasOtherwise(invocation)) this.#rows.makeStale(invocation.caller);
  }

  /** Has `endTurn` anything to do? */
  get hasChanged(): boolean {
    return this.#changedNow.size > 0;
  }

  /** Are there rows that are out of date? */
  get isUnsaved(): boolean {
    return this.#changed.size > 0;
  }

  /** The session of a request; made of its origin where it holds nothing yet. */
  open(relay: number, origin: RemoteOrigin): Session {
    return this.byId.get(origin.id) ?? this.#open(relay, origin);
  }

  /** The relay of a session. */
  relayOf(session: Session): number {
    return (session.transport as RemoteTransport).relay;
  }

  /** See `RemoteTransport.routerCalls`. */
  routerCallsOf(session: Session): Set<Id> {
    return (session.transport as RemoteTransport).routerCalls;
  }

  /** The session goes to another object, or is there: what it gets from now on goes there. */
  move(id: Id, relay: number): void {
    const session = this.byId.get(id);
    if (session !== undefined) (session.transport as RemoteTransport).relay = relay;
  }

  /**
   * The session is about to go to `taker`, and may come to its relay again if the core restarts: its row says so, and stays
   * as it is until `settle`.
   */
  unsettle(id: Id, taker: number): void {
    const session = this.byId.get(id);
    if (session === undefined) return;
    this.#takers.set(id, taker);
    if (this.#rows.has(id) || this.#rows.isStale(session)) this.#save(session, false);
  }

  /** The sessions that have gone from `relay` to their takers before the core restarted, if these have got them. */
  goneFrom(relay: number): readonly (readonly [session: Id, taker: number])[] {
    return [...this.#takers].filter(([id, taker]) => taker !== relay && this.relayOf(this.byId.get(id)!) === relay);
  }

  /** The session is where it has moved to: its row says so. */
  settle(id: Id): void {
    this.#takers.delete(id);
    const session = this.byId.get(id);
    if (session !== undefined && this.#rows.has(id)) this.#save(session, false);
  }

  /**
   * The session has ended: its callees are interrupted, the calls that it works on fail. Or it holds nothing. Its
   * invocations counted up to a number below which the next session of this id must not begin.
   */
  leave(session: Session): void {
    this.#lastKey = Math.max(this.#keyBase(), session.lastInvocation);
    this.byId.delete(session.id);
    this.#dealer.leave(session);
    this.#parts.leave(session);
    this.#changed.delete(session);
    this.#registered.delete(session);
    this.#asked.delete(session);
    this.unsure.leave(session);
    this.#takers.delete(session.id);
    this.#rows.delete(session);
  }

  /** Ends the sessions of a relay that has lost them. */
  drop(relay: number): void {
    for (const [id, taker] of [...this.#takers]) if (taker === relay) this.#takers.delete(id);
    this.keepOnly(relay, new Set());
  }

  /**
   * Ends a turn: forgets sessions that hold nothing, and writes the rows that must be right when the messages of this
   * turn arrive. A call gets its row in the second `flush` that finds it open.
   */
  endTurn(): void {
    if (this.#changedNow.size === 0) return;
    // The end of one that holds nothing may make another one a callee, which the loop takes in.
    for (const session of this.#changedNow) {
      this.#changedNow.delete(session);
      if (!this.#changed.has(session)) continue;
      if (!this.holds(session)) this.leave(session);
      else if (this.#rows.isStale(session)) this.#save(session, false);
    }
    if (this.#changed.size > 0) this.#host.scheduleFlush();
  }

  /** Writes the rows that are out of date. That of a callee is not, whatever it is called for. */
  flush(): void {
    this.#rows.beginFlush();
    for (const session of [...this.#changed]) {
      if (!this.holds(session)) this.leave(session);
      else this.#save(session, true);
    }
    if (this.#rows.hasNewCalls) this.#host.scheduleFlush();
  }

  #open(relay: number, origin: RemoteOrigin | SessionRecord): Session {
    const transport = new RemoteTransport(relay, origin.id, {
      send: (to, id, message) => this.#sendTo(to, id, message),
      isFull: (to) => this.#sender.isFull(to),
      save: (id) => {
        const changed = this.byId.get(id);
        if (changed !== undefined) this.#markChanged(changed);
      },
    });
    const session = new Session(transport, { ...origin, lastInvocation: this.#keyBase() });
    this.byId.set(origin.id, session);
    this.#markChanged(session);
    return session;
  }

  /** A relay that hears from a core which has restarted states the open calls, and has those ended that are lost. */
  #ask(session: Session): void {
    this.#asked.add(session);
    this.#sender.ping(this.relayOf(session), (end) => {
      if (end === "late" || !this.#asked.delete(session)) return;
      this.#markChanged(session);
      this.#host.scheduleFlush();
    });
  }

  #markChanged(session: Session): void {
    this.#changed.add(session);
    this.#changedNow.add(session);
  }

  /** The invocations of a session that is opened now count on from here. */
  #keyBase(): Id {
    this.#lastKey ??= this.#boot() * KEYS_PER_BOOT;
    return this.#lastKey;
  }

  /** A call whose invocation has not arrived gets no row: in a crash both would be lost, and the call would never end. */
  #sendTo(relay: number, id: Id, message: RouterMessage): void {
    const callee = this.byId.get(id);
    if (message[0] === MessageType.REGISTERED && callee !== undefined) {
      this.#rows.makeStale(callee);
      return this.#sendRegistered(relay, callee, message);
    }
    const ended = endedCall(message);
    if (ended !== undefined && this.#rows.hasCall(id, ended) && callee !== undefined) this.#rows.makeStale(callee);
    const isPart = message[0] === MessageType.RESULT && ended === undefined;
    if (isPart && callee !== undefined) return this.#sendPart(relay, callee, message);
    if (message[0] !== MessageType.INVOCATION) return this.#sender.send(relay, id, message);
    const [, key, , { progress }] = message;
    // A call from before the restart has more input.
    const isOneOfMany = progress === true || key < this.#boot() * KEYS_PER_BOOT;
    if (callee !== undefined) this.unsure.sent(callee, key, isOneOfMany);
    this.#sender.send(relay, id, message, (end) => {
      if (end !== "late") this.unsure.ended(callee!);
    });
  }

  /** The rows of the callers of a callee may have been written without their calls. */
  writeCalls(): void {
    if (this.#changed.size > 0) this.#host.scheduleFlush();
  }

  /** Until a part of a result has arrived its call has no row: after a crash the caller would take the rest for the whole. */
  #sendPart(relay: number, caller: Session, message: Result): void {
    const [, request] = message;
    this.#parts.set(caller, request, (this.#parts.get(caller, request) ?? 0) + 1);
    if (this.#rows.hasCall(caller.id, request)) {
      this.#rows.makeStale(caller);
      this.#markChanged(caller);
    }
    this.#sender.send(relay, caller.id, message, (end) => {
      const left = this.#parts.get(caller, request);
      if (end === "late" || left === undefined) return;
      if (left > 1) return void this.#parts.set(caller, request, left - 1);
      this.#parts.delete(caller, request);
      if (this.byId.get(caller.id) !== caller) return;
      this.#changed.add(caller);
      this.#host.scheduleFlush();
    });
  }

  /** The row keeps the message until it has arrived: the registration outlives a crash, and so must its REGISTERED. */
  #sendRegistered(relay: number, callee: Session, message: Registered): void {
    const answer = [message[1], message[2]] as const;
    this.#registered.set(callee, [...(this.#registered.get(callee) ?? []), answer]);
    this.#sender.send(relay, callee.id, message, (end) => {
      if (end !== "processed") return;
      const left = this.#registered.get(callee)?.filter((each) => each !== answer) ?? [];
      if (left.length > 0) this.#registered.set(callee, left);
      else this.#registered.delete(callee);
      if (this.byId.get(callee.id) === callee) this.#markChanged(callee);
      this.#host.scheduleFlush();
    });
  }

  /** The relay may have missed REGISTERED messages, and what it was asked. */
  sendAgain(relay: number): void {
    this.unsure.askAgain(relay);
    for (const [session, registered] of [...this.#registered]) {
      if (this.relayOf(session) !== relay) continue;
      this.#registered.delete(session);
      for (const [request, registration] of registered) {
        this.#sendRegistered(relay, session, [MessageType.REGISTERED, request, registration]);
      }
    }
  }

  /** Ends the sessions of a relay except these. */
  keepOnly(relay: number, kept: ReadonlySet<Id>): void {
    for (const session of [...this.byId.values()]) {
      if (this.relayOf(session) === relay && !kept.has(session.id)) this.leave(session);
    }
  }

  /** Has the session registrations, calls or requests here? */
  holds(session: Session): boolean {
    const { registrations, pending, queue } = this.#dealer.tables;
    return (
      registrations.heldBy(session).size > 0 ||
      pending.callsOf(session).size > 0 ||
      pending.invocationsOf(session).size > 0 ||
      queue.callsOf(session).size > 0 ||
      this.#dealer.isRegistering(session) ||
      this.#asked.has(session) ||
      (session.transport instanceof RemoteTransport && session.transport.routerCalls.size > 0)
    );
  }

  /** No row has a REGISTER without an answer, or a call of a procedure of the router: a crash loses these. */
  #save(session: Session, isFlush: boolean): void {
    const taker = this.#takers.get(session.id);
    if (taker === this.relayOf(session)) return;
    const parts = this.#parts.of(session);
    const isLeftOut = ({ callee, callRequest }: Invocation) =>
      parts.has(callRequest) || this.unsure.has(callee.session);
    const registered = this.#registered.get(session);
    const ofRow = { relay: this.relayOf(session), registered, taker };
    const source = { session, ...ofRow, isLeftOut, hasLost: this.#asked.has(session) };
    const isWhole = this.#rows.save(source, isFlush);
    const isAsking = this.#dealer.isRegistering(session) || this.routerCallsOf(session).size > 0;
    if (isWhole && !isAsking) this.#changed.delete(session);
    else this.#changed.add(session);
  }
}
