/** The interface between a realm and its components: programs of the deployer that run inside the realm. */

import type { Dict, Id, List, Uri } from "../protocol/values.ts";

/** `Bindings` is what the Worker's `env` holds. Both methods may be asynchronous; what they throw is logged. */
export interface Component<Bindings = Dict> {
  /**
   * The component has joined: at the realm's start, after every sleep, and again after its session was ended. What it
   * registers and subscribes to before its first `await` is in force before any message is routed.
   */
  onJoin(session: ComponentSession<Bindings>, details: JoinDetails): unknown;
  /** The session was ended. It is not called when the realm goes to sleep. */
  onLeave?(session: ComponentSession<Bindings>, reason: Uri): unknown;
}

/**
 * A component's session in its realm. All methods reject with an `ApplicationError` where the router answers ERROR.
 * Handlers are called between two messages of the realm, never amid one.
 */
export interface ComponentSession<Bindings = Dict> {
  /** Session id; the same after every sleep. */
  readonly id: Id;
  /** Name of the realm. */
  readonly realm: Uri;
  /** `extra` of the component's entry in the configuration. */
  readonly extra: Dict;
  /** The Worker's bindings. */
  readonly env: Bindings;
  /** Registers a procedure. `options` are those of REGISTER: `match`, `invoke`, `concurrency` and so on. */
  register(procedure: Uri, handler: CallHandler, options?: Dict): Promise<Registration>;
  /** Unregisters a procedure. */
  unregister(registration: Registration): Promise<void>;
  /**
   * Adds a handler to a topic, which may have several. `options` are those of SUBSCRIBE: `match`, `get_retained` and so
   * on.
   */
  subscribe(topic: Uri, handler: EventHandler, options?: Dict): Promise<Subscription>;
  /** Removes one handler; the subscription ends with its last one. */
  unsubscribe(subscription: Subscription): Promise<void>;
  /** Calls a procedure. Without a `timeout` the promise may stay pending; it is lost when the realm sleeps. */
  call(procedure: Uri, args?: List, kwargs?: Dict, options?: CallOptions): Promise<Pick<Result, "args" | "kwargs">>;
  /** Publishes an event; resolves to the publication id. `options` are those of PUBLISH. */
  publish(topic: Uri, args?: List, kwargs?: Dict, options?: Dict): Promise<Id>;
}

/** Name → component, for `components` of the configuration. */
export type Components = Readonly<Record<string, Component<unknown>>>;

/** Returns the component unchanged; gives editors its types. */
export function defineComponent<Bindings = Dict>(component: Component<Bindings>): Component<Bindings> {
  return component;
}

/** The details of WELCOME. */
export interface JoinDetails {
  readonly realm: Uri;
  readonly session: Id;
  readonly authid: string;
  readonly authrole: string;
  readonly authmethod: string;
  readonly authprovider: string;
}

/** The result of a call with other payload than one value. */
export class Result {
  readonly args: List;
  readonly kwargs: Dict;

  constructor(args: List = [], kwargs: Dict = {}) {
    this.args = args;
    this.kwargs = kwargs;
  }
}

/**
 * Answers a call with a value, a `Result`, or nothing. A thrown error with a `uri` (as `ApplicationError` has) reaches
 * the caller with its `args` and `kwargs`; any other is logged, and the caller gets `wamp.error.runtime_error`.
 */
export type CallHandler = (args: List, kwargs: Dict, details: CallDetails) => unknown;

/** INVOCATION.Details, with the procedure and the controls of the call. */
export interface CallDetails {
  /** The URI that was called. */
  readonly procedure: Uri;
  /** Sends a progressive result; undefined unless the caller takes them. */
  readonly progress?: (args?: List, kwargs?: Dict) => void;
  /** Aborted when the call is canceled, its caller has left, or its timeout is over. */
  readonly signal: AbortSignal;
  readonly caller?: Id;
  readonly caller_authid?: string;
  readonly caller_authrole?: string;
  readonly [detail: string]: unknown;
}

/** Takes an event; a thrown error is logged. */
export type EventHandler = (args: List, kwargs: Dict, details: EventDetails) => unknown;

/** EVENT.Details, with topic and publication id. */
export interface EventDetails {
  /** The topic that was published to. */
  readonly topic: Uri;
  readonly publication: Id;
  readonly publisher?: Id;
  readonly publisher_authid?: string;
  readonly publisher_authrole?: string;
  readonly [detail: string]: unknown;
}

/** CALL.Options; `timeout` in milliseconds. */
export interface CallOptions {
  readonly timeout?: number;
  readonly disclose_me?: boolean;
  /** Takes progressive results. */
  readonly onProgress?: (args: List, kwargs: Dict) => unknown;
  /** Cancels the call. */
  readonly signal?: AbortSignal;
  readonly [option: string]: unknown;
}

/** A registration of the component, for `unregister`. */
export interface Registration {
  readonly id: Id;
  readonly procedure: Uri;
  readonly handler: CallHandler;
}

/** One handler of a subscription, for `unsubscribe`. */
export interface Subscription {
  readonly id: Id;
  readonly topic: Uri;
  readonly handler: EventHandler;
}
