/** Hands the requests of remote sessions to the core's dealer, and refuses them as a realm does. */

import type { Permission } from "../../authorization/permission-rules.ts";
import { calleeOf } from "../../dealer/registrations.ts";
import type { Log } from "../../host/host.ts";
import { thrown } from "../../host/log-line.ts";
import { CloseCode } from "../../protocol/close-code.ts";
import { ProtocolViolation, WampError, WampUri } from "../../protocol/errors.ts";
import { type Call, MessageType, type Register, type Unregister, type Yield } from "../../protocol/message.ts";
import { isReservedUri, type Match } from "../../protocol/uri.ts";
import type { Id, Uri } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";
import type { LaterRequest, OpenCalls, ToCore, ToRelay, UnregisterRequest } from "../link/messages.ts";
import type { CoreDealer } from "./core-dealer.ts";
import type { CorePendingCalls } from "./core-pending-calls.ts";
import { cancelCall, errorOf, failInvocation } from "./lost-calls.ts";
import { isKeptByRelay } from "./remote-invocations.ts";
import type { RemoteSessions } from "./remote-sessions.ts";

/** The messages of a relay that are requests of one of its sessions. */
export type RemoteRequest = Extract<
  ToCore,
  { readonly kind: "register" | "unregister" | "call" | "chunk" | "request" | "undo" | "too large" }
>;

/** The parts of the core that requests need. */
export interface RemoteRequestsParts {
  readonly dealer: CoreDealer;
  readonly sessions: RemoteSessions;
  /** Takes a call of a procedure of the router. */
  callMeta(caller: Session, message: Call, permission: Permission): void;
  /** Takes note of a call that no callee could get. */
  noteUnheard(procedure: Uri, caller: Session): void;
}

/** Does for remote sessions what `Realm.receive` does for others; the relay has checked roles, rates and permissions. */
export class RemoteRequests {
  readonly #dealer: CoreDealer;
  readonly #pending: CorePendingCalls;
  readonly #sessions: RemoteSessions;
  readonly #host: Log;
  readonly #queue: (relay: number, message: ToRelay) => void;
  readonly #callMeta: RemoteRequestsParts["callMeta"];
  readonly #noteUnheard: RemoteRequestsParts["noteUnheard"];

  /** `queue` queues a message for a relay. */
  constructor(
    { dealer, sessions, callMeta, noteUnheard }: RemoteRequestsParts,
    host: Log,
    queue: (relay: number, message: ToRelay) => void,
  ) {
    this.#callMeta = callMeta;
    this.#noteUnheard = noteUnheard;
    this.#dealer = dealer;
    this.#pending = dealer.pending;
    this.#sessions = sessions;
    this.#host = host;
    this.#queue = queue;
  }

  /** Takes a request; its answers go through the session's transport. */
  receive(relay: number, request: RemoteRequest): void {
    const session =
      request.kind === "register" || request.kind === "call"
        ? this.#sessions.open(relay, request.origin)
        : this.#sessions.byId.get(request.session);
    if (session === undefined) return this.#refuseUnknown(relay, request);
    // A session that holds nothing after this turn is forgotten, whatever the request was.
    session.transport.save();
    try {
      this.#hand(session, request);
    } catch (error) {
      this.#refuse(relay, session, request, error);
    }
  }

  /** Tells the relay of a callee that an invocation is over. */
  tellOver(callee: Session, key: Id, isAbandoned: boolean): void {
    this.#queue(this.#sessions.relayOf(callee), { kind: "over", session: callee.id, key, isAbandoned });
  }

  /** Fails the call of an invocation that its relay has not acknowledged, and tells the relay so. */
  failInvocation(calleeId: Id, key: Id): void {
    const callee = this.#sessions.byId.get(calleeId);
    const invocation = callee && this.#pending.invocation(callee, key);
    if (invocation === undefined) return;
    failInvocation(this.#dealer, invocation, WampUri.UNAVAILABLE, "the callee's relay cannot be reached");
  }

  /** Ends a call, if it is still open, of which a result was lost: its caller must not take the rest for the whole. */
  endCall(callerId: Id, request: Id): void {
    const caller = this.#sessions.byId.get(callerId);
    if (caller !== undefined) cancelCall(this.#dealer, caller, request);
  }

  /** Makes what the core and a relay know of the calls of one session agree. */
  checkOpenCalls(relay: number, message: OpenCalls): void {
    const { session: sessionId, requests, keys } = message;
    const session = this.#sessions.byId.get(sessionId);
    if (session !== undefined) this.#endUnknown(session, message);
    for (const key of keys) {
      if (session !== undefined && this.#pending.invocation(session, key) !== undefined) continue;
      this.#queue(relay, { kind: "over", session: sessionId, key, isAbandoned: true });
    }
    for (const request of requests) {
      if (session !== undefined && this.#isOpen(session, request)) continue;
      this.#queue(relay, {
        kind: "send",
        session: sessionId,
        message: errorOf(MessageType.CALL, request, WampUri.CANCELED, "the router has restarted"),
      });
    }
  }

  #isOpen(session: Session, request: Id): boolean {
    return this.#dealer.isOpenCall(session, request) || this.#sessions.routerCallsOf(session).has(request);
  }

  /** Ends the calls that the relay has failed, and those whose answers are lost. */
  #endUnknown(session: Session, { requests, keys, lastKey }: OpenCalls): void {
    const { pending, queue } = this.#dealer.tables;
    for (const request of [...pending.callsOf(session).keys(), ...queue.callsOf(session).keys()]) {
      if (requests.includes(request)) continue;
      cancelCall(this.#dealer, session, request);
    }
    for (const invocation of [...pending.invocationsOf(session).values()]) {
      const { request: key } = invocation;
      if (key > lastKey || keys.includes(key)) continue;
      failInvocation(this.#dealer, invocation, WampUri.CANCELED, "the callee's answer was lost");
    }
  }

  #hand(session: Session, request: RemoteRequest): void {
    switch (request.kind) {
      case "register":
        if (request.isRepeated && this.#confirm(session, request.message)) return;
        return this.#dealer.register(session, request.message, request.permission);
      case "call":
        if (isReservedUri(request.message[3])) return this.#callRouter(session, request.message, request.permission);
        return this.#dealer.call(session, request.message, request.permission);
      case "chunk":
        this.#sessions.noteInput(session, request.message[1]);
        return void this.#dealer.continue(session, request.message);
      case "too large":
        return this.#dealer.failTooLarge(session, request.front);
      case "request":
        return this.#handLater(session, request.message);
      case "unregister":
        return this.#unregister(session, request);
      case "undo":
        return this.#undo(session, request.message);
    }
  }

  #unregister(session: Session, { message, laterRegisters }: UnregisterRequest): void {
    const made = this.#registerOf(session, message);
    if (made === undefined || !laterRegisters.includes(made)) return this.#dealer.unregister(session, message);
    session.transport.send([MessageType.UNREGISTERED, message[1]]);
  }

  /** The session may hold the registration by an earlier REGISTER than the one that has failed. */
  #undo(session: Session, message: Unregister): void {
    const made = this.#registerOf(session, message);
    if (made !== undefined && made !== message[1]) {
      throw new WampError(WampUri.NO_SUCH_REGISTRATION, "another REGISTER has made the registration");
    }
    this.#dealer.unregister(session, message);
  }

  /** The REGISTER.Request that has made the session a callee of the registration. */
  #registerOf(session: Session, [, , registration]: Unregister): Id | undefined {
    const present = this.#dealer.registrations.byId(registration);
    return present && calleeOf(present, session)?.request;
  }

  #callRouter(session: Session, message: Call, permission: Permission): void {
    this.#sessions.routerCallsOf(session).add(message[1]);
    this.#callMeta(session, message, permission);
  }

  #handLater(session: Session, message: LaterRequest): void {
    switch (message[0]) {
      case MessageType.CANCEL:
        return this.#dealer.cancel(session, message);
      case MessageType.YIELD:
        return this.#yield(session, message);
      case MessageType.ERROR:
        return this.#pending.answer(session, message[2], () => this.#dealer.error(session, message));
    }
  }

  #yield(session: Session, message: Yield): void {
    const [, key] = message;
    if (!isKeptByRelay(message)) return this.#pending.answer(session, key, () => this.#dealer.yield(session, message));
    const isLate = this.#pending.invocation(session, key) === undefined;
    this.#dealer.yield(session, message);
    if (isLate) this.tellOver(session, key, true);
  }

  /** Answers a REGISTER again whose first answer was lost; false if the session does not hold the registration. */
  #confirm(session: Session, [, request, options, procedure]: Register): boolean {
    const { registrations } = this.#dealer;
    const present = registrations.get((options.match ?? "exact") as Match, procedure);
    if (present === undefined || !registrations.heldBy(session).has(present.id)) return false;
    session.transport.send([MessageType.REGISTERED, request, present.id]);
    return true;
  }

  #refuse(relay: number, session: Session, request: RemoteRequest, error: unknown): void {
    if (error instanceof WampError && request.kind !== "too large") {
      const [type, id] = request.message;
      if (request.kind === "call" && error.uri === WampUri.NO_SUCH_PROCEDURE) {
        this.#noteUnheard(request.message[3], session);
      }
      // Only REGISTER, UNREGISTER and CALL throw a WampError, and their second element is the request id.
      session.transport.send(errorOf(type, id, error.uri, error.message));
    } else if (error instanceof ProtocolViolation) {
      const { uri, message: text, code } = error;
      this.#queue(relay, { kind: "abort", session: session.id, uri, text, code });
    } else {
      this.#host.log({ level: "error", event: "message.failed", session: session.id, ...thrown(error) });
      const fault = { uri: WampUri.INTERNAL_ERROR, text: "internal error", code: CloseCode.INTERNAL_ERROR };
      this.#queue(relay, { kind: "abort", session: session.id, ...fault });
    }
  }

  /** The session holds nothing: answers to its calls come too late, and there is nothing to unregister. */
  #refuseUnknown(relay: number, request: RemoteRequest): void {
    if (request.kind === "unregister") {
      const { session, message } = request;
      const [type, id, registration] = message;
      const text = `the session does not hold registration ${registration}`;
      const refusal = errorOf(type, id, WampUri.NO_SUCH_REGISTRATION, text);
      this.#queue(relay, { kind: "send", session, message: refusal });
    } else if (request.kind === "request") {
      const { session, message } = request;
      if (message[0] !== MessageType.YIELD || !isKeptByRelay(message)) return;
      this.#queue(relay, { kind: "over", session, key: message[1], isAbandoned: true });
    }
  }
}
