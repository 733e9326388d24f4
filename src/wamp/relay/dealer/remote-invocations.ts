/** What passes between the core and the callees of a relay: INVOCATION, INTERRUPT, and the answers of callees. */

import { argsOf, dropLateResult } from "../../dealer/call-results.ts";
import { FAULT_ERROR } from "../../dealer/invocation.ts";
import { WampUri } from "../../protocol/errors.ts";
import {
  type ErrorMessage,
  type Interrupt,
  type Invocation,
  MessageType,
  NO_DETAILS,
  type Yield,
} from "../../protocol/message.ts";
import { isPassthru } from "../../protocol/payload-passthru.ts";
import type { Id, Uri } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";
import type { RememberedRequests } from "../../session/session-table.ts";
import type { CoreSender } from "../link/core-sender.ts";
import { isLong } from "../link/message-size.ts";
import type { ToCore } from "../link/messages.ts";
import type { InvocationNumbers } from "./invocation-numbers.ts";
import type { RemoteRegistrations } from "./remote-registrations.ts";

/** The parts of a relay's dealer that invocations need. */
export interface RemoteInvocationsParts {
  readonly link: CoreSender;
  readonly numbers: InvocationNumbers;
  readonly registrations: RemoteRegistrations;
  /** See `PendingCalls.abandoned`. */
  readonly abandoned: RememberedRequests;
}

/** Translates the numbers of invocations; what cannot be passed on becomes an error, so that each call ends. */
export class RemoteInvocations {
  readonly #link: CoreSender;
  readonly #numbers: InvocationNumbers;
  readonly #registrations: RemoteRegistrations;
  readonly #abandoned: RememberedRequests;

  constructor({ link, numbers, registrations, abandoned }: RemoteInvocationsParts) {
    this.#link = link;
    this.#numbers = numbers;
    this.#registrations = registrations;
    this.#abandoned = abandoned;
  }

  /**
   * If the callee cannot be sent the invocation, its call fails as if the callee had answered so. More input may be on its
   * way, for which the number is over then: it must not begin an invocation.
   */
  invoke(callee: Session, [type, key, registration, details, payload]: Invocation): void {
    const { lastInvocation } = callee;
    const isMoreInput = this.#numbers.requestOf(callee, key) !== undefined;
    const request = this.#numbers.take(callee, key);
    if (request === undefined) return;
    // It may work on what it was called for while it had the registration.
    const isUnknown = !isMoreInput && this.#registrations.isUndoing(callee, registration);
    const fault = isUnknown ? "unregistered" : callee.transport.send([type, request, registration, details, payload]);
    if (fault === undefined) return;
    this.#numbers.end(callee, { request, key });
    // The callee has not seen the number, and numbers must be sequential.
    callee.lastInvocation = lastInvocation;
    if (isMoreInput && callee.has("callee.call_canceling")) {
      callee.transport.send([MessageType.INTERRUPT, request, { mode: "killnowait" }]);
    }
    const uri = fault === "unregistered" ? WampUri.UNAVAILABLE : FAULT_ERROR[fault];
    const text = "the invocation could not be sent to the callee";
    this.#link.queue(failedInvocation(callee.id, key, uri, text));
  }

  /** Sends a callee INTERRUPT. */
  interrupt(callee: Session, [type, key, options]: Interrupt): void {
    const request = this.#numbers.requestOf(callee, key);
    if (request !== undefined) callee.transport.send([type, request, options]);
  }

  /** Sends the core a result or a part of it. */
  yield(callee: Session, message: Yield): void {
    const [type, request, options, payload] = message;
    const isProgress = options.progress === true;
    const key = this.#numbers.keyOf(callee, request);
    if (key === undefined) return dropLateResult(callee, request, isProgress, this.#abandoned);
    if (this.#link.isFull && (isProgress || isLong(message))) return this.#replace(callee, key);
    if (!isKeptByRelay(message)) this.#numbers.end(callee, { request, key });
    this.#link.queue({ kind: "request", session: callee.id, message: [type, key, options, payload] });
  }

  /** Sends the core the ERROR of a callee. */
  error(callee: Session, answer: ErrorMessage): void {
    const [type, requestType, request, details, uri, payload] = answer;
    const key = this.#numbers.keyOf(callee, request);
    if (key === undefined) return dropLateResult(callee, request, false, this.#abandoned);
    if (this.#link.isFull && isLong(answer)) return this.#replace(callee, key);
    this.#numbers.end(callee, { request, key });
    const message: ErrorMessage = [type, requestType, key, details, uri, payload];
    this.#link.queue({ kind: "request", session: callee.id, message });
  }

  /** See `Dealer.failTooLarge`. */
  failTooLarge(callee: Session, [type, first, second]: readonly number[]): void {
    const request = type === MessageType.YIELD ? first : type === MessageType.ERROR ? second : undefined;
    const key = request === undefined ? undefined : this.#numbers.keyOf(callee, request);
    if (key !== undefined) this.#link.queue({ kind: "too large", session: callee.id, front: [MessageType.YIELD, key] });
  }

  /** Sends a callee the ERROR for its YIELD, which does not reach the caller (PPT-08). */
  refuseYield(callee: Session, [type, requestType, key, details, uri, payload]: ErrorMessage): void {
    const request = this.#numbers.requestOf(callee, key);
    if (request !== undefined) callee.transport.send([type, requestType, request, details, uri, payload]);
  }

  /**
   * An invocation is over without the callee's answer. `isAbandoned`: the callee was not told, so that it is interrupted
   * once if it goes on with progress (LEAVE-04).
   */
  end(callee: Session, key: Id, isAbandoned: boolean): void {
    const request = this.#numbers.requestOf(callee, key);
    if (request === undefined) return;
    this.#numbers.end(callee, { request, key });
    if (isAbandoned && callee.has("callee.call_canceling")) this.#abandoned.add(callee, request);
  }

  /** An answer that the link does not take becomes an error, which is small. */
  #replace(callee: Session, key: Id): void {
    this.end(callee, key, true);
    this.#link.queue(lostAnswer(callee.id, key));
  }
}

/**
 * Does the relay keep the invocation of a YIELD until the core says that it is over? A final answer ends it, unless the
 * core may still answer it with ERROR (PPT-08).
 */
export function isKeptByRelay([, , options]: Yield): boolean {
  return options.progress === true || isPassthru(options);
}

/** Returns the error that stands for a callee's answer which does not reach the core. */
export function lostAnswer(callee: Id, key: Id): ToCore {
  return failedInvocation(
    callee,
    key,
    WampUri.UNAVAILABLE,
    "the answer of the callee cannot reach the core of the realm",
  );
}

function failedInvocation(callee: Id, key: Id, uri: Uri, text: string): ToCore {
  const type = MessageType.INVOCATION;
  const message: ErrorMessage = [MessageType.ERROR, type, key, NO_DETAILS, uri, argsOf(text)];
  return { kind: "request", session: callee, message };
}
