/** Runs one component in its realm: calls its handlers, and carries out its requests. */

import type { Host } from "../host/host.ts";
import { thrown } from "../host/log-line.ts";
import { WampUri } from "../protocol/errors.ts";
import type { Event, RouterMessage } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import type { Dict, Id, List, Uri } from "../protocol/values.ts";
import type { Realm } from "../realm/realm.ts";
import type { CallOutcome } from "../session/pending-requests.ts";
import { INTERNAL } from "../session/session.ts";
import { ApplicationError } from "./application-error.ts";
import type {
  CallHandler,
  CallOptions,
  Component,
  ComponentSession,
  EventHandler,
  JoinDetails,
  Registration,
  Result,
  Subscription,
} from "./component.ts";
import { ComponentInvocations, type InvocationContext, isPromise } from "./component-invocations.ts";
import { ownPayload, valuesOf } from "./component-payload.ts";
import { LocalSession } from "./local-session.ts";

/** The entry of a component in the configuration. */
export interface ComponentOptions {
  /** Unique in the realm; the authid of the session. */
  readonly name: string;
  /** The authrole of the session. */
  readonly role: string;
  readonly extra: Dict;
}

/** The surroundings that a component runs in. */
export interface ComponentContext<Bindings> extends Pick<InvocationContext, "keepAwake"> {
  readonly realm: Realm;
  readonly host: Host;
  readonly env: Bindings;
  /** Called when the component's session was ended. */
  onLeave(): void;
}

/** HELLO.Details.roles of a component. */
const ROLES: Dict = {
  publisher: {},
  subscriber: { features: { subscription_revocation: true } },
  caller: {},
  callee: { features: { call_canceling: true, progressive_call_results: true, registration_revocation: true } },
};

/**
 * Its constructor opens the session. Messages of the realm wait for the end of the current turn, so that handlers run
 * between two messages of the realm, never amid one.
 */
export class HostedComponent<Bindings = Dict> implements ComponentSession<Bindings> {
  readonly extra: Dict;
  readonly env: Bindings;
  readonly #component: Component<Bindings>;
  readonly #context: ComponentContext<Bindings>;
  readonly #session: LocalSession;
  /** Messages of the realm that wait for the end of the current turn. */
  readonly #inbox: RouterMessage[] = [];
  readonly #invocations: ComponentInvocations;
  /** registration id → registration */
  readonly #registrations = new Map<Id, Registration>();
  /** subscription id → its handlers */
  readonly #subscriptions = new Map<Id, Set<Subscription>>();
  #hasLeft = false;

  constructor(
    component: Component<Bindings>,
    { name, role, extra }: ComponentOptions,
    context: ComponentContext<Bindings>,
  ) {
    this.extra = extra;
    this.env = context.env;
    this.#component = component;
    this.#context = context;
    this.#invocations = new ComponentInvocations({
      send: (message) => this.#session.submit(message),
      log: (error) => this.#log(error),
      keepAwake: (work) => context.keepAwake(work),
    });
    this.#session = new LocalSession(context.realm, context.host, {
      name: `component ${name}`,
      identity: { authid: name, authrole: role, authmethod: INTERNAL, authprovider: "static" },
      roles: ROLES,
      onMessage: (message) => this.#queue(message),
    });
    context.realm.metaEvents.publishOnJoin(this.#session.session);
    this.#cancelForgotten();
  }

  get id(): Id {
    return this.#session.session.id;
  }

  get realm(): Uri {
    return this.#context.realm.name;
  }

  /** Calls `onJoin`; undefined where it is not asynchronous. The promise resolves in any case. */
  join(): PromiseLike<unknown> | undefined {
    const { id, identity } = this.#session.session;
    const details: JoinDetails = { realm: this.realm, session: id, ...identity };
    return this.#run(() => this.#component.onJoin(this, details));
  }

  async register(procedure: Uri, handler: CallHandler, options: Dict = {}): Promise<Registration> {
    let registration: Registration | undefined;
    await this.#request(procedure, () =>
      this.#session.register(procedure, options, (id = 0) => {
        registration = { id, procedure, handler };
        this.#registrations.set(id, registration);
      }),
    );
    return registration!;
  }

  async unregister({ id, procedure }: Registration): Promise<void> {
    await this.#request(procedure, () => this.#session.unregister(id, () => this.#registrations.delete(id)));
  }

  async subscribe(topic: Uri, handler: EventHandler, options: Dict = {}): Promise<Subscription> {
    let subscription: Subscription | undefined;
    await this.#request(topic, () =>
      this.#session.subscribe(topic, options, (id = 0) => {
        subscription = { id, topic, handler };
        const handlers = this.#subscriptions.get(id) ?? new Set();
        this.#subscriptions.set(id, handlers.add(subscription));
      }),
    );
    return subscription!;
  }

  async unsubscribe(subscription: Subscription): Promise<void> {
    const { id, topic } = subscription;
    const handlers = this.#subscriptions.get(id);
    if (handlers?.delete(subscription) && handlers.size > 0) return;
    await this.#request(topic, () => this.#session.unsubscribe(id, () => this.#subscriptions.delete(id)));
  }

  async call(
    procedure: Uri,
    args: List = [],
    kwargs: Dict = {},
    { onProgress, signal, ...options }: CallOptions = {},
  ): Promise<Pick<Result, "args" | "kwargs">> {
    signal?.throwIfAborted();
    const payload = ownPayload(args, kwargs);
    const take = onProgress && ((...part: [List, Dict]) => void this.#run(() => onProgress(...part)));
    const result = this.#request(procedure, () => this.#session.call(procedure, payload, options, take, signal));
    this.#context.keepAwake(result);
    return result;
  }

  async publish(topic: Uri, args: List = [], kwargs: Dict = {}, options: Dict = {}): Promise<Id> {
    const payload = ownPayload(args, kwargs);
    const published = await this.#request(topic, () => this.#session.publish(topic, payload, options));
    return published.args[0] as Id;
  }

  /** Makes a request about `uri`; throws the error that it ends with. */
  async #request(uri: Uri, send: () => Promise<CallOutcome>): Promise<Pick<Result, "args" | "kwargs">> {
    if (this.#hasLeft) throw new ApplicationError(WampUri.NO_SUCH_SESSION, ["the component's session was ended"]);
    const outcome = await send();
    if (outcome.ok) return { args: outcome.args, kwargs: outcome.kwargs };
    // For the log, which may be all that shows a rejection.
    const cause = `${this.#session.session.identity.authid} in ${this.realm}: ${uri}`;
    throw new ApplicationError(outcome.uri, outcome.args, outcome.kwargs, { cause });
  }

  #queue(message: RouterMessage): void {
    if (this.#inbox.push(message) === 1) queueMicrotask(() => this.#drain());
  }

  /** Takes also the messages that arrive meanwhile. */
  #drain(): void {
    for (const message of this.#inbox) this.#run(() => this.#take(message));
    this.#inbox.length = 0;
  }

  #take(message: RouterMessage): void {
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
        this.#session.submit([MessageType.GOODBYE, {}, WampUri.GOODBYE_AND_OUT]);
        return this.#leave(message[2]);
      case MessageType.ABORT:
        this.#log(message[1].message);
        this.#session.settleWith(message);
        return this.#leave(message[2]);
    }
    this.#session.settleWith(message);
  }

  #event([, subscriptionId, publication, details, payload]: Event): void {
    for (const { topic, handler } of this.#subscriptions.get(subscriptionId) ?? []) {
      this.#run(() => handler(...valuesOf(payload), { topic, ...details, publication }));
    }
  }

  /** Answers the calls that the component had not answered when the realm went to sleep: their handlers are gone. */
  #cancelForgotten(): void {
    const last = this.#session.session.lastInvocation;
    // The calls are restored after the local sessions.
    queueMicrotask(() => {
      for (const request of this.#session.invocations.keys()) {
        if (request > last) continue;
        const error = [WampUri.CANCELED, ownPayload(["the component was interrupted"])];
        this.#session.submit([MessageType.ERROR, MessageType.INVOCATION, request, {}, ...error]);
      }
    });
  }

  #leave(reason: Uri): void {
    this.#hasLeft = true;
    this.#invocations.stop();
    this.#session.cancelRequests();
    this.#run(() => this.#component.onLeave?.(this, reason));
    this.#context.onLeave();
  }

  /** Runs code of the component, and logs what it throws. */
  #run(act: () => unknown): Promise<void> | undefined {
    try {
      const work = act();
      if (!isPromise(work)) return undefined;
      this.#context.keepAwake(work);
      return Promise.resolve(work).then(
        () => undefined,
        (error) => this.#log(error),
      );
    } catch (error) {
      this.#log(error);
      return undefined;
    }
  }

  #log(error: unknown): void {
    const component = this.#session.session.identity.authid;
    this.#context.host.log({ level: "error", event: "component.failed", component, ...thrown(error) });
  }
}
