/** REGISTER and UNREGISTER of a relay's sessions that the core has not answered. */

import { argsOf } from "../../dealer/call-results.ts";
import { WampUri } from "../../protocol/errors.ts";
import {
  type ErrorMessage,
  MessageType,
  NO_DETAILS,
  type Registered,
  type RouterMessage,
  type Unregister,
} from "../../protocol/message.ts";
import type { Id, Uri } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";
import { type RememberedRequests, SessionTable } from "../../session/session-table.ts";
import type { RegistrationRequest, ToCore } from "../link/messages.ts";

/** A registration that the core has made for a REGISTER that failed, and is to remove. */
export interface Undoing {
  readonly registration: Id;
  /** Is UNREGISTER on its way? */
  isSent: boolean;
}

/** Each request gets exactly one answer, even if messages are repeated or lost on the way. */
export class RemoteRegistrations {
  readonly #send: (message: ToCore) => void;
  /** REGISTERs that have failed for their sessions, but may yet succeed at the core. */
  readonly #refused: RememberedRequests;
  /** session → request → message */
  readonly #asked = new SessionTable<RegistrationRequest>();
  /** All messages of the table. */
  readonly #unanswered = new WeakSet<ToCore>();
  /** Those of them that the core may have processed without its answer arriving. */
  readonly #uncertain = new WeakSet<ToCore>();
  /** The number of messages in the table. */
  asked = 0;
  /** session → request → later messages with the same request id: they wait for the answers to those before */
  readonly #behind = new SessionTable<RegistrationRequest[]>();
  /** session → request that failed → what the core has made for it */
  readonly #undoing: SessionTable<Undoing>;

  /** `send` queues a message for the core; the tables are those of `RemoteCalls`, whose records outlive moves. */
  constructor(send: (message: ToCore) => void, refused: RememberedRequests, undoing: SessionTable<Undoing>) {
    this.#send = send;
    this.#refused = refused;
    this.#undoing = undoing;
  }

  /** Requests of all sessions without an answer. */
  get size(): number {
    return this.asked + this.#undoing.count();
  }

  /** Does the session not know of a registration, though the core may send it invocations? */
  isUndoing(session: Session, registration: Id): boolean {
    for (const each of this.#undoing.of(session).values()) if (each.registration === registration) return true;
    return false;
  }

  /** Sends a request to the core, after those of the session with the same id. */
  ask(session: Session, request: Id, message: RegistrationRequest): void {
    if (this.#asked.get(session, request) === undefined) return this.#ask(session, request, message);
    this.#behind.set(session, request, [...(this.#behind.get(session, request) ?? []), message]);
  }

  #ask(session: Session, request: Id, message: RegistrationRequest): void {
    if (message.kind === "register") this.#note(session, request);
    this.#await(session, request, message);
    this.#send(message);
  }

  /** See `UnregisterRequest.laterRegisters`. */
  #note(session: Session, register: Id): void {
    for (const asked of this.#asked.of(session).values()) {
      if (asked.kind === "unregister") asked.laterRegisters.push(register);
    }
  }

  /** The requests of a session that moves to another relay, where `adopt` takes them. */
  of(session: Session): readonly RegistrationRequest[] {
    return [...this.#asked.of(session).values()];
  }

  /** Takes over the requests of a session that has moved here: the core's answers come here. */
  adopt(session: Session, requests: readonly RegistrationRequest[]): void {
    for (const asked of requests) this.#await(session, asked.message[1], asked);
    this.undoAgain(session);
  }

  /** Hands the core's answer to the session, unless it had one. */
  answered(session: Session, message: RouterMessage): void {
    const request = (message[0] === MessageType.ERROR ? message[2] : message[1]) as Id;
    const asked = this.#asked.get(session, request);
    if (asked === undefined) {
      if (message[0] === MessageType.REGISTERED) this.#undo(session, message);
      // A late ERROR for the REGISTER itself does not end it.
      else if (message[0] !== MessageType.ERROR || message[1] !== MessageType.REGISTER) this.#forget(session, request);
      return;
    }
    if (message[0] === MessageType.REGISTERED) this.#endBefore(session, request);
    this.#asked.delete(session, request);
    this.asked--;
    this.#unanswered.delete(asked);
    session.transport.send(message[0] === MessageType.ERROR ? this.#resolve(session, asked, message) : message);
    const next = this.#behind.get(session, request)?.shift();
    if (next !== undefined) this.#ask(session, request, next);
    if (message[0] === MessageType.REGISTERED) this.#keep(session, message[2]);
    this.#sendUndoing(session);
  }

  /** Fails all requests, because the core cannot be reached. */
  failAll(sessions: Iterable<Session>, uri: Uri, text: string): void {
    for (const session of sessions) {
      for (const request of [...this.#asked.of(session).keys()]) {
        for (let asked = this.#asked.get(session, request); asked !== undefined; ) {
          this.#uncertain.add(asked);
          const type = asked.kind === "register" ? MessageType.REGISTER : MessageType.UNREGISTER;
          this.answered(session, [MessageType.ERROR, type, request, NO_DETAILS, uri, argsOf(text)]);
          asked = this.#asked.get(session, request);
        }
      }
    }
  }

  /**
   * Says whether a message is to be sent again, which the core may have processed before: not a REGISTER or UNREGISTER
   * that it has answered, because it could answer differently now.
   */
  mayResend(message: ToCore): boolean {
    this.#uncertain.add(message);
    return !asksAboutRegistration(message) || this.#unanswered.has(message);
  }

  /** Repeats the requests of a session after the core has restarted, except those that it gets in any case. */
  repeat(session: Session, unsent: ReadonlySet<ToCore>): void {
    for (const [request, asked] of [...this.#asked.of(session)]) {
      if (unsent.has(asked)) continue;
      this.#uncertain.add(asked);
      if (asked.kind === "unregister") {
        this.#send(asked);
        continue;
      }
      const repeated = { ...asked, isRepeated: true };
      this.#uncertain.add(repeated);
      this.#unanswered.delete(asked);
      this.#await(session, request, repeated);
      this.#send(repeated);
    }
    this.undoAgain(session);
  }

  /** UNREGISTERs that the session does not know of may have been dropped with the link. */
  undoAgain(session: Session): void {
    for (const undoing of this.#undoing.of(session).values()) undoing.isSent = false;
    this.#sendUndoing(session);
  }

  /** Drops the requests of a session that has ended. */
  leave(session: Session): void {
    this.asked -= this.#asked.of(session).size;
    this.#asked.leave(session);
    this.#behind.leave(session);
    this.#undoing.leave(session);
  }

  /**
   * The core has taken what was sent before a REGISTER that it answers: it has lost its answers to UNREGISTERs, whose client
   * must hear of these first.
   */
  #endBefore(session: Session, register: Id): void {
    for (const [request, { kind }] of [...this.#asked.of(session)]) {
      if (request === register) return;
      if (kind === "unregister") this.answered(session, [MessageType.UNREGISTERED, request]);
    }
  }

  #await(session: Session, request: Id, message: RegistrationRequest): void {
    if (this.#asked.get(session, request) === undefined) this.asked++;
    this.#asked.set(session, request, message);
    this.#unanswered.add(message);
  }

  /** The answer to a request that the core may have processed twice, of which the first result counts. */
  #resolve(session: Session, asked: RegistrationRequest, message: ErrorMessage): RouterMessage {
    const [, type, request, , uri] = message;
    if (!this.#uncertain.has(asked)) return message;
    // A registration that is gone when UNREGISTER is repeated was removed by the first one.
    const isDone = type === MessageType.UNREGISTER && uri === WampUri.NO_SUCH_REGISTRATION;
    if (isDone) return [MessageType.UNREGISTERED, request];
    if (type === MessageType.REGISTER) this.#refused.add(session, request);
    return message;
  }

  /** The session believes that its REGISTER has failed; the answer to UNREGISTER finds no request, and is dropped. */
  #undo(session: Session, [, request, registration]: Registered): void {
    if (!this.#refused.delete(session, request)) return;
    this.#undoing.set(session, request, { registration, isSent: false });
    this.#sendUndoing(session);
  }

  #forget(session: Session, request: Id): void {
    this.#undoing.delete(session, request);
    session.transport.save();
  }

  /** The session has got the registration for a later REGISTER. */
  #keep(session: Session, registration: Id): void {
    for (const [request, undoing] of [...this.#undoing.of(session)]) {
      if (undoing.registration === registration) this.#forget(session, request);
    }
  }

  /** A REGISTER on its way may be for the same procedure: the session would believe in what UNREGISTER removes behind it. */
  #sendUndoing(session: Session): void {
    for (const { kind } of this.#asked.of(session).values()) if (kind === "register") return;
    for (const [request, undoing] of this.#undoing.of(session)) {
      if (undoing.isSent) continue;
      undoing.isSent = true;
      const message: Unregister = [MessageType.UNREGISTER, request, undoing.registration];
      this.#send({ kind: "undo", session: session.id, message });
    }
  }
}

/** Is a message with this type about a registration? */
export function isAboutRegistration(type: number): boolean {
  return type === MessageType.REGISTER || type === MessageType.UNREGISTER;
}

function asksAboutRegistration({ kind }: ToCore): boolean {
  return kind === "register" || kind === "unregister";
}
