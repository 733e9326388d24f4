/** The calls a component works on, each until its one answer. */

import { WampUri } from "../protocol/errors.ts";
import type { Invocation } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import type { Payload } from "../protocol/payload.ts";
import { isValidUri } from "../protocol/uri.ts";
import { type Dict, type Id, isDict, type List, type Uri } from "../protocol/values.ts";
import { ApplicationError } from "./application-error.ts";
import { type CallHandler, Result } from "./component.ts";
import { ownPayload, valuesOf } from "./component-payload.ts";

/** What the calls need of their component. */
export interface Workplace {
  say(message: List): void;
  /** Something of the component's own has gone wrong. */
  log(error: unknown): void;
  /** The realm is not to sleep, for a while, until this has come to its end. */
  keepAwake(work: PromiseLike<unknown>): void;
}

/** Is somebody still at work on it? Bindings have promises of their own kind. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}

/** A throw or a hang concerns its own call only: others go on beside it. */
export class ComponentCalls {
  readonly #workplace: Workplace;
  /** INVOCATION.Request → what tells the handler to stop */
  readonly #running = new Map<Id, AbortController>();

  constructor(workplace: Workplace) {
    this.#workplace = workplace;
  }

  invoke([, request, , details, payload]: Invocation, procedure: Uri, handler: CallHandler): void {
    const stop = new AbortController();
    this.#running.set(request, stop);
    const progress =
      details.receive_progress === true ? (...part: [List?, Dict?]) => this.#progress(request, ...part) : undefined;
    try {
      const told = { procedure, ...details, signal: stop.signal, ...(progress && { progress }) };
      const result = handler(...valuesOf(payload), told);
      if (isPromise(result)) this.#await(request, result);
      else this.#yield(request, result);
    } catch (error) {
      this.#fail(request, error);
    }
  }

  /** Nobody waits for the result any more, or not for long: the answer is given in the handler's place. */
  interrupt(request: Id): void {
    const stop = this.#running.get(request);
    if (stop === undefined) return;
    const canceled = new ApplicationError(WampUri.CANCELED);
    this.#fail(request, canceled);
    stop.abort(canceled);
  }

  /** The session is over, and nobody is to be answered. */
  stop(): void {
    const stops = [...this.#running.values()];
    this.#running.clear();
    for (const stop of stops) stop.abort(new ApplicationError(WampUri.CANCELED));
  }

  async #await(request: Id, result: PromiseLike<unknown>): Promise<void> {
    this.#workplace.keepAwake(result);
    try {
      this.#yield(request, await result);
    } catch (error) {
      this.#fail(request, error);
    }
  }

  /** Throws what is no payload. */
  #yield(request: Id, value: unknown): void {
    const payload = resultPayload(value);
    if (this.#running.delete(request)) this.#workplace.say([MessageType.YIELD, request, {}, payload]);
  }

  #progress(request: Id, args?: List, kwargs?: Dict): void {
    const payload = ownPayload(args, kwargs);
    if (this.#running.has(request)) this.#workplace.say([MessageType.YIELD, request, { progress: true }, payload]);
  }

  #fail(request: Id, error: unknown): void {
    // Whoever was told to stop may stop as it likes.
    if (!this.#running.delete(request)) return;
    const isExpected = isWampError(error);
    if (!isExpected) this.#workplace.log(error);
    const thrown = isExpected ? error : runtimeError(error);
    this.#workplace.say([MessageType.ERROR, MessageType.INVOCATION, request, {}, thrown.uri, errorPayload(thrown)]);
  }
}

/** What a handler throws for its caller; the rest of an `ApplicationError` stays here. */
interface Thrown {
  readonly uri: Uri;
  readonly args?: unknown;
  readonly kwargs?: unknown;
}

/** What Autobahn makes of an exception that has no URI. */
function runtimeError(error: unknown): Thrown {
  return { uri: "wamp.error.runtime_error", args: [error instanceof Error ? error.message : String(error)] };
}

function isWampError(error: unknown): error is Thrown {
  const uri = (error as { readonly uri?: unknown } | null | undefined)?.uri;
  return typeof uri === "string" && isValidUri(uri, "loose");
}

/** An error that cannot be told whole is told by its URI. */
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
