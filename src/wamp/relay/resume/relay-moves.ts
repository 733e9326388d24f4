/** The moves of a relay's sessions, with its interest, its subscriptions and its dealer. */

import type { Clock } from "../../host/host.ts";
import type { Pattern } from "../../protocol/uri.ts";
import type { Id } from "../../protocol/values.ts";
import type { Realm } from "../../realm/realm.ts";
import type { Session } from "../../session/session.ts";
import type { ToCore, ToRelay } from "../link/messages.ts";
import type { RelayIds } from "../link/relay-ids.ts";
import { SessionMoves, type Unanswered } from "./session-moves.ts";

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
    stateKeys(): void;
  };
  /** See `RemoteDealer`. */
  dealer(): {
    release(session: Session): readonly Unanswered[];
    adopt(session: Session, unanswered: readonly Unanswered[]): void;
  };
}

/** The moves of one relay, which also tells the core of the sessions that another object has made and that are here. */
export class RelayMoves extends SessionMoves {
  readonly #ports: RelayMovesPorts;
  readonly #left = new Set<Id>();

  constructor(ports: RelayMovesPorts) {
    const { clock, relay: object, boot, realm, send, pubsub, dealer } = ports;
    const { interest, subscriptions } = pubsub;
    super({
      ...{ clock, object, boot, realm, send },
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
      canMove: () => true,
      releaseCalls: (session) => {
        this.#left.add(session.id);
        if (this.#left.size > MAX_LEFT) this.#left.delete(this.#left.values().next().value!);
        return dealer().release(session);
      },
      adoptCalls: (session, unanswered) => {
        dealer().adopt(session, unanswered);
        const held = realm().broker.subscriptions.heldBy(session).values();
        if ([...held].some(({ nodeKeys }) => nodeKeys !== undefined)) pubsub.stateKeys();
      },
    });
    this.#ports = ports;
  }

  /** The relay has lost its sockets, and the core forgets where its sessions are. */
  begin(): void {
    const { ids, relay, realm, send } = this.#ports;
    for (const session of realm().sessions.byId.keys()) {
      if (ids.relayOf(session) !== relay) send({ kind: "session here", session });
    }
  }

  /** Sends a message for a session that has left back to the core. */
  redirect(sent: Extract<ToRelay, { readonly kind: "send" }>): void {
    if (this.#left.has(sent.session)) this.#ports.send({ ...sent, kind: "redirect" });
  }
}
