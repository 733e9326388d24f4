/** The dealer of a relay: hands REGISTER, CALL and what follows to the core, and its messages to the sessions. */

import type { Permission } from "../../authorization/permission-rules.ts";
import { argsOf, sendCallError, TOO_LARGE } from "../../dealer/call-results.ts";
import { Dealer } from "../../dealer/dealer.ts";
import { checkCall } from "../../dealer/invocation.ts";
import { ProtocolViolation, WampError, WampUri } from "../../protocol/errors.ts";
import type {
  Call,
  Cancel,
  ErrorMessage,
  Register,
  Result,
  RouterMessage,
  Unregister,
  Yield,
} from "../../protocol/message.ts";
import { MessageType } from "../../protocol/message.ts";
import type { Payload } from "../../protocol/payload.ts";
import type { Id, Uri } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";
import { type CoreSender, UNREACHABLE } from "../link/core-sender.ts";
import { type OpenCalls, originOf, type RegistrationRequest, type ToCore } from "../link/messages.ts";
import { RemoteCalls } from "./remote-calls.ts";
import { lostAnswer, RemoteInvocations } from "./remote-invocations.ts";
import { isAboutRegistration, RemoteRegistrations } from "./remote-registrations.ts";

/**
 * The tables of registrations and invocations stay empty here: the core's dealer has them. The relay keeps the open calls
 * of its sessions, because each call needs exactly one result, even if the core restarts.
 */
export class RemoteDealer extends Dealer {
  readonly #link: CoreSender;
  readonly #calls: RemoteCalls;
  readonly #registrations: RemoteRegistrations;
  readonly #invocations: RemoteInvocations;

  constructor(link: CoreSender, ...parts: ConstructorParameters<typeof Dealer>) {
    super(...parts);
    const [, , records] = parts;
    this.#link = link;
    this.#calls = new RemoteCalls(records);
    const { refused, undoing } = this.#calls;
    this.#registrations = new RemoteRegistrations((message) => link.queue(message), refused, undoing);
    this.#invocations = new RemoteInvocations({
      ...{ link, numbers: this.#calls.invocations, registrations: this.#registrations },
      abandoned: this.tables.pending.abandoned,
    });
    this.tables.remote = this.#calls;
  }

  /** Does any session wait for an answer of the core? */
  get hasOpenRequests(): boolean {
    return this.#calls.size > 0 || this.#registrations.asked > 0;
  }

  /** Does any session wait for the answer to REGISTER or UNREGISTER, which a sleep would lose? */
  get isRegistering(): boolean {
    return this.#registrations.size > 0;
  }

  override isOpenCall(caller: Session, request: Id): boolean {
    return this.#calls.get(caller, request) !== undefined;
  }

  override isFurtherInput(caller: Session, request: Id): boolean {
    return this.isOpenCall(caller, request) || this.tables.pending.endedInputs.has(caller, request);
  }

  override register(session: Session, message: Register, permission: Permission): void {
    this.#checkRoom();
    this.#calls.introduce(session);
    session.transport.save();
    const request = { kind: "register", origin: originOf(session), permission, message, isRepeated: false } as const;
    this.#registrations.ask(session, message[1], request);
  }

  override unregister(session: Session, message: Unregister): void {
    this.#checkRoom();
    this.#registrations.ask(session, message[1], {
      ...{ kind: "unregister", session: session.id, message },
      laterRegisters: [],
    });
  }

  override call(caller: Session, message: Call, permission: Permission): void {
    checkCall(caller, message);
    const [, request, options] = message;
    this.#checkRoom();
    this.#calls.check(caller);
    this.#calls.set(caller, { request, isInputOpen: options.progress === true });
    this.#send({ kind: "call", origin: originOf(caller), permission, message });
  }

  override continue(caller: Session, message: Call): boolean {
    const [, request, options] = message;
    const call = this.#calls.get(caller, request);
    if (call === undefined) return this.#isLateChunk(caller, message);
    if (!call.isInputOpen) throw new ProtocolViolation("CALL: request id of a call that is still open");
    if (options.progress !== true) this.#calls.set(caller, { request, isInputOpen: false });
    if (this.#link.isFull) this.#cancelFor(caller, request, WampUri.UNAVAILABLE, argsOf(UNREACHABLE));
    else this.#send({ kind: "chunk", session: caller.id, message });
    return true;
  }

  override yield(session: Session, message: Yield): void {
    this.#invocations.yield(session, message);
  }

  override error(session: Session, message: ErrorMessage): void {
    this.#invocations.error(session, message);
  }

  override failTooLarge(session: Session, front: readonly number[]): void {
    this.#invocations.failTooLarge(session, front);
  }

  override cancel(caller: Session, message: Cancel): void {
    if (!this.isOpenCall(caller, message[1])) return;
    // Otherwise the caller could send more of them than the link takes.
    if (this.#link.isFull) this.#cancelFor(caller, message[1], WampUri.CANCELED, argsOf(CANCELED));
    else this.#send({ kind: "request", session: caller.id, message });
  }

  override leave(session: Session): void {
    if (this.#calls.isKnown(session)) this.#send({ kind: "leave", session: session.id });
    this.#calls.leave(session);
    this.#registrations.leave(session);
    super.leave(session);
  }

  /** The session has moved to another object, which gets its record: returns the messages that the core has not answered. */
  release(session: Session): readonly RegistrationRequest[] {
    const unanswered = this.#registrations.of(session);
    this.#calls.leave(session);
    this.#registrations.leave(session);
    return unanswered;
  }

  /** The session has come from another relay. The core is asked about its open calls later, in case it has forgotten them. */
  adopt(session: Session, unanswered: readonly RegistrationRequest[]): void {
    this.#calls.introduce(session);
    this.#registrations.adopt(session, unanswered);
  }

  /** Sends the requests of a session again that has come: the core may have restarted since they were sent. */
  askAgain(session: Session): void {
    this.#registrations.repeat(session, NOTHING);
  }

  /** Takes a message of the core's dealer for a session. */
  receive(session: Session, message: RouterMessage): void {
    switch (message[0]) {
      case MessageType.RESULT:
        return this.#onResult(session, message);
      case MessageType.ERROR:
        if (message[1] === MessageType.CALL) return this.#onError(session, message);
        if (isAboutRegistration(message[1])) return this.#registrations.answered(session, message);
        if (message[1] === MessageType.YIELD) return this.#invocations.refuseYield(session, message);
        break;
      case MessageType.REGISTERED:
      case MessageType.UNREGISTERED:
        if (message[1] !== 0) return this.#registrations.answered(session, message);
        break;
      case MessageType.INVOCATION:
        return this.#invocations.invoke(session, message);
      case MessageType.INTERRUPT:
        // Its INVOCATION was lost, or there was none (`UnsureInvocations.ask`).
        if (this.#calls.invocations.skip(session, message[1])) return this.#stateOpenCalls(session, true);
        return this.#invocations.interrupt(session, message);
    }
    session.transport.send(message);
  }

  /** An invocation is over without the callee's answer; `isAbandoned` as in the message `over`. */
  over(session: Session, key: Id, isAbandoned: boolean): void {
    this.#invocations.end(session, key, isAbandoned);
  }

  /** Fails a call of which the core cannot say what has become of it, unless it has ended. */
  fail(sessionId: Id, request: Id, uri: Uri, text: string): void {
    const session = this.#calls.find(sessionId);
    if (session && this.#end(session, request)) sendCallError(session, request, uri, argsOf(text));
  }

  /** Of these messages, which do not reach the core, the CANCELs end their calls here. */
  cancelDropped(messages: readonly ToCore[]): void {
    for (const dropped of messages) {
      if (dropped.kind !== "request" || dropped.message[0] !== MessageType.CANCEL) continue;
      this.fail(dropped.session, dropped.message[1], WampUri.CANCELED, CANCELED);
    }
  }

  /** A part of a result may be lost, or arrive twice: returns the answer that ends the invocation in its place. */
  failResult(sessionId: Id, key: Id): ToCore {
    const callee = this.#calls.find(sessionId);
    if (callee !== undefined) this.#invocations.end(callee, key, true);
    return lostAnswer(sessionId, key);
  }

  /** Fails REGISTER and UNREGISTER that the core has not answered. */
  failRequests(uri: Uri, text: string): void {
    this.#registrations.failAll(this.#calls.sessions(), uri, text);
  }

  /** See `RemoteRegistrations.mayResend`. */
  mayResend(message: ToCore): boolean {
    return this.#registrations.mayResend(message);
  }

  /**
   * After the core has restarted: repeats what it has not answered, and tells it which calls wait for their results.
   * `unsent` are the messages that it gets in any case: two of the same REGISTER could be answered differently.
   */
  repeat(unsent: ReadonlySet<ToCore> = NOTHING): void {
    for (const session of this.#calls.sessions()) {
      this.#registrations.repeat(session, unsent);
      this.#stateOpenCalls(session);
    }
  }

  /** The ids of the sessions that the core may know. */
  knownSessions(): readonly Id[] {
    return Array.from(this.#calls.sessions(), ({ id }) => id);
  }

  /** Tells the core which calls and invocations are open, of all sessions that it may know, and what it is to remove. */
  stateAll(): void {
    for (const session of this.#calls.sessions()) {
      this.#stateOpenCalls(session, true);
      this.#registrations.undoAgain(session);
    }
  }

  /** Tells the core which calls and invocations were open before the relay slept. */
  stateRestored(): void {
    for (const session of this.#calls.takeRestored()) {
      this.#stateOpenCalls(session);
      this.#registrations.undoAgain(session);
    }
  }

  /** `isForced`: the core may have calls and invocations of which the session has none any more. */
  #stateOpenCalls(session: Session, isForced = false): void {
    const message = this.#calls.openCallsOf(session);
    if (isForced || message.requests.length + message.keys.length > 0) this.#send(message);
  }

  /** What a session has open now; undefined for one that is gone. */
  openCallsOf(sessionId: Id): OpenCalls | undefined {
    const session = this.#calls.find(sessionId);
    return session && this.#calls.openCallsOf(session);
  }

  #send(message: ToCore): void {
    this.#link.queue(message);
  }

  #checkRoom(): void {
    if (this.#link.isFull) throw new WampError(WampUri.UNAVAILABLE, UNREACHABLE);
  }

  /** Ends a call with an error of the relay; the core may go on with it until it hears so. */
  #cancelFor(caller: Session, request: Id, uri: Uri, payload: Payload): void {
    this.#end(caller, request);
    sendCallError(caller, request, uri, payload);
    this.#send(cancelOf(caller.id, request));
  }

  #onResult(session: Session, message: Result): void {
    const [, request, details] = message;
    const isProgress = details.progress === true;
    if (isProgress ? !this.isOpenCall(session, request) : !this.#end(session, request)) return;
    if (session.transport.send(message) !== "too large") return;
    // A caller that missed a part must not take the rest for the whole (PROG-10).
    if (isProgress) return this.#cancelFor(session, request, WampUri.PAYLOAD_SIZE_EXCEEDED, TOO_LARGE);
    sendCallError(session, request, WampUri.PAYLOAD_SIZE_EXCEEDED, TOO_LARGE);
  }

  #onError(session: Session, message: ErrorMessage): void {
    const [, , request] = message;
    if (!this.#end(session, request) || session.transport.send(message) !== "too large") return;
    sendCallError(session, request, WampUri.PAYLOAD_SIZE_EXCEEDED, TOO_LARGE);
  }

  /** Ends a call; false if it has ended before. */
  #end(session: Session, request: Id): boolean {
    const call = this.#calls.get(session, request);
    if (call === undefined) return false;
    this.#calls.delete(session, request);
    if (call.isInputOpen) this.endInput(session, request);
    return true;
  }

  #isLateChunk(caller: Session, [, request, options]: Call): boolean {
    const { endedInputs } = this.tables.pending;
    if (!endedInputs.has(caller, request)) return false;
    if (options.progress !== true) endedInputs.delete(caller, request);
    return true;
  }
}

/** Returns the message that ends a call at the core of which the relay has told the caller that it has failed. */
export function cancelOf(caller: Id, request: Id): ToCore {
  return { kind: "request", session: caller, message: [MessageType.CANCEL, request, { mode: "killnowait" }] };
}

const NOTHING: ReadonlySet<ToCore> = new Set();
const CANCELED = "the call was canceled";
