/** Hands over what a session holds at the core, where the session moves between the core and a relay. */

import type { Dealer } from "../../dealer/dealer.ts";
import { type RemoteCall, type RemoteInvocation, replaceSession } from "../../dealer/dealer-record.ts";
import { calleeOf } from "../../dealer/registrations.ts";
import { nextId } from "../../protocol/id.ts";
import type { Session } from "../../session/session.ts";
import type { RegistrationRequest, ToCore, ToRelay } from "../link/messages.ts";
import { CORE } from "../link/relay-ids.ts";
import type { CoreDealer } from "./core-dealer.ts";
import { RemoteDealer } from "./remote-dealer.ts";
import type { RemoteRequests } from "./remote-requests.ts";
import type { RemoteSessions } from "./remote-sessions.ts";

/** The parts of the core that are concerned. */
export interface HandoverParts {
  readonly sessions: RemoteSessions;
  readonly requests: RemoteRequests;
}

/**
 * The core's dealer knows a session of its own by itself, and one of a relay by a remote session, which numbers invocations
 * otherwise. Between the two it is served as by a relay that is at the core.
 */
export class Handover {
  readonly #dealer: CoreDealer;
  readonly #parts: HandoverParts;
  readonly #relay: RemoteDealer;
  /** The session that comes to the core in this turn. */
  #own: Session | undefined;

  /** `dealer` is that of the core, made of `ofDealer`. */
  constructor(dealer: CoreDealer, parts: HandoverParts, ...ofDealer: ConstructorParameters<typeof Dealer>) {
    this.#dealer = dealer;
    this.#parts = parts;
    this.#relay = new RemoteDealer({ isFull: false, queue: (message) => this.#ask(message) }, ...ofDealer);
    // What is stored of sessions on their way.
    dealer.tables.remote = this.#relay.tables.remote!;
  }

  /**
   * A session of the core is about to leave for a relay: a remote session takes over what it holds, for now at the core. Its
   * REGISTERs have been answered when it was parked (`CoreDealer.settle`).
   */
  depart(own: Session): void {
    const { sessions } = this.#parts;
    if (!sessions.holds(own)) return;
    const { tables } = this.#dealer;
    const { pending, queue, remote: table } = tables;
    const calls: RemoteCall[] = Array.from(queue.callsOf(own).keys(), (request) => ({ request, isInputOpen: false }));
    for (const { callRequest, isInputOpen } of pending.callsOf(own).values()) {
      calls.push({ request: callRequest, isInputOpen });
    }
    const remote = sessions.open(CORE, own);
    for (const registration of tables.registrations.heldBy(own).values()) calleeOf(registration, own)!.request ??= 0;
    const invocations: RemoteInvocation[] = [];
    replaceSession(tables, own, remote, (request) => {
      remote.lastInvocation = nextId(remote.lastInvocation);
      invocations.push({ request, key: remote.lastInvocation });
      return remote.lastInvocation;
    });
    table!.restore(own, { calls, invocations });
    own.transport.save();
  }

  /** The record of the session is on its way: returns the messages that the core has not answered, which are none. */
  release(own: Session): readonly RegistrationRequest[] {
    return this.#relay.release(own);
  }

  /**
   * A session has come from a relay, with the messages that the core has not answered. `sendHeld` sends what the core has
   * kept for it; false if the core has restarted since it began to, so that it lacks answers, and parts of results or inputs.
   */
  arrive(own: Session, unanswered: readonly RegistrationRequest[], sendHeld: () => boolean): void {
    const { sessions, requests } = this.#parts;
    const { tables } = this.#dealer;
    sessions.move(own.id, CORE);
    this.#own = own;
    const open = new Set(unanswered.map(({ message }) => message[1]));
    const doubtful = this.#dealer.replaceDoubtful(sessions.byId.get(own.id), own, open);
    this.#relay.adopt(
      own,
      unanswered.filter(({ message }) => !doubtful.has(message[1])),
    );
    const isWhole = sendHeld();
    this.#relay.repeat();
    const byKey = new Map(tables.remote!.recordOf(own)!.invocations.map(({ request, key }) => [key, request]));
    const remote = sessions.open(CORE, own);
    if (!isWhole) {
      sessions.unsure.doubt(remote);
      for (const key of tables.pending.invocationsOf(remote).keys()) {
        if (!byKey.has(key)) requests.failInvocation(own.id, key);
      }
    }
    this.#own = undefined;
    this.#relay.release(own);
    replaceSession(tables, remote, own, (key) => byKey.get(key)!);
    sessions.leave(remote);
    // Its client may have gone again.
    this.#dealer.settle(own);
  }

  /** Takes a message for the session that comes. */
  take(message: ToRelay): void {
    const own = this.#own;
    if (own === undefined) return;
    if (message.kind === "send") this.#relay.receive(own, message.message);
    else if (message.kind === "over") this.#relay.over(own, message.key, message.isAbandoned);
  }

  #ask(message: ToCore): void {
    const { requests } = this.#parts;
    switch (message.kind) {
      case "open calls":
        return requests.checkOpenCalls(CORE, message);
      case "register":
      case "unregister":
      case "request":
      case "undo":
        return requests.receive(CORE, message);
    }
  }
}
