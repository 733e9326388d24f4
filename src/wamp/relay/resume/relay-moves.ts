/** The moves of a relay's sessions, with its interest, its subscriptions and its dealer. */

import type { Clock } from "../../host/host.ts";
import type { Pattern } from "../../protocol/uri.ts";
import type { Id } from "../../protocol/values.ts";
import type { Realm } from "../../realm/realm.ts";
import type { Session } from "../../session/session.ts";
import type { ToCore, ToRelay } from "../link/messages.ts";
import type { RelayIds } from "../link/relay-ids.ts";
import type { SeenPublications } from "../link/seen-publications.ts";
import { addBounded, type Move, SessionMoves, type Unanswered } from "./session-moves.ts";

/** Sessions that have left, and for which messages of the core may still be on their way. */
const MAX_LEFT = 1_000;

/** What the moves ask of the relay. */
export interface RelayMovesPorts {
  readonly clock: Clock;
  readonly ids: RelayIds;
  /** The number of the relay. */
  readonly relay: number;
  /** See `Batch.boot`. */
  boot(): number;
  /** See `CoreLink`. */
  readonly link: { readonly coreBoot: number | undefined };
  realm(): Realm;
  /** Queues a message for the core. */
  send(message: ToCore): void;
  /** See `RelayPubSub`. */
  readonly pubsub: {
    readonly interest: {
      isConfirmed(match: Pattern["match"], uri: string): boolean;
      keep(match: Pattern["match"], uri: string): void;
      ask(match: Pattern["match"], uri: string, session: Id, onAnswer: (refusal: unknown) => void): void;
      release(match: Pattern["match"], uri: string, session: Id): void;
    };
    readonly subscriptions: { whenSettled(session: Session, act: () => void): void };
    readonly seen: SeenPublications;
    stateKeys(): void;
  };
  /** See `RemoteDealer`. */
  dealer(): {
    release(session: Session): readonly Unanswered[];
    adopt(session: Session, unanswered: readonly Unanswered[]): void;
    askAgain(session: Session): void;
    stateRestored(): void;
  };
}

/** The moves of one relay, which also tells the core of the sessions that another object has made and that are here. */
export class RelayMoves extends SessionMoves {
  readonly #ports: RelayMovesPorts;
  /** The last sessions that have left. */
  readonly #left = new Set<Id>();
  /** Sessions that have left, and may not have arrived. */
  readonly #given = new Map<Id, Extract<Move, { readonly kind: "moved session" }>>();

  constructor(ports: RelayMovesPorts) {
    const { clock, relay: object, boot, realm, pubsub, dealer } = ports;
    const { interest, subscriptions, seen } = pubsub;
    super({
      ...{ clock, object, boot, realm, seen },
      send: (message) => {
        if (message.kind === "moved session" && message.moved !== undefined) this.#given.set(message.session, message);
        ports.send(message);
      },
      whenSettled: (session, act) => subscriptions.whenSettled(session, act),
      announce: ({ match, uri }, session, onKnown) => {
        if (!interest.isConfirmed(match, uri)) return interest.ask(match, uri, session, onKnown);
        interest.keep(match, uri);
        onKnown(undefined);
      },
      release: ({ match, uri }, session) => {
        const isUsed = realm().broker.subscriptions.get(match, uri) !== undefined;
        if (!isUsed) interest.release(match, uri, session);
      },
      prepare: () => {},
      releaseCalls: (session) => {
        addBounded(this.#left, session.id, MAX_LEFT);
        return { unanswered: dealer().release(session), core: ports.link.coreBoot };
      },
      onArrival: (session, isHere, moves) => {
        // It has come before, and gone elsewhere, of which the core has been told.
        if (!isHere && this.#left.has(session)) return;
        ports.send({ kind: "session here", session, moves });
        if (!isHere) ports.send({ kind: "leave", session });
      },
      adoptCalls: (session, { unanswered, core }) => {
        this.#left.delete(session.id);
        dealer().adopt(session, unanswered);
        // A core that has restarted since has lost them. The same one would answer them twice, and perhaps differently.
        if (core === undefined || core !== ports.link.coreBoot) dealer().askAgain(session);
        dealer().stateRestored();
        const held = realm().broker.subscriptions.heldBy(session).values();
        if ([...held].some(({ nodeKeys }) => nodeKeys !== undefined)) pubsub.stateKeys();
      },
    });
    this.#ports = ports;
  }

  /**
   * The relay begins a new epoch, and the core forgets where its sessions are, and what they held. Those that are parked
   * end: they have missed events, and are not registered any more.
   */
  begin(): void {
    const { ids, relay, realm, send } = this.#ports;
    const { sessions } = realm();
    for (const [id, session] of [...sessions.byId]) {
      const peer = sessions.peerOf(session)!;
      if (peer.transport === session.resumable) sessions.end(peer);
      else if (ids.relayOf(id) !== relay)
        send({ kind: "session here", session: id, moves: session.resumable?.moves ?? 0 });
    }
  }

  /** The sessions that have left: the core may still know them here. */
  get leaving(): Iterable<Id> {
    return this.#given.keys();
  }

  override get size(): number {
    return super.size + this.#given.size;
  }

  override receive(message: Move): void {
    const isArrived = message.kind === "session arrived" && this.#given.get(message.session)?.move === message.move;
    if (isArrived) this.#given.delete(message.session);
    else super.receive(message);
  }

  /** The core has restarted, and may have lost sessions on their way. It gets the messages `unsent` in any case. */
  repeat(unsent: readonly ToCore[]): void {
    for (const given of this.#given.values()) if (!unsent.includes(given)) this.#ports.send(given);
    for (const session of this.arriving()) this.#ports.send({ kind: "leave", session });
  }

  /** The core cannot be reached: the sessions on their way are lost. */
  onDown(): void {
    this.#given.clear();
  }

  /**
   * Sends a message for a session that has left back to the core, or tells it that the session has ended; `over` often
   * comes after the end, of which the core has been told.
   */
  redirect(sent: Extract<ToRelay, { readonly kind: "send" | "over" }>): void {
    const { session, kind } = sent;
    if (this.#left.has(session)) this.#ports.send({ ...sent, kind: "redirect" });
    else if (kind === "send") this.#ports.send({ kind: "leave", session });
  }
}
