/** In-memory transport of a local session: resolves one promise per request. */

import type { Transport } from "../host/transport.ts";
import { WampUri } from "../protocol/errors.ts";
import { nextId } from "../protocol/id.ts";
import type { RouterMessage } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import type { Dict, Id, List, Uri } from "../protocol/values.ts";

/** The outcome of a request. For PUBLISH, SUBSCRIBE and REGISTER `args` is the id in the acknowledgment. */
export type CallOutcome =
  | { readonly ok: true; readonly args: List; readonly kwargs: Dict }
  | { readonly ok: false; readonly uri: Uri; readonly args: List; readonly kwargs: Dict };

/** Gets each progressive result (Progressive Call Results). */
export type OnProgress = (args: List, kwargs: Dict) => void;

/** Called with the id in the acknowledgment, if any, before the router's next message is processed. */
export type OnAcknowledged = (id: Id | undefined) => void;

/** A request without an outcome yet. */
interface OpenRequest {
  readonly resolve: (outcome: CallOutcome) => void;
  readonly onProgress: OnProgress | undefined;
  readonly onAcknowledged: OnAcknowledged | undefined;
}

/** Makes outcomes. */
export const CallOutcome = {
  /** The outcome of a request that fails with this error. */
  error(uri: Uri, args: List = []): CallOutcome {
    return { ok: false, uri, args, kwargs: {} };
  },
};

/** Requests are in memory only: their promises never resolve if the object sleeps meanwhile. */
export class PendingRequests implements Transport {
  readonly #open = new Map<Id, OpenRequest>();
  #lastRequest: Id = 0;

  /** Adds a request; send its message with the returned id. `outcome` never rejects. */
  expect(
    onProgress?: OnProgress,
    onAcknowledged?: OnAcknowledged,
  ): { readonly request: Id; readonly outcome: Promise<CallOutcome> } {
    this.#lastRequest = nextId(this.#lastRequest);
    const { promise, resolve } = Promise.withResolvers<CallOutcome>();
    this.#open.set(this.#lastRequest, { resolve, onProgress, onAcknowledged });
    return { request: this.#lastRequest, outcome: promise };
  }

  /** Ends a request; ignores one that has ended. */
  resolve(request: Id, outcome: CallOutcome): void {
    this.#open.get(request)?.resolve(outcome);
    this.#open.delete(request);
  }

  send(message: RouterMessage): undefined {
    switch (message[0]) {
      case MessageType.RESULT: {
        const [, request, { progress }, { args, kwargs }] = message;
        if (progress === true) this.#open.get(request)?.onProgress?.(args, kwargs);
        else this.resolve(request, { ok: true, args, kwargs });
        return;
      }
      case MessageType.PUBLISHED:
      case MessageType.SUBSCRIBED:
      case MessageType.REGISTERED:
        return this.#acknowledge(message[1], message[2]);
      case MessageType.UNSUBSCRIBED:
      case MessageType.UNREGISTERED:
        return this.#acknowledge(message[1]);
      case MessageType.ERROR: {
        const [, , request, , uri, { args, kwargs }] = message;
        return void this.resolve(request, { ok: false, uri, args, kwargs });
      }
      case MessageType.ABORT: {
        const [, { message: text }, uri] = message;
        for (const request of [...this.#open.keys()]) this.resolve(request, CallOutcome.error(uri, [text]));
      }
    }
  }

  /** Ends all requests with canceled. */
  close(): void {
    for (const request of [...this.#open.keys()]) this.resolve(request, CallOutcome.error(WampUri.CANCELED));
  }

  save(): void {}

  #acknowledge(request: Id, id?: Id): undefined {
    this.#open.get(request)?.onAcknowledged?.(id);
    this.resolve(request, { ok: true, args: id === undefined ? [] : [id], kwargs: {} });
  }
}
