/** Answers a message that could not be processed: with ERROR, or with ABORT where the conversation is broken. */

import type { Dealer } from "../dealer/dealer.ts";
import type { Log } from "../host/host.ts";
import { thrown } from "../host/log-line.ts";
import type { Monitor } from "../monitoring/monitor.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { ProtocolViolation, WampError, WampUri } from "../protocol/errors.ts";
import { MessageType, NO_DETAILS, type MessageType as Type } from "../protocol/message.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { Peer } from "../session/peer.ts";
import type { Sessions } from "./sessions.ts";

/** The parts of a realm that a refused message concerns. */
export interface ErrorContext {
  readonly host: Log;
  readonly sessions: Sessions;
  readonly dealer: Dealer;
  readonly monitor: Monitor;
}

/** The replies of one realm. */
export class ErrorReplies {
  readonly #context: ErrorContext;

  constructor(context: ErrorContext) {
    this.#context = context;
  }

  /** Turns what the processing of a message has thrown into ERROR or ABORT, and counts it. */
  send(peer: Peer, elements: readonly unknown[], error: unknown): void {
    this.#count(peer, elements, error);
    const { sessions } = this.#context;
    if (error instanceof ProtocolViolation) sessions.abort(peer, error.uri, error.message, error.code);
    else if (error instanceof WampError) this.#sendError(peer, elements, error);
    else {
      this.#context.host.log({
        level: "error",
        event: "message.failed",
        ...senderOf(peer),
        type: elements[0],
        ...thrown(error),
      });
      sessions.abort(peer, WampUri.INTERNAL_ERROR, "internal error", CloseCode.INTERNAL_ERROR);
    }
  }

  #count({ state }: Peer, [type, , , uri]: readonly unknown[], error: unknown): void {
    const { counters, unheard } = this.#context.monitor;
    counters.countLimit(error);
    if (state.kind !== "open" || type !== MessageType.CALL) return;
    if (error instanceof WampError && error.uri === WampUri.NO_SUCH_PROCEDURE) {
      unheard.add("call", uri as Uri, state.session);
    }
  }

  /** Only requests throw a WampError, and `parse` has checked their ids and options. */
  #sendError(peer: Peer, elements: readonly unknown[], error: WampError): void {
    // Options that are null are absent (MSG-12).
    const [type, request, options] = elements as readonly [Type, Id, Dict | null | undefined];
    // An unacknowledged PUBLISH gets no ERROR (PUB-04).
    if (type === MessageType.PUBLISH && options?.acknowledge !== true) {
      return this.#context.monitor.counters.countError(error.uri);
    }
    // More chunks of a refused call may follow.
    if (type === MessageType.CALL && options?.progress === true && peer.state.kind === "open") {
      this.#context.dealer.endInput(peer.state.session, request);
    }
    const { transport } = peer.state.kind === "open" ? peer.state.session : peer;
    transport.send([MessageType.ERROR, type, request, NO_DETAILS, error.uri, error.payload]);
  }
}

/** Returns the sender of a message, for the log. */
function senderOf({ state, network }: Peer): Dict {
  if (state.kind !== "open") return { network };
  const { id, identity } = state.session;
  return { session: id, authid: identity.authid, network };
}
