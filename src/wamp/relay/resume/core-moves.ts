/** The core's part in the moves of parked sessions: it knows where each session is, and what waits for it meanwhile. */

import type { Clock } from "../../host/host.ts";
import type { Id } from "../../protocol/values.ts";
import type { Realm } from "../../realm/realm.ts";
import type { OnEnd } from "../link/link-sender.ts";
import type { ToCore, ToRelay } from "../link/messages.ts";
import { CORE, type RelayIds } from "../link/relay-ids.ts";
import type { RelayLinks } from "../link/relay-links.ts";
import { newOwnMoves, type OwnMovesPorts } from "./own-moves.ts";
import type { Move, SessionMoves } from "./session-moves.ts";

/** What a relay says of sessions that have moved. */
type MoveNote = Extract<ToCore, { readonly kind: "session here" | "redirect" }>;

/** A session at another relay than the one that has made its id. */
export interface MovedRow {
  readonly session: Id;
  readonly relay: number;
}

/** One row for each session that has moved, until it ends. */
export interface MovedStore {
  all(): Iterable<MovedRow>;
  /** Adds the row, or replaces that of the session. */
  put(row: MovedRow): void;
  /** Removes the row, if present. */
  delete(session: Id): void;
}

/** What the moves ask of the core. */
export interface CoreMovesPorts {
  readonly ids: RelayIds;
  readonly moved: MovedStore;
  readonly host: Clock;
  /** See `Batch.boot`. */
  boot(): number;
  /** See `RelayLinks`. */
  readonly links: Pick<RelayLinks, "queue" | "epochOf">;
  readonly realm: Realm;
  /** See `RemoteSessions`. */
  readonly remote: OwnMovesPorts["remote"] & { move(session: Id, relay: number): void };
  readonly publications: OwnMovesPorts["publications"];
}

/** A message for a session that is on its way. */
interface Held {
  readonly message: ToRelay;
  readonly onEnd: OnEnd | undefined;
}

/** A session that its object may have let go. */
interface Moving {
  readonly from: number;
  /** Takers that wait for the answer. */
  takers: number;
  readonly held: Held[];
}

/**
 * What the core sends a session after `take session` waits until it is known where the session is: what was sent before
 * has arrived at the giver by then, and what is sent later arrives at the taker behind the session.
 */
export class CoreMoves {
  readonly #ports: CoreMovesPorts;
  /** session → relay */
  readonly #moved = new Map<Id, number>();
  /** The moves of the core's own sessions. */
  readonly own: SessionMoves;
  readonly #moving = new Map<Id, Moving>();

  constructor(ports: CoreMovesPorts) {
    this.#ports = ports;
    const { host: clock, boot, realm, remote, publications } = ports;
    const send = (message: Move): void => this.receive(CORE, message);
    this.own = newOwnMoves({ clock, boot, realm, remote, publications, send });
    for (const { session, relay } of ports.moved.all()) this.#moved.set(session, relay);
  }

  /** Sessions that are on their way, or are asked for. */
  get size(): number {
    return this.#moving.size + this.own.size;
  }

  /** Sessions at another relay than the one that has made their ids. */
  get moved(): number {
    return this.#moved.size;
  }

  /** The number of the object that has, or had, a session; of an id that no object has made, any. */
  relayOf(session: Id): number {
    return this.#moved.get(session) ?? this.#ports.ids.relayOf(session);
  }

  /** Keeps a message for a session that is on its way; false for another one. */
  hold(message: ToRelay, onEnd: OnEnd | undefined): boolean {
    const moving = "session" in message ? this.#moving.get(message.session) : undefined;
    moving?.held.push({ message, onEnd });
    return moving !== undefined;
  }

  /** Takes a message of a relay. */
  take(relay: number, message: MoveNote | Move): void {
    if (message.kind === "session here") this.#place(message.session, relay);
    else if (message.kind === "redirect") this.#redirect(relay, message.session, { ...message, kind: "send" });
    else this.receive(relay, message);
  }

  /** Passes a message of an object on. */
  receive(from: number, message: Move): void {
    switch (message.kind) {
      case "find session":
      case "take session": {
        const giver = this.#giverOf(message.session, from);
        if (giver === undefined) return this.#refuse(from, message);
        if (message.kind === "take session") this.#hold(message.session, giver);
        return this.#deliver(giver, { ...message, taker: from });
      }
      case "found session":
        return this.#deliver(message.taker, message);
      case "moved session":
        return this.#moveOn(message);
    }
  }

  /** The session has ended. */
  leave(session: Id): void {
    if (this.#moved.delete(session)) this.#ports.moved.delete(session);
  }

  /** A message for a session that has left the relay: passes it on to where the session is. */
  #redirect(from: number, session: Id, message: ToRelay): void {
    const relay = this.#moved.get(session);
    if (relay !== undefined && relay !== from && !this.hold(message, undefined))
      this.#ports.links.queue(relay, message);
  }

  /** The relay has none but these of the sessions whose ends the core may have missed. */
  keepOnly(relay: number, kept: ReadonlySet<Id>): void {
    for (const [session, at] of [...this.#moved]) if (at === relay && !kept.has(session)) this.leave(session);
  }

  /** The relay has lost its sessions. */
  drop(relay: number): void {
    for (const [session, at] of [...this.#moved]) if (at === relay) this.leave(session);
    for (const [session, { from, held }] of [...this.#moving]) {
      if (from !== relay) continue;
      this.#moving.delete(session);
      for (const { onEnd } of held) onEnd?.("dropped");
    }
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

  #hold(session: Id, from: number): void {
    const moving = this.#moving.get(session);
    if (moving === undefined) this.#moving.set(session, { from, takers: 1, held: [] });
    else moving.takers++;
  }

  #moveOn(message: Extract<Move, { readonly kind: "moved session" }>): void {
    const { session, taker, moved } = message;
    if (moved !== undefined) {
      this.#place(session, taker);
      if (taker !== CORE) this.#ports.remote.move(session, taker);
    }
    this.#deliver(taker, message);
    const moving = this.#moving.get(session);
    if (moving === undefined) return;
    moving.takers--;
    if (moved === undefined && moving.takers > 0) return;
    this.#moving.delete(session);
    const to = moved === undefined ? moving.from : taker;
    for (const { message: held, onEnd } of moving.held) {
      if (to !== CORE) this.#ports.links.queue(to, held, onEnd);
      else onEnd?.("dropped");
    }
  }

  #place(session: Id, relay: number): void {
    if (relay === CORE || this.#ports.ids.relayOf(session) === relay) return this.leave(session);
    if (this.#moved.get(session) === relay) return;
    this.#moved.set(session, relay);
    this.#ports.moved.put({ session, relay });
  }

  #deliver(object: number, message: Move): void {
    if (object === CORE) this.own.receive(message);
    else this.#ports.links.queue(object, message);
  }
}
