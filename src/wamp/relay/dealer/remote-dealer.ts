/** The dealer of a relay: hands REGISTER, CALL and what follows to the core, and its messages to the sessions. */

import type { Permission } from "../../authorization/permission-rules.ts";
import { argsOf, dropLateResult, sendCallError, TOO_LARGE } from "../../dealer/call-results.ts";
import { Dealer } from "../../dealer/dealer.ts";
import { checkCall } from "../../dealer/invocation.ts";
import { ProtocolViolation, WampUri } from "../../protocol/errors.ts";
import type {
  Call,
  Cancel,
  ErrorMessage,
  Invocation,
  Register,
  Result,
  RouterMessage,
  Unregister,
  Yield,
} from "../../protocol/message.ts";
import { MessageType, NO_DETAILS } from "../../protocol/message.ts";
import type { Id, Uri } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";
import { SessionTable } from "../../session/session-table.ts";
import type { RemoteOrigin, ToCore } from "../link/messages.ts";
import { RemoteCalls } from "./remote-calls.ts";
import { isKeptByRelay } from "./remote-invocations.ts";

/**
 * Its tables of registrations and invocations stay empty: the core's dealer has them. What it knows are the calls that
 * wait for their results, because each needs exactly one, whatever becomes of the core.
 */
export class RemoteDealer extends Dealer {
  readonly #send: (message: ToCore) => void;
  readonly #calls = new RemoteCalls();
  /** session → request → REGISTER or UNREGISTER that the core has not answered */
  readonly #registering = new SessionTable<ToCore>();
  /** All messages of the table. */
  readonly #unanswered = new WeakSet<ToCore>();
  /** Those of them that the core may have processed without its answer arriving. */
  readonly #uncertain = new WeakSet<ToCore>();

  /** `send` queues a message for the core. */
  constructor(send: (message: ToCore) => void, ...parts: ConstructorParameters<typeof Dealer>) {
    super(...parts);
    this.#send = send;
    this.tables.remote = this.#calls;
  }

  /** Does any session wait for an answer of the core? */
  get hasOpenRequests(): boolean {
    for (const session of this.#calls.sessions()) {
      if (this.#calls.of(session).size > 0 || this.#registering.of(session).size > 0) return true;
    }
    return false;
  }

  /** Does any session wait for the answer to REGISTER or UNREGISTER, which a sleep would lose? */
  get isRegistering(): boolean {
    return this.#registering.count() > 0;
  }

  override isOpenCall(caller: Session, request: Id): boolean {
    return this.#calls.get(caller, request) !== undefined;
  }

  override isFurtherInput(caller: Session, request: Id): boolean {
    return this.isOpenCall(caller, request) || this.tables.pending.endedInputs.has(caller, request);
  }

  override register(session: Session, message: Register, permission: Permission): void {
    this.#calls.introduce(session);
    session.transport.save();
    const request = { kind: "register", origin: originOf(session), permission, message, isRepeated: false } as const;
    this.#await(session, message[1], request);
    this.#send(request);
  }

  override unregister(session: Session, message: Unregister): void {
    const request = { kind: "request", session: session.id, message } as const;
    this.#await(session, message[1], request);
    this.#send(request);
  }

  override call(caller: Session, message: Call, permission: Permission): void {
    checkCall(caller, message);
    const [, request, options] = message;
    this.#calls.set(caller, { request, isInputOpen: options.progress === true });
    this.#send({ kind: "call", origin: originOf(caller), permission, message });
  }

  override continue(caller: Session, message: Call): boolean {
    const [, request, options] = message;
    const call = this.#calls.get(caller, request);
    if (call === undefined) return this.#isLateChunk(caller, message);
    if (!call.isInputOpen) throw new ProtocolViolation("CALL: request id of a call that is still open");
    if (options.progress !== true) this.#calls.set(caller, { request, isInputOpen: false });
    this.#send({ kind: "chunk", session: caller.id, message });
    return true;
  }

  override yield(session: Session, message: Yield): void {
    const [type, request, options, payload] = message;
    const key = this.#calls.invocations.keyOf(session, request);
    if (key === undefined) return this.#dropLateResult(session, request, options.progress === true);
    if (!isKeptByRelay(message)) this.#calls.invocations.end(session, { request, key });
    this.#send({ kind: "request", session: session.id, message: [type, key, options, payload] });
  }

  override error(session: Session, [type, requestType, request, details, uri, payload]: ErrorMessage): void {
    const key = this.#calls.invocations.keyOf(session, request);
    if (key === undefined) return this.#dropLateResult(session, request, false);
    this.#calls.invocations.end(session, { request, key });
    this.#send({ kind: "request", session: session.id, message: [type, requestType, key, details, uri, payload] });
  }

  override failTooLarge(session: Session, [type, first, second]: readonly number[]): void {
    const request = type === MessageType.YIELD ? first : type === MessageType.ERROR ? second : undefined;
    const key = request === undefined ? undefined : this.#calls.invocations.keyOf(session, request);
    if (key !== undefined) this.#send({ kind: "too large", session: session.id, front: [MessageType.YIELD, key] });
  }

  override cancel(caller: Session, message: Cancel): void {
    if (this.isOpenCall(caller, message[1])) this.#send({ kind: "request", session: caller.id, message });
  }

  override leave(session: Session): void {
    if (this.#calls.isKnown(session)) this.#send({ kind: "leave", session: session.id });
    this.#calls.leave(session);
    this.#registering.leave(session);
    super.leave(session);
  }

  /** Takes a message of the core's dealer for a session. */
  receive(session: Session, message: RouterMessage): void {
    switch (message[0]) {
      case MessageType.RESULT:
        return this.#onResult(session, message);
      case MessageType.ERROR:
        if (message[1] === MessageType.CALL && !this.#end(session, message[2])) return;
        if (isAboutRegistration(message[1])) return this.#onRegistrationError(session, message);
        if (message[1] === MessageType.YIELD) return this.#onYieldError(session, message);
        break;
      case MessageType.REGISTERED:
      case MessageType.UNREGISTERED:
        if (message[1] !== 0 && !this.#isAnswer(session, message[1])) return;
        break;
      case MessageType.INVOCATION:
        return this.#onInvocation(session, message);
      case MessageType.INTERRUPT: {
        const request = this.#calls.invocations.requestOf(session, message[1]);
        if (request !== undefined) session.transport.send([message[0], request, message[2]]);
        return;
      }
    }
    session.transport.send(message);
  }

  /** An invocation is over without the callee's answer; `isAbandoned` as in the message `over`. */
  over(session: Session, key: Id, isAbandoned: boolean): void {
    const request = this.#calls.invocations.requestOf(session, key);
    if (request === undefined) return;
    this.#calls.invocations.end(session, { request, key });
    if (isAbandoned && session.has("callee.call_canceling")) this.tables.pending.abandoned.add(session, request);
  }

  /** Fails a call of which the core cannot say what has become of it, unless it has ended. */
  fail(sessionId: Id, request: Id, uri: Uri, text: string): void {
    for (const session of this.#calls.sessions()) {
      if (session.id === sessionId && this.#end(session, request)) sendCallError(session, request, uri, argsOf(text));
    }
  }

  /**
   * Says whether a message is to be sent again, which the core may have processed before: not a REGISTER or UNREGISTER
   * that it has answered, because it could answer differently now.
   */
  mayResend(message: ToCore): boolean {
    this.#uncertain.add(message);
    const isRequest = message.kind === "register" || message.kind === "request";
    return !(isRequest && isAboutRegistration(message.message[0])) || this.#unanswered.has(message);
  }

  /**
   * After the core has restarted: repeats what it has not answered, and tells it which calls wait for their results.
   * `unsent` are the messages that it gets in any case: two of the same REGISTER could be answered differently.
   */
  repeat(unsent: ReadonlySet<ToCore>): void {
    for (const session of this.#calls.sessions()) {
      for (const request of this.#registering.of(session).values()) {
        if (!unsent.has(request)) this.#repeatRequest(session, request);
      }
      this.#stateOpenCalls(session);
    }
  }

  /** Tells the core which calls and invocations were open before the relay slept. */
  stateRestored(): void {
    for (const session of this.#calls.takeRestored()) this.#stateOpenCalls(session);
  }

  #stateOpenCalls(session: Session): void {
    const requests = [...this.#calls.of(session).keys()];
    const keys = this.#calls.invocations.keysOf(session);
    if (requests.length + keys.length > 0) this.#send({ kind: "open calls", session: session.id, requests, keys });
  }

  #await(session: Session, request: Id, message: ToCore): void {
    this.#registering.set(session, request, message);
    this.#unanswered.add(message);
  }

  #repeatRequest(session: Session, request: ToCore): void {
    this.#uncertain.add(request);
    if (request.kind !== "register") return this.#send(request);
    const repeated = { ...request, isRepeated: true };
    this.#await(session, request.message[1], repeated);
    this.#send(repeated);
  }

  /** A registration that is gone when UNREGISTER is repeated was removed by the first one. */
  #onRegistrationError(session: Session, message: ErrorMessage): void {
    const [, type, request, , uri] = message;
    const asked = this.#registering.get(session, request);
    if (!this.#isAnswer(session, request)) return;
    const isDone = type === MessageType.UNREGISTER && uri === WampUri.NO_SUCH_REGISTRATION;
    if (isDone && this.#uncertain.has(asked!)) session.transport.send([MessageType.UNREGISTERED, request]);
    else session.transport.send(message);
  }

  /** Is it the first answer to a REGISTER or UNREGISTER? */
  #isAnswer(session: Session, request: Id): boolean {
    const asked = this.#registering.get(session, request);
    if (asked === undefined) return false;
    this.#unanswered.delete(asked);
    this.#registering.delete(session, request);
    return true;
  }

  #onResult(session: Session, message: Result): void {
    const [, request, details] = message;
    const isProgress = details.progress === true;
    if (isProgress ? !this.isOpenCall(session, request) : !this.#end(session, request)) return;
    if (session.transport.send(message) !== "too large") return;
    // A caller that missed a part must not take the rest for the whole (PROG-10).
    if (isProgress) {
      this.#end(session, request);
      const cancel: Cancel = [MessageType.CANCEL, request, { mode: "killnowait" }];
      this.#send({ kind: "request", session: session.id, message: cancel });
    }
    sendCallError(session, request, WampUri.PAYLOAD_SIZE_EXCEEDED, TOO_LARGE);
  }

  /** If the callee cannot be sent the invocation, its call fails as if the callee had answered so. */
  #onInvocation(session: Session, [type, key, registration, details, payload]: Invocation): void {
    const request = this.#calls.invocations.take(session, key);
    if (request === undefined) return;
    const fault = session.transport.send([type, request, registration, details, payload]);
    if (fault === undefined) return;
    const uri = fault === "closed" ? WampUri.NETWORK_FAILURE : WampUri.PAYLOAD_SIZE_EXCEEDED;
    const text = argsOf("the invocation could not be sent to the callee");
    this.error(session, [MessageType.ERROR, MessageType.INVOCATION, request, NO_DETAILS, uri, text]);
  }

  #onYieldError(session: Session, [type, requestType, key, details, uri, payload]: ErrorMessage): void {
    const request = this.#calls.invocations.requestOf(session, key);
    if (request !== undefined) session.transport.send([type, requestType, request, details, uri, payload]);
  }

  #dropLateResult(session: Session, request: Id, isProgress: boolean): void {
    dropLateResult(session, request, isProgress, this.tables.pending.abandoned);
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

/** Returns what the core makes a remote session of. */
function originOf({ id, identity, features }: Session): RemoteOrigin {
  return { id, identity, features };
}

function isAboutRegistration(type: number): boolean {
  return type === MessageType.REGISTER || type === MessageType.UNREGISTER;
}
