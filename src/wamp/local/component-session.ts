/** The session of a component: what it asks of its realm, and what reaches it. */

import type { Host } from "../host/host.ts";
import { thrown } from "../host/log-line.ts";
import { joined } from "../meta/session-procedures.ts";
import { WampUri } from "../protocol/errors.ts";
import type { Event, RouterMessage } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import type { Dict, Id, List, Uri } from "../protocol/values.ts";
import type { Realm } from "../realm/realm.ts";
import { type OnAcknowledged, type OnProgress, PendingRequests } from "../session/pending-requests.ts";
import { ApplicationError } from "./application-error.ts";
import type {
  CallHandler,
  CallOptions,
  Component,
  EventHandler,
  JoinDetails,
  Registration,
  Result,
  Subscription,
} from "./component.ts";
import { ComponentCalls, isPromise, type Workplace } from "./component-invocations.ts";
import { ownPayload, valuesOf } from "./component-payload.ts";
import { Resident } from "./local-session.ts";

/** Where a component lives. */
export interface Home<Bindings> extends Pick<Workplace, "keepAwake"> {
  readonly realm: Realm;
  readonly host: Host;
  readonly env: Bindings;
  /** The component's session was ended. */
  left(): void;
}

/** What HELLO of a component would announce. */
const ROLES: Dict = {
  publisher: {},
  subscriber: { features: { subscription_revocation: true } },
  caller: {},
  callee: { features: { call_canceling: true, progressive_call_results: true, registration_revocation: true } },
};

/** A component of the configuration; `name` is also its authid, `extra` is for the component to read. */
export interface ComponentOptions {
  readonly name: string;
  readonly role: string;
  readonly extra: Dict;
}

/**
 * All methods reject with an `ApplicationError` what the router refuses. What the realm sends waits until the turn it
 * is sent in is over, so that a component acts between two messages, never amid one.
 */
export class ComponentSession<Bindings = Dict> {
  /** `extra` of the component's entry in the configuration. */
  readonly extra: Dict;
  /** The Worker's bindings. */
  readonly env: Bindings;
  readonly #component: Component<Bindings>;
  readonly #home: Home<Bindings>;
  readonly #resident: Resident;
  readonly #inbox: RouterMessage[] = [];
  readonly #requests = new PendingRequests();
  readonly #calls: ComponentCalls;
  /** registration id → registration */
  readonly #registrations = new Map<Id, Registration>();
  /** subscription id → its handlers */
  readonly #subscriptions = new Map<Id, Set<Subscription>>();
  #hasLeft = false;

  constructor(component: Component<Bindings>, { name, role, extra }: ComponentOptions, home: Home<Bindings>) {
    this.extra = extra;
    this.env = home.env;
    this.#component = component;
    this.#home = home;
    this.#calls = new ComponentCalls({
      say: (message) => this.#resident.say(message),
      log: (error) => this.#log(error),
      keepAwake: (work) => home.keepAwake(work),
    });
    const tenancy = { name: `component ${name}`, authid: name, authrole: role, roles: ROLES };
    this.#resident = new Resident(home.realm, home.host, tenancy, (message) => this.#receive(message));
    joined(home.realm.metaEvents, this.#resident.session);
    this.#cancelForgotten();
  }

  get id(): Id {
    return this.#resident.session.id;
  }

  get realm(): Uri {
    return this.#home.realm.name;
  }

  /** Tells the component that it is in the realm; resolves when it has done what it does about that, or is undefined. */
  join(): PromiseLike<unknown> | undefined {
    const { id, identity } = this.#resident.session;
    const details: JoinDetails = { realm: this.realm, session: id, ...identity };
    return this.#run(() => this.#component.onJoin(this, details));
  }

  /** `options` are those of REGISTER: `match`, `invoke`, `concurrency` and so on. */
  async register(procedure: Uri, handler: CallHandler, options: Dict = {}): Promise<Registration> {
    let registration: Registration | undefined;
    await this.#ask(
      (request) => [MessageType.REGISTER, request, options, procedure],
      (id = 0) => {
        registration = { id, procedure, handler };
        this.#registrations.set(id, registration);
      },
    );
    return registration!;
  }

  async unregister({ id }: Registration): Promise<void> {
    await this.#ask(
      (request) => [MessageType.UNREGISTER, request, id],
      () => this.#registrations.delete(id),
    );
  }

  /** `options` are those of SUBSCRIBE: `match`, `get_retained` and so on. One topic may have several handlers. */
  async subscribe(topic: Uri, handler: EventHandler, options: Dict = {}): Promise<Subscription> {
    let subscription: Subscription | undefined;
    await this.#ask(
      (request) => [MessageType.SUBSCRIBE, request, options, topic],
      (id = 0) => {
        subscription = { id, topic, handler };
        const handlers = this.#subscriptions.get(id) ?? new Set();
        this.#subscriptions.set(id, handlers.add(subscription));
      },
    );
    return subscription!;
  }

  /** Ends the subscription with its last handler. */
  async unsubscribe(subscription: Subscription): Promise<void> {
    const { id } = subscription;
    const handlers = this.#subscriptions.get(id);
    if (handlers?.delete(subscription) && handlers.size > 0) return;
    await this.#ask(
      (request) => [MessageType.UNSUBSCRIBE, request, id],
      () => this.#subscriptions.delete(id),
    );
  }

  /** Without a `timeout` it may wait for ever, and no longer than the realm is awake. */
  async call(
    procedure: Uri,
    args: List = [],
    kwargs: Dict = {},
    { onProgress, signal, ...options }: CallOptions = {},
  ): Promise<Pick<Result, "args" | "kwargs">> {
    signal?.throwIfAborted();
    const asked = onProgress === undefined ? options : { ...options, receive_progress: true };
    const payload = ownPayload(args, kwargs);
    let request: Id = 0;
    const message = (given: Id): List => {
      request = given;
      return [MessageType.CALL, request, asked, procedure, payload];
    };
    const take = onProgress && ((...part: [List, Dict]) => void this.#run(() => onProgress(...part)));
    const answer = this.#ask(message, undefined, take);
    this.#home.keepAwake(answer);
    const cancel = (): void => this.#resident.say([MessageType.CANCEL, request, { mode: "killnowait" }]);
    signal?.addEventListener("abort", cancel);
    return answer.finally(() => signal?.removeEventListener("abort", cancel));
  }

  /** Resolves to the publication id. `options` are those of PUBLISH. */
  async publish(topic: Uri, args: List = [], kwargs: Dict = {}, options: Dict = {}): Promise<Id> {
    const payload = ownPayload(args, kwargs);
    const asked = { ...options, acknowledge: true };
    const published = await this.#ask((request) => [MessageType.PUBLISH, request, asked, topic, payload]);
    return published.args[0] as Id;
  }

  async #ask(
    message: (request: Id) => List,
    onAcknowledged?: OnAcknowledged,
    onProgress?: OnProgress,
  ): Promise<Pick<Result, "args" | "kwargs">> {
    if (this.#hasLeft) throw new ApplicationError(WampUri.NO_SUCH_SESSION, ["the component's session was ended"]);
    const { request, outcome } = this.#requests.expect(onProgress, onAcknowledged);
    const elements = message(request);
    this.#resident.say(elements);
    const answer = await outcome;
    if (answer.ok) return { args: answer.args, kwargs: answer.kwargs };
    // What was asked for, in case that only the log hears of it.
    const cause = `${this.#resident.session.identity.authid} in ${this.realm}: ${elements[3]}`;
    throw new ApplicationError(answer.uri, answer.args, answer.kwargs, { cause });
  }

  #receive(message: RouterMessage): undefined {
    if (this.#inbox.push(message) === 1) queueMicrotask(() => this.#drain());
  }

  /** What comes while it is at it comes last. */
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
        return this.#calls.invoke(message, procedure, handler);
      }
      case MessageType.INTERRUPT:
        return this.#calls.interrupt(message[1]);
      case MessageType.UNSUBSCRIBED:
        this.#subscriptions.delete(message[2]?.subscription as Id);
        break;
      case MessageType.UNREGISTERED:
        this.#registrations.delete(message[2]?.registration as Id);
        break;
      case MessageType.GOODBYE:
        this.#resident.say([MessageType.GOODBYE, {}, WampUri.GOODBYE_AND_OUT]);
        return this.#leave(message[2]);
      case MessageType.ABORT:
        this.#log(message[1].message);
        this.#requests.send(message);
        return this.#leave(message[2]);
    }
    this.#requests.send(message);
  }

  #event([, subscriptionId, publication, details, payload]: Event): void {
    for (const { topic, handler } of this.#subscriptions.get(subscriptionId) ?? []) {
      this.#run(() => handler(...valuesOf(payload), { topic, ...details, publication }));
    }
  }

  /** Callers whose call was in progress when the realm went to sleep get no answer from a component that forgot it. */
  #cancelForgotten(): void {
    const last = this.#resident.session.lastInvocation;
    // By then the realm is awake, and calls are where they were.
    queueMicrotask(() => {
      for (const request of this.#resident.invocations.keys()) {
        if (request > last) continue;
        const error = [WampUri.CANCELED, ownPayload(["the component was interrupted"])];
        this.#resident.say([MessageType.ERROR, MessageType.INVOCATION, request, {}, ...error]);
      }
    });
  }

  #leave(reason: Uri): void {
    this.#hasLeft = true;
    this.#calls.stop();
    this.#requests.close();
    this.#run(() => this.#component.onLeave?.(this, reason));
    this.#home.left();
  }

  /** Has the component do something; what goes wrong then concerns nobody else. */
  #run(act: () => unknown): Promise<void> | undefined {
    try {
      const work = act();
      if (!isPromise(work)) return undefined;
      this.#home.keepAwake(work);
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
    const component = this.#resident.session.identity.authid;
    this.#home.host.log({ level: "error", event: "component.failed", component, ...thrown(error) });
  }
}
