/** Hands the requests of remote sessions to the core's dealer, and refuses them as a realm does. */

import { argsOf } from "../../dealer/call-results.ts";
import type { Dealer } from "../../dealer/dealer.ts";
import type { Log } from "../../host/host.ts";
import { thrown } from "../../host/log-line.ts";
import { CloseCode } from "../../protocol/close-code.ts";
import { ProtocolViolation, WampError, WampUri } from "../../protocol/errors.ts";
import { type ErrorMessage, MessageType, NO_DETAILS, type Register } from "../../protocol/message.ts";
import type { Match } from "../../protocol/uri.ts";
import type { Id, Uri } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";
import type { LaterRequest, ToCore, ToRelay } from "../link/messages.ts";
import type { RemoteSessions } from "./remote-sessions.ts";

/** The messages of a relay that are requests of one of its sessions. */
export type RemoteRequest = Extract<ToCore, { readonly kind: "register" | "call" | "chunk" | "request" | "too large" }>;

/** The part of the core that stands in for `Realm.receive`; the relay has checked roles, rates and permissions. */
export class RemoteRequests {
  readonly #dealer: Dealer;
  readonly #sessions: RemoteSessions;
  readonly #host: Log;
  readonly #queue: (relay: number, message: ToRelay) => void;

  /** `queue` queues a message for a relay. */
  constructor(dealer: Dealer, sessions: RemoteSessions, host: Log, queue: (relay: number, message: ToRelay) => void) {
    this.#dealer = dealer;
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

  /** Fails the calls that a relay waits for, and that the core has lost in a restart. */
  checkOpenCalls(relay: number, sessionId: Id, requests: readonly Id[]): void {
    const session = this.#sessions.byId.get(sessionId);
    for (const request of requests) {
      if (session !== undefined && this.#dealer.isOpenCall(session, request)) continue;
      this.#queue(relay, {
        kind: "send",
        session: sessionId,
        message: errorOf(MessageType.CALL, request, WampUri.CANCELED, "the router has restarted"),
      });
    }
  }

  #hand(session: Session, request: RemoteRequest): void {
    switch (request.kind) {
      case "register":
        if (request.isRepeated && this.#confirm(session, request.message)) return;
        return this.#dealer.register(session, request.message, request.permission);
      case "call":
        return this.#dealer.call(session, request.message, request.permission);
      case "chunk":
        return void this.#dealer.continue(session, request.message);
      case "too large":
        return this.#dealer.failTooLarge(session, request.front);
      case "request":
        return this.#handLater(session, request.message);
    }
  }

  #handLater(session: Session, message: LaterRequest): void {
    switch (message[0]) {
      case MessageType.UNREGISTER:
        return this.#dealer.unregister(session, message);
      case MessageType.CANCEL:
        return this.#dealer.cancel(session, message);
      case MessageType.YIELD:
        return this.#dealer.yield(session, message);
      case MessageType.ERROR:
        return this.#dealer.error(session, message);
    }
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
    if (request.kind !== "request" || request.message[0] !== MessageType.UNREGISTER) return;
    const [type, id] = request.message;
    const text = "the session does not hold the registration";
    const message = errorOf(type, id, WampUri.NO_SUCH_REGISTRATION, text);
    this.#queue(relay, { kind: "send", session: request.session, message });
  }
}

function errorOf(type: MessageType, request: Id, uri: Uri, text: string): ErrorMessage {
  return [MessageType.ERROR, type, request, NO_DETAILS, uri, argsOf(text)];
}
