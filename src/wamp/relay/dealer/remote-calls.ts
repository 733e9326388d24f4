/** The calls of a relay's sessions on which the core works, and the invocations on which they work. */

import type { RemoteCall, RemoteRecord, RemoteTable, UndoneRegistration } from "../../dealer/dealer-record.ts";
import type { Id } from "../../protocol/values.ts";
import { callBytes, type RecordBudget } from "../../session/record-budget.ts";
import type { Session } from "../../session/session.ts";
import { RememberedRequests, SessionTable } from "../../session/session-table.ts";
import type { OpenCalls } from "../link/messages.ts";
import { InvocationNumbers } from "./invocation-numbers.ts";
import type { Undoing } from "./remote-registrations.ts";

/** What a session's record has for each call. */
const CALL_BYTES = callBytes("", {});

/** caller → CALL.Request → the call. It also knows which sessions the core may know. */
export class RemoteCalls implements RemoteTable {
  /** REGISTERs that failed for their sessions, but may yet succeed at the core (`RemoteRegistrations`). */
  readonly refused = new RememberedRequests();
  /** session → request of a REGISTER that failed → what the core has made for it */
  readonly undoing = new SessionTable<Undoing>();
  readonly invocations = new InvocationNumbers();
  readonly #bySession = new SessionTable<RemoteCall>();
  /** Sessions that have registered or called. */
  readonly #known = new Set<Session>();
  /** Sessions that have slept with open calls or invocations, or with what the core is to remove. */
  readonly #restored = new Set<Session>();
  readonly #records: RecordBudget;
  /** Open calls of all sessions: counted, because the link asks for them in each turn. */
  size = 0;

  constructor(records: RecordBudget) {
    this.#records = records;
  }

  /** Throws limit_exceeded if the record of the session has no room; the core's dealer checks the number of calls. */
  check(session: Session): void {
    this.#records.check(session, CALL_BYTES);
  }

  /** Does the core perhaps know the session, so that it must be told of its end? */
  isKnown(session: Session): boolean {
    return this.#known.has(session);
  }

  /** The core is about to learn of the session. */
  introduce(session: Session): void {
    this.#known.add(session);
  }

  get(session: Session, request: Id): RemoteCall | undefined {
    return this.#bySession.get(session, request);
  }

  /** CALL.Request → call, of one session. */
  of(session: Session): ReadonlyMap<Id, RemoteCall> {
    return this.#bySession.of(session);
  }

  /** The sessions that the core may know; those with open calls are among them. */
  sessions(): Iterable<Session> {
    return this.#known;
  }

  /** The sessions whose state the core may not know since they have slept, once each. */
  takeRestored(): readonly Session[] {
    const restored = [...this.#restored];
    this.#restored.clear();
    return restored;
  }

  /** The session with an id, if the core may know it. */
  find(id: Id): Session | undefined {
    for (const session of this.#known) if (session.id === id) return session;
    return undefined;
  }

  /** What a session has open now. */
  openCallsOf(session: Session): OpenCalls {
    const { invocations } = this;
    const requests = [...this.of(session).keys()];
    const lastKey = invocations.lastKeyOf(session) ?? 0;
    return { kind: "open calls", session: session.id, requests, keys: invocations.keysOf(session), lastKey };
  }

  /** Adds a call, or replaces it where its input ends. */
  set(session: Session, call: RemoteCall): void {
    this.introduce(session);
    this.#add(session, call);
    session.transport.save();
  }

  delete(session: Session, request: Id): void {
    if (this.get(session, request) !== undefined) this.#remove(session);
    this.#bySession.delete(session, request);
    session.transport.save();
  }

  /** Drops the tables of a session that has ended. */
  leave(session: Session): void {
    for (const _ of this.of(session)) this.#remove(session);
    this.refused.leave(session);
    this.undoing.leave(session);
    this.#bySession.leave(session);
    this.#known.delete(session);
    this.#restored.delete(session);
    this.invocations.leave(session);
  }

  recordOf(session: Session): RemoteRecord | undefined {
    if (!this.#known.has(session)) return undefined;
    const { invocations } = this;
    return {
      calls: [...this.of(session).values()],
      invocations: invocations.recordOf(session),
      lastKey: invocations.lastKeyOf(session),
      refused: this.refused.recordOf(session),
      undone: this.#undoneOf(session),
    };
  }

  #undoneOf(session: Session): readonly UndoneRegistration[] | undefined {
    const undoing = this.undoing.of(session);
    if (undoing.size === 0) return undefined;
    return Array.from(undoing, ([request, { registration }]) => ({ request, registration }));
  }

  restore(session: Session, { calls, invocations, lastKey, refused, undone = [] }: RemoteRecord): void {
    this.refused.restore(session, refused);
    for (const { request, registration } of undone) {
      this.undoing.set(session, request, { registration, isSent: false });
    }
    this.introduce(session);
    if (calls.length + invocations.length + undone.length > 0) this.#restored.add(session);
    this.invocations.restore(session, invocations, lastKey);
    for (const call of calls) this.#add(session, call);
  }

  #add(session: Session, call: RemoteCall): void {
    if (this.get(session, call.request) === undefined) {
      this.#records.addCall(session, CALL_BYTES);
      this.size++;
    }
    this.#bySession.set(session, call.request, call);
  }

  #remove(session: Session): void {
    this.#records.removeCall(session, CALL_BYTES);
    this.size--;
  }
}
