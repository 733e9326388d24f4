/** Runs the handlers of a component's procedures: one for each INVOCATION, until its YIELD or ERROR. */

import { WampUri } from "../protocol/errors.ts";
import type { Invocation } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import type { Payload } from "../protocol/payload.ts";
import { isValidUri } from "../protocol/uri.ts";
import { type Dict, type Id, isDict, type List, type Uri } from "../protocol/values.ts";
import { ApplicationError } from "./application-error.ts";
import { type CallHandler, Result } from "./component.ts";
import { ownPayload, valuesOf } from "./component-payload.ts";

/** What the invocations need of their component. */
export interface InvocationContext {
  /** Sends the realm a message of the component. */
  send(message: List): void;
  /** Logs an error of the component itself. */
  log(error: unknown): void;
  /** Keeps the realm from sleeping until the promise is settled, or for a while. */
  keepAwake(work: PromiseLike<unknown>): void;
}

/** Recognizes promises by `then`, because those of bindings are of other classes. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}

/** A handler that throws or never returns affects its own call only. */
export class ComponentInvocations {
  readonly #context: InvocationContext;
  /** INVOCATION.Request → the controller that tells the handler to stop */
  readonly #running = new Map<Id, AbortController>();

  constructor(context: InvocationContext) {
    this.#context = context;
  }

  /** Runs `handler`, and sends what it returns or throws. */
  invoke([, request, , details, payload]: Invocation, procedure: Uri, handler: CallHandler): void {
    const stop = new AbortController();
    this.#running.set(request, stop);
    const progress =
      details.receive_progress === true ? (...part: [List?, Dict?]) => this.#progress(request, ...part) : undefined;
    try {
      const callDetails = { procedure, ...details, signal: stop.signal, ...(progress && { progress }) };
      const result = handler(...valuesOf(payload), callDetails);
      if (isPromise(result)) this.#await(request, result);
      else this.#yield(request, result);
    } catch (error) {
      this.#fail(request, error);
    }
  }

  /** Takes INTERRUPT: answers in the handler's place, and tells the handler to stop. */
  interrupt(request: Id): void {
    const stop = this.#running.get(request);
    if (stop === undefined) return;
    const canceled = new ApplicationError(WampUri.CANCELED);
    this.#fail(request, canceled);
    stop.abort(canceled);
  }

  /** Tells all handlers to stop, without answers, because the session has ended. */
  stop(): void {
    const stops = [...this.#running.values()];
    this.#running.clear();
    for (const stop of stops) stop.abort(new ApplicationError(WampUri.CANCELED));
  }

  async #await(request: Id, result: PromiseLike<unknown>): Promise<void> {
    this.#context.keepAwake(result);
    try {
      this.#yield(request, await result);
    } catch (error) {
      this.#fail(request, error);
    }
  }

  /** Throws a value that no payload can hold. */
  #yield(request: Id, value: unknown): void {
    const payload = resultPayload(value);
    if (this.#running.delete(request)) this.#context.send([MessageType.YIELD, request, {}, payload]);
  }

  #progress(request: Id, args?: List, kwargs?: Dict): void {
    const payload = ownPayload(args, kwargs);
    if (this.#running.has(request)) this.#context.send([MessageType.YIELD, request, { progress: true }, payload]);
  }

  #fail(request: Id, error: unknown): void {
    // A handler that was told to stop may throw anything.
    if (!this.#running.delete(request)) return;
    const isExpected = isWampError(error);
    if (!isExpected) this.#context.log(error);
    const thrown = isExpected ? error : runtimeError(error);
    this.#context.send([MessageType.ERROR, MessageType.INVOCATION, request, {}, thrown.uri, errorPayload(thrown)]);
  }
}

/** The part of an error that the caller gets; `stack` and `cause` stay here. */
interface Thrown {
  readonly uri: Uri;
  readonly args?: unknown;
  readonly kwargs?: unknown;
}

/** The error that Autobahn sends for an exception without a URI. */
function runtimeError(error: unknown): Thrown {
  return { uri: "wamp.error.runtime_error", args: [error instanceof Error ? error.message : String(error)] };
}

function isWampError(error: unknown): error is Thrown {
  const uri = (error as { readonly uri?: unknown } | null | undefined)?.uri;
  return typeof uri === "string" && isValidUri(uri, "loose");
}

/** The payload is empty where `args` or `kwargs` cannot be sent. */
function errorPayload({ args, kwargs }: Thrown): Payload {
  try {
    return ownPayload(Array.isArray(args) ? args : [], isDict(kwargs) ? kwargs : {});
  } catch {
    return ownPayload();
  }
}

function resultPayload(value: unknown): Payload {
  if (value instanceof Result) return ownPayload(value.args, value.kwargs);
  return ownPayload(value === undefined ? [] : [value]);
}
