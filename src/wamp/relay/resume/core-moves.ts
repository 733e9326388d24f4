/** The core's part in the moves of parked sessions: it knows where each session is, and what waits for it meanwhile. */

import { MessageType, NO_DETAILS } from "../../protocol/message.ts";
import type { Id } from "../../protocol/values.ts";
import type { OnEnd } from "../link/link-sender.ts";
import type { ToCore, ToRelay } from "../link/messages.ts";
import { CORE } from "../link/relay-ids.ts";
import type { CoreMovesPorts } from "./core-moves-ports.ts";
import { newOwnMoves } from "./own-moves.ts";
import type { Move, SessionMoves } from "./session-moves.ts";

/** What a relay says of sessions that have moved. */
type MoveNote = Extract<ToCore, { readonly kind: "session here" | "redirect" }>;

/** A message for a session that is on its way. */
interface Held {
  readonly message: ToRelay;
  readonly onEnd: OnEnd | undefined;
}

/** A session that its object may have let go. */
interface Moving {
  /** The object that says so. */
  readonly giver: number;
  /** Where the session is, unless it goes elsewhere. */
  at: number;
  /** Takers that wait for the answer. */
  takers: number;
  readonly held: Held[];
}

/** A session of which its taker has not said that it is there. */
interface Passed {
  readonly from: number;
  readonly taker: number;
  readonly move: number;
  /** Has the taker got it, so that the giver need not send it again? */
  isTaken: boolean;
}

/**
 * What the core sends a session after `take session` waits until it is known where the session is: what was sent before
 * has arrived at the giver by then, and what is sent later arrives at the taker behind the session. Until the taker says
 * that the session is there, the rows say that it is at the giver, which sends it again if the core restarts.
 */
export class CoreMoves {
  readonly #ports: CoreMovesPorts;
  /** session → relay */
  readonly #moved = new Map<Id, number>();
  /** The moves of the core's own sessions. */
  readonly own: SessionMoves;
  readonly #moving = new Map<Id, Moving>();
  readonly #passed = new Map<Id, Passed>();

  constructor(ports: CoreMovesPorts) {
    this.#ports = ports;
    this.own = newOwnMoves(ports, {
      send: (message) => this.receive(CORE, message),
      sendHeld: (session) => this.#sendHeld(session, CORE),
      onArrival: (session, isHere) => isHere || this.#end(session),
    });
    for (const { session, relay } of ports.moved.all()) this.#moved.set(session, relay);
  }

  /** Sessions that are on their way, or are asked for. */
  get size(): number {
    return this.#moving.size + this.own.size;
  }

  /** Would a crash lose that a session is on its way to its taker? */
  get isUnsaved(): boolean {
    for (const { isTaken } of this.#passed.values()) if (!isTaken) return true;
    return false;
  }

  /** Sessions at another relay than the one that has made their ids. */
  get moved(): number {
    return this.#moved.size;
  }

  /** Is the session at another relay than the one that has made its id, or on its way? */
  hasMoved(session: Id): boolean {
    return this.#moved.has(session);
  }

  /** May its object let the session go? */
  isMoving(session: Id): boolean {
    return this.#moving.has(session);
  }

  /** The number of the object that has, or had, a session; of an id that no object has made, any. */
  relayOf(session: Id): number {
    return this.#moved.get(session) ?? this.#ports.ids.relayOf(session);
  }

  /** Sends a message to the relay of a session, or keeps it as long as the session is on its way. */
  send(relay: number, message: ToRelay, onEnd?: OnEnd): void {
    if (this.hold(message, onEnd)) return;
    if (relay !== CORE) return this.#ports.links.queue(relay, message, onEnd);
    this.#ports.handover.take(message);
    onEnd?.("processed");
  }

  /** Keeps a message for a session that is on its way; false for another one. */
  hold(message: ToRelay, onEnd: OnEnd | undefined): boolean {
    const moving = "session" in message ? this.#moving.get(message.session) : undefined;
    moving?.held.push({ message, onEnd });
    return moving !== undefined;
  }

  /** The core's own sessions that were on their way when it ended are at their takers, or lost. */
  wake(): void {
    for (const [session, taker] of this.#ports.remote.goneFrom(CORE)) this.#follow(session, taker);
  }

  /** Takes a message of a relay. */
  take(relay: number, message: MoveNote | Move): void {
    if (message.kind === "session here") this.#here(message, relay);
    else if (message.kind !== "redirect") this.receive(relay, message);
    else this.#redirect(relay, "key" in message ? { ...message, kind: "over" } : { ...message, kind: "send" });
  }

  /** Does a relay repeat the request of a session that has moved since? */
  isStale(relay: number, request: { readonly session: Id } | { readonly origin: { readonly id: Id } }): boolean {
    const { remote, realm } = this.#ports;
    const id = "origin" in request ? request.origin.id : request.session;
    const known = remote.byId.get(id);
    if (known !== undefined) return remote.relayOf(known) !== relay;
    return realm.sessions.byId.has(id) || (this.#moved.get(id) ?? relay) !== relay;
  }

  /** Passes a message of an object on. */
  receive(from: number, message: Move): void {
    switch (message.kind) {
      case "find session":
      case "take session": {
        const giver = this.#giverOf(message.session, from);
        if (giver === undefined) return this.#refuse(from, message);
        if (message.kind === "take session") return this.#ask(giver, { ...message, taker: from });
        return this.#deliver(giver, { ...message, taker: from });
      }
      case "found session":
        return this.#deliver(message.taker, message);
      case "moved session":
        return this.#moveOn(from, message);
    }
  }

  /** A relay says that a session of it has ended. */
  leave(relay: number, session: Id): void {
    const remote = this.#ports.remote.byId.get(session);
    const at = remote === undefined ? this.relayOf(session) : this.#ports.remote.relayOf(remote);
    // A taker that has not got the session yet may say so after a restart of the core.
    if (at === relay && this.#passed.get(session)?.taker !== relay) this.#end(session);
  }

  /** A message for a session that has left the relay: passes it on to where the session is, or ends one that is lost. */
  #redirect(from: number, message: ToRelay & { readonly session: Id }): void {
    const relay = this.relayOf(message.session);
    if (relay === from) this.leave(from, message.session);
    // In front of what is held.
    else if (relay !== CORE) this.#ports.links.queue(relay, message);
  }

  #end(session: Id): void {
    this.#arrived(session);
    this.#forget(session);
    const remote = this.#ports.remote.byId.get(session);
    if (remote !== undefined) this.#ports.remote.leave(remote);
  }

  #forget(session: Id): void {
    if (this.#moved.delete(session)) this.#ports.moved.delete(session);
  }

  /**
   * The relay has none but the sessions `stated` of those whose ends the core may have missed. Returns them, with those that
   * are on their way to the relay.
   */
  keepOnly(relay: number, stated: ReadonlySet<Id>): ReadonlySet<Id> {
    const kept = new Set(stated);
    for (const [session, taker] of this.#ports.remote.goneFrom(relay)) {
      if (!kept.has(session)) this.#follow(session, taker);
    }
    for (const [session, { taker, isTaken }] of [...this.#passed]) {
      if (taker !== relay) continue;
      kept.add(session);
      if (!isTaken && !stated.has(session)) continue;
      this.#arrived(session);
      // It may have come since, or have ended.
      if (!stated.has(session)) this.#askFor(session, relay);
    }
    for (const [session, at] of [...this.#moved]) if (at === relay && !kept.has(session)) this.#forget(session);
    return kept;
  }

  /** The relay will not answer any more what it was asked before: what waits for that is sent. */
  stopHolding(relay: number): void {
    for (const [session, { giver, at }] of [...this.#moving]) if (giver === relay) this.#sendHeld(session, at);
  }

  /** The relay has lost its sessions. */
  drop(relay: number): void {
    for (const [session, taker] of this.#ports.remote.goneFrom(relay)) this.#follow(session, taker);
    // What the relay would have said of a session that it has taken is lost, too, and the giver would wait for ever.
    for (const [session, { taker }] of [...this.#passed]) if (taker === relay) this.#arrived(session);
    for (const [session, at] of [...this.#moved]) if (at === relay) this.#forget(session);
    for (const [session, { giver, at, held }] of [...this.#moving]) {
      if (giver !== relay) continue;
      if (at === relay) for (const { onEnd } of held.splice(0)) onEnd?.("dropped");
      this.#sendHeld(session, at);
    }
  }

  /** The core has restarted, and the giver has lost the session, or will not send it again: its taker has got it, or none has. */
  #follow(session: Id, taker: number): void {
    const { links, remote } = this.#ports;
    if (links.epochOf(taker) === 0) return this.#end(session);
    const known = remote.byId.get(session)!;
    const wasAtRelay = remote.relayOf(known) !== CORE;
    remote.move(session, taker);
    if (wasAtRelay) remote.unsure.doubt(known);
    this.#leadTo(session, taker);
    this.#place(session, taker);
    this.#askFor(session, taker);
    remote.unsure.ask(known);
  }

  /** Has the relay say of a session that it has not got that this has ended. */
  #askFor(session: Id, relay: number): void {
    // No invocation has the key 0, so that nothing happens where the session is.
    this.send(relay, { kind: "send", session, message: [MessageType.INTERRUPT, 0, NO_DETAILS] });
  }

  /** The object that a session has to be taken from; undefined if none has it. */
  #giverOf(session: Id, taker: number): number | undefined {
    if (this.#ports.realm.sessions.byId.has(session)) return taker === CORE ? undefined : CORE;
    const relay = this.relayOf(session);
    return relay !== taker && relay !== CORE && this.#ports.links.epochOf(relay) > 0 ? relay : undefined;
  }

  #refuse(taker: number, { kind, move, ...message }: Extract<Move, { readonly session: Id }>): void {
    const { session } = message;
    if (kind === "find session") this.#deliver(taker, { kind: "found session", taker, move, found: undefined });
    else this.#deliver(taker, { kind: "moved session", taker, move, session, moved: undefined });
  }

  /** Asks the giver for a session, and keeps what is sent to the session until the answer comes. */
  #ask(giver: number, take: Extract<Move, { readonly kind: "take session" }>, at = giver): void {
    const { session, taker, move } = take;
    const moving = this.#moving.get(session);
    if (moving === undefined) this.#moving.set(session, { giver, at, takers: 1, held: [] });
    else moving.takers++;
    if (giver === CORE) return this.own.receive(take);
    this.#ports.links.queue(giver, take, (end) => {
      if (end !== "dropped") return;
      this.#moveOn(giver, { kind: "moved session", taker, move, session, moved: undefined });
    });
  }

  #moveOn(from: number, message: Extract<Move, { readonly kind: "moved session" }>): void {
    const { session, taker, move, moved } = message;
    const moving = this.#moving.get(session);
    if (moved === undefined) {
      this.#deliver(taker, message);
      if (moving !== undefined && --moving.takers === 0) this.#sendHeld(session, moving.at);
      return;
    }
    const passed = this.#passed.get(session);
    if (passed?.move === move && passed.taker === taker) return;
    const { realm, links, remote } = this.#ports;
    const isRepeated = from !== CORE && (realm.sessions.byId.has(session) || this.relayOf(session) !== from);
    if (isRepeated) return links.queue(from, { kind: "session arrived", move, session });
    this.#arrived(session);
    const next: Passed = { from, taker, move, isTaken: false };
    this.#passed.set(session, next);
    if (taker === CORE) {
      this.own.receive(message);
      return this.#arrived(session);
    }
    remote.unsettle(session, taker);
    this.#leadTo(session, taker, moving !== undefined);
    links.queue(taker, message, (end) => {
      if (end === "late" || this.#passed.get(session) !== next) return;
      // What the taker says of it may be dropped in an outage, and the giver would wait for that, awake.
      if (end === "processed") return this.#taken(session, next);
      // Once it can be reached, the taker says which sessions it has.
      this.#arrived(session);
    });
    if (moving !== undefined) this.#sendHeld(session, taker);
  }

  /** A relay says that it has the session. */
  #here({ session, moves }: Extract<MoveNote, { kind: "session here" }>, relay: number): void {
    if (this.#passed.get(session)?.taker === relay) return this.#arrived(session);
    const own = this.#ports.realm.sessions.byId.get(session);
    if (own !== undefined) {
      if (own.resumable!.moves >= moves) return;
      // A relay that has given the session away long ago has sent it again after a restart of the core.
      this.own.giveBack(session);
    }
    this.#leadTo(session, relay);
    this.#place(session, relay);
  }

  /**
   * What the core sends the session goes to this relay from now on. After a restart of the core some may be on its way to
   * the former relay, which sends it back: what is sent later waits for that, unless that relay `hasAnswered` already.
   */
  #leadTo(session: Id, relay: number, hasAnswered = false): void {
    const { remote } = this.#ports;
    const known = remote.byId.get(session);
    const former = known && remote.relayOf(known);
    this.#moved.set(session, relay);
    remote.move(session, relay);
    const moving = this.#moving.get(session);
    if (moving !== undefined) moving.at = relay;
    if (former === undefined || former === relay || former === CORE || hasAnswered) return;
    remote.unsure.doubt(known);
    if (moving === undefined) this.#ask(former, { kind: "take session", taker: relay, move: 0, session }, relay);
  }

  /** The session is where it was to go, or lost with what its taker has lost. */
  #arrived(session: Id): void {
    const passed = this.#passed.get(session);
    this.#passed.delete(session);
    if (passed !== undefined) this.#taken(session, passed);
  }

  #taken(session: Id, passed: Passed): void {
    if (passed.isTaken) return;
    passed.isTaken = true;
    const { from, taker, move } = passed;
    this.#place(session, taker);
    if (from !== CORE) this.#ports.links.queue(from, { kind: "session arrived", move, session });
  }

  #sendHeld(session: Id, relay: number): boolean {
    const { remote } = this.#ports;
    const moving = this.#moving.get(session);
    this.#moving.delete(session);
    for (const { message, onEnd } of moving?.held ?? []) this.send(relay, message, onEnd);
    // What has gone by its former relay is at this one now, or lost.
    remote.unsure.ask(remote.byId.get(session));
    return moving !== undefined;
  }

  /** The session is at this object, or was last: the rows say so. */
  #place(session: Id, relay: number): void {
    this.#ports.remote.settle(session);
    if (relay === CORE || this.#ports.ids.relayOf(session) === relay) return this.#forget(session);
    this.#moved.set(session, relay);
    this.#ports.moved.put({ session, relay });
  }

  #deliver(object: number, message: Move): void {
    if (object === CORE) this.own.receive(message);
    else this.#ports.links.queue(object, message);
  }
}
