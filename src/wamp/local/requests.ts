/** The requests of a client: each sends its message and resolves to the outcome. */

import type { RouterMessage } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import type { Payload } from "../protocol/payload.ts";
import type { Dict, Id, List, Uri } from "../protocol/values.ts";
import type { CallOutcome, OnAcknowledged, OnProgress } from "../session/pending-requests.ts";
import { PendingRequests } from "../session/pending-requests.ts";

/** A subclass knows the way to the realm. No outcome rejects. */
export abstract class Requests extends PendingRequests {
  /** Hands the realm a message, its payload, if any, as a `Payload`. */
  abstract submit(message: List): void;

  /** Resolves in any case, but without `options.timeout` (milliseconds) maybe never. `signal` cancels the call. */
  call(
    procedure: Uri,
    payload: Payload,
    options: Dict,
    onProgress?: OnProgress,
    signal?: AbortSignal,
  ): Promise<CallOutcome> {
    const { request, outcome } = this.expect(onProgress);
    const all = onProgress === undefined ? options : { ...options, receive_progress: true };
    this.submit([MessageType.CALL, request, all, procedure, payload]);
    if (signal === undefined) return outcome;
    const cancel = (): void => this.submit([MessageType.CANCEL, request, { mode: "killnowait" }]);
    signal.addEventListener("abort", cancel);
    return outcome.finally(() => signal.removeEventListener("abort", cancel));
  }

  /** The result is the publication id. */
  publish(topic: Uri, payload: Payload, options: Dict): Promise<CallOutcome> {
    return this.#request(MessageType.PUBLISH, [{ ...options, acknowledge: true }, topic, payload]);
  }

  /** The result is the subscription id; `onAcknowledged` gets it before any event of the subscription arrives. */
  subscribe(topic: Uri, options: Dict, onAcknowledged: OnAcknowledged): Promise<CallOutcome> {
    return this.#request(MessageType.SUBSCRIBE, [options, topic], onAcknowledged);
  }

  /** Ends a subscription. */
  unsubscribe(subscription: Id, onAcknowledged: OnAcknowledged): Promise<CallOutcome> {
    return this.#request(MessageType.UNSUBSCRIBE, [subscription], onAcknowledged);
  }

  /** The result is the registration id; `onAcknowledged` gets it before any call of the procedure arrives. */
  register(procedure: Uri, options: Dict, onAcknowledged: OnAcknowledged): Promise<CallOutcome> {
    return this.#request(MessageType.REGISTER, [options, procedure], onAcknowledged);
  }

  /** Ends a registration. */
  unregister(registration: Id, onAcknowledged: OnAcknowledged): Promise<CallOutcome> {
    return this.#request(MessageType.UNREGISTER, [registration], onAcknowledged);
  }

  /** Settles the request that a message answers; `onMessage` passes the replies on. */
  settleWith(message: RouterMessage): void {
    super.send(message);
  }

  /** Settles all requests with `wamp.error.canceled`. */
  cancelRequests(): void {
    super.close();
  }

  #request(type: MessageType, rest: List, onAcknowledged?: OnAcknowledged): Promise<CallOutcome> {
    const { request, outcome } = this.expect(undefined, onAcknowledged);
    this.submit([type, request, ...rest]);
    return outcome;
  }
}
