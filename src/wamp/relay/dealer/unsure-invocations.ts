/** Invocations that may not have reached their callees: after a crash of the core their calls must not go on. */

import type { Dealer } from "../../dealer/dealer.ts";
import type { Invocation } from "../../dealer/invocation.ts";
import { WampUri } from "../../protocol/errors.ts";
import { nextId } from "../../protocol/id.ts";
import { type Interrupt, MessageType, NO_DETAILS } from "../../protocol/message.ts";
import type { Id } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";
import { cancelCall, failInvocation } from "./lost-calls.ts";
import type { RemoteSender } from "./remote-transport.ts";

/** See `RemoteSessions`. */
export interface CallRows {
  relayOf(session: Session): number;
  noteInput(caller: Session, request: Id): void;
  writeCalls(): void;
}

/**
 * Knows the invocations on their way to the relays, and the sessions in doubt: a core that has restarted sends to the relay
 * that it knows of, which sends back what is for a session that has left. An outage or a crash loses what is on that way.
 */
export class UnsureInvocations {
  readonly #dealer: Dealer;
  readonly #sender: Pick<RemoteSender, "send">;
  readonly #rows: CallRows;
  /** callee → its invocations that its relay has not acknowledged */
  readonly #recent = new Map<Session, number>();
  readonly #doubtful = new Set<Session>();
  /** Those with several inputs, of which one has been sent since the core restarted. */
  readonly #continued = new WeakSet<Invocation>();

  constructor(dealer: Dealer, sender: Pick<RemoteSender, "send">, rows: CallRows) {
    this.#dealer = dealer;
    this.#sender = sender;
    this.#rows = rows;
  }

  /** Has the callee such invocations? */
  has(callee: Session): boolean {
    return this.#recent.has(callee) || this.#doubtful.has(callee);
  }

  /** An INVOCATION is sent to the relay of the callee; `isOneOfMany`: its call has several inputs. */
  sent(callee: Session, key: Id, isOneOfMany: boolean): void {
    this.#recent.set(callee, (this.#recent.get(callee) ?? 0) + 1);
    const invocation = isOneOfMany ? this.#dealer.tables.pending.invocation(callee, key) : undefined;
    if (invocation !== undefined && !this.#doubtful.has(callee)) this.#continued.add(invocation);
  }

  /** The relay has taken it, or it is dropped. */
  ended(callee: Session): void {
    const left = (this.#recent.get(callee) ?? 1) - 1;
    if (left > 0) this.#recent.set(callee, left);
    else this.#recent.delete(callee);
    this.#rows.writeCalls();
  }

  /**
   * What the session was sent since the core restarted has gone to a relay that it had left, and is in doubt until `ask`.
   * Ends the calls of which the session may lack a part of the result or of the input: its relay could not say so.
   */
  doubt(session: Session | undefined): void {
    if (session === undefined || this.#doubtful.has(session)) return;
    this.#doubtful.add(session);
    const { pending } = this.#dealer.tables;
    for (const { callRequest, receivesProgress } of [...pending.callsOf(session).values()]) {
      if (!receivesProgress) continue;
      cancelCall(this.#dealer, session, callRequest);
    }
    for (const invocation of [...pending.invocationsOf(session).values()]) {
      const { caller, callRequest } = invocation;
      this.#rows.noteInput(caller, callRequest);
      caller.transport.save();
      if (!this.#continued.has(invocation)) continue;
      failInvocation(this.#dealer, invocation, WampUri.UNAVAILABLE, "a part of the input was lost");
    }
  }

  /**
   * All that comes by the former relay of a session in doubt has come: has its relay say what it has got. No invocation has
   * the number, so that the session gets nothing.
   */
  ask(session: Session | undefined): void {
    if (session === undefined || !this.#doubtful.has(session)) return;
    session.lastInvocation = nextId(session.lastInvocation);
    const message: Interrupt = [MessageType.INTERRUPT, session.lastInvocation, NO_DETAILS];
    this.#sender.send(this.#rows.relayOf(session), session.id, message, (end) => {
      if (end === "processed" && this.#doubtful.delete(session)) this.#rows.writeCalls();
    });
  }

  /** The relay may have missed what it was asked. */
  askAgain(relay: number): void {
    for (const session of [...this.#doubtful]) if (this.#rows.relayOf(session) === relay) this.ask(session);
  }

  /** The session has ended. */
  leave(session: Session): void {
    this.#doubtful.delete(session);
  }
}
