/** The requests and the handlers of a program that has a session: a component, or the client of a test. */

import { WampUri } from "../protocol/errors.ts";
import type { Event, RouterMessage } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import type { Dict, Id, List, Uri } from "../protocol/values.ts";
import type { CallOutcome } from "../session/pending-requests.ts";
import { ApplicationError } from "./application-error.ts";
import type { CallHandler, CallOptions, EventHandler, Registration, Result, Subscription } from "./component.ts";
import { ComponentInvocations, isPromise } from "./component-invocations.ts";
import { ownPayload, valuesOf } from "./component-payload.ts";
import type { Requests } from "./requests.ts";

/** HELLO.Details.roles of such a program. */
export const CLIENT_ROLES: Dict = {
  publisher: {},
  subscriber: { features: { subscription_revocation: true } },
  caller: {},
  callee: { features: { call_canceling: true, progressive_call_results: true, registration_revocation: true } },
};

/**
 * Messages of the realm wait for the end of the current turn, so that handlers run between two messages of the realm,
 * never amid one. A subclass opens the session, and queues its messages.
 */
export abstract class ClientSession {
  protected abstract readonly requests: Requests;
  /** Messages of the realm that wait for the end of the current turn. */
  readonly #inbox: RouterMessage[] = [];
  readonly #invocations = new ComponentInvocations({
    send: (message) => this.requests.submit(message),
    log: (error) => this.logCall(error),
    keepAwake: (work) => this.keepAwake(work),
  });
  /** registration id → registration */
  readonly #registrations = new Map<Id, Registration>();
  /** subscription id → its handlers */
  readonly #subscriptions = new Map<Id, Set<Subscription>>();
  /** Why the session has ended. */
  #end: Uri | undefined;

  /** Session id. */
  abstract get id(): Id;
  /** Name of the realm. */
  abstract get realm(): Uri;
  protected abstract get authid(): string;

  /** Logs an error that the program has thrown. */
  protected abstract log(error: unknown): void;
  /** Called when the session has ended; `fault` is why the realm has aborted it. */
  protected abstract onEnd(reason: Uri, fault?: unknown): void;

  /** Logs an error that the caller of a procedure gets as `wamp.error.runtime_error`. */
  protected logCall(error: unknown): void {
    this.log(error);
  }

  /** Keeps the realm from sleeping until the promise is settled, or for a while. */
  protected keepAwake(_work: PromiseLike<unknown>): void {}

  /** Makes the value that `subscribe` resolves to. */
  protected newSubscription(id: Id, topic: Uri, handler: EventHandler): Subscription {
    return { id, topic, handler };
  }

  /** Registers a procedure; `options` are those of REGISTER. */
  async register(procedure: Uri, handler: CallHandler, options: Dict = {}): Promise<Registration> {
    let registration: Registration | undefined;
    await this.#request(procedure, () =>
      this.requests.register(procedure, options, (id = 0) => {
        registration = { id, procedure, handler };
        this.#registrations.set(id, registration);
      }),
    );
    return registration!;
  }

  /** Unregisters a procedure. */
  async unregister({ id, procedure }: Registration): Promise<void> {
    await this.#request(procedure, () => this.requests.unregister(id, () => this.#registrations.delete(id)));
  }

  /** Adds a handler to a topic; `options` are those of SUBSCRIBE. */
  async subscribe(topic: Uri, handler: EventHandler, options: Dict = {}): Promise<Subscription> {
    let subscription: Subscription | undefined;
    await this.#request(topic, () =>
      this.requests.subscribe(topic, options, (id = 0) => {
        subscription = this.newSubscription(id, topic, handler);
        const handlers = this.#subscriptions.get(id) ?? new Set();
        this.#subscriptions.set(id, handlers.add(subscription));
      }),
    );
    return subscription!;
  }

  /** Removes one handler; the subscription ends with its last one. */
  async unsubscribe(subscription: Subscription): Promise<void> {
    const { id, topic } = subscription;
    const handlers = this.#subscriptions.get(id);
    if (handlers?.delete(subscription) && handlers.size > 0) return;
    await this.#request(topic, () => this.requests.unsubscribe(id, () => this.#subscriptions.delete(id)));
  }

  /** Calls a procedure. Without a `timeout` the promise may stay pending. */
  async call(
    procedure: Uri,
    args: List = [],
    kwargs: Dict = {},
    { onProgress, signal, ...options }: CallOptions = {},
  ): Promise<Pick<Result, "args" | "kwargs">> {
    signal?.throwIfAborted();
    const payload = ownPayload(args, kwargs);
    const take = onProgress && ((...part: [List, Dict]) => void this.run(() => onProgress(...part)));
    const result = this.#request(procedure, () => this.requests.call(procedure, payload, options, take, signal));
    this.keepAwake(result);
    return result;
  }

  /** Publishes an event; resolves to the publication id. */
  async publish(topic: Uri, args: List = [], kwargs: Dict = {}, options: Dict = {}): Promise<Id> {
    const payload = ownPayload(args, kwargs);
    const published = await this.#request(topic, () => this.requests.publish(topic, payload, options));
    return published.args[0] as Id;
  }

  /** Makes a request about `uri`; throws the error that it ends with. */
  async #request(uri: Uri, send: () => Promise<CallOutcome>): Promise<Pick<Result, "args" | "kwargs">> {
    if (this.#end !== undefined)
      throw new ApplicationError(WampUri.NO_SUCH_SESSION, [`the session was ended: ${this.#end}`]);
    const outcome = await send();
    if (outcome.ok) return { args: outcome.args, kwargs: outcome.kwargs };
    // For the log, which may be all that shows a rejection.
    const cause = `${this.authid} in ${this.realm}: ${uri}`;
    throw new ApplicationError(outcome.uri, outcome.args, outcome.kwargs, { cause });
  }

  /** Takes a message of the realm after this turn. */
  protected queue(message: RouterMessage): void {
    if (this.#inbox.push(message) === 1) queueMicrotask(() => this.#drain());
  }

  /** Takes also the messages that arrive meanwhile. */
  #drain(): void {
    for (const message of this.#inbox) this.run(() => this.take(message));
    this.#inbox.length = 0;
  }

  /** Takes a message of the realm. */
  protected take(message: RouterMessage): void {
    switch (message[0]) {
      case MessageType.EVENT:
        return this.#event(message);
      case MessageType.INVOCATION: {
        const { procedure, handler } = this.#registrations.get(message[2])!;
        return this.#invocations.invoke(message, procedure, handler);
      }
      case MessageType.INTERRUPT:
        return this.#invocations.interrupt(message[1]);
      case MessageType.UNSUBSCRIBED:
        this.#subscriptions.delete(message[2]?.subscription as Id);
        break;
      case MessageType.UNREGISTERED:
        this.#registrations.delete(message[2]?.registration as Id);
        break;
      case MessageType.GOODBYE:
        this.requests.submit([MessageType.GOODBYE, {}, WampUri.GOODBYE_AND_OUT]);
        return this.end(message[2]);
      case MessageType.ABORT:
        this.requests.settleWith(message);
        return this.end(message[2], message[1].message);
    }
    this.requests.settleWith(message);
  }

  #event([, subscriptionId, publication, details, payload]: Event): void {
    for (const { topic, handler } of this.#subscriptions.get(subscriptionId) ?? []) {
      this.run(() => handler(...valuesOf(payload), { topic, ...details, publication }));
    }
  }

  /** Ends the session: its handlers are told to stop, and its requests end with `wamp.error.canceled`. */
  protected end(reason: Uri, fault?: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    this.#invocations.stop();
    this.requests.cancelRequests();
    this.onEnd(reason, fault);
  }

  /** Runs code of the program, and logs what it throws. */
  protected run(act: () => unknown): Promise<void> | undefined {
    try {
      const work = act();
      if (!isPromise(work)) return undefined;
      this.keepAwake(work);
      return Promise.resolve(work).then(
        () => undefined,
        (error) => this.log(error),
      );
    } catch (error) {
      this.log(error);
      return undefined;
    }
  }
}
