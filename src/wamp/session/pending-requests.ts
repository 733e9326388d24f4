/** The near end of a session of the router's own: what it asks for, and the promise of each answer. */

import type { Transport } from "../host/transport.ts";
import { WampUri } from "../protocol/errors.ts";
import { nextId } from "../protocol/id.ts";
import type { RouterMessage } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import type { Dict, Id, List, Uri } from "../protocol/values.ts";

/** What a request came to; the one result of a PUBLISH, SUBSCRIBE or REGISTER is the id that the router gave. */
export type CallOutcome =
  | { readonly ok: true; readonly args: List; readonly kwargs: Dict }
  | { readonly ok: false; readonly uri: Uri; readonly args: List; readonly kwargs: Dict };

/** Takes the results that come before the last one (Progressive Call Results). */
export type OnProgress = (args: List, kwargs: Dict) => void;

/** Hears that the router did what was asked, and the id that it gave, if any, before its next message is looked at. */
export type OnAcknowledged = (id: Id | undefined) => void;

interface OpenRequest {
  readonly resolve: (outcome: CallOutcome) => void;
  readonly onProgress: OnProgress | undefined;
  readonly onAcknowledged: OnAcknowledged | undefined;
}

export const CallOutcome = {
  /** The outcome of a request that fails with this error. */
  error(uri: Uri, args: List = []): CallOutcome {
    return { ok: false, uri, args, kwargs: {} };
  },
};

/** Requests wait in memory only: whoever makes one must do without its answer when the realm has slept meanwhile. */
export class PendingRequests implements Transport {
  readonly #open = new Map<Id, OpenRequest>();
  #lastRequest: Id = 0;

  /** A request id, and the outcome of the request that is made with it. */
  expect(
    onProgress?: OnProgress,
    onAcknowledged?: OnAcknowledged,
  ): { readonly request: Id; readonly outcome: Promise<CallOutcome> } {
    this.#lastRequest = nextId(this.#lastRequest);
    const { promise, resolve } = Promise.withResolvers<CallOutcome>();
    this.#open.set(this.#lastRequest, { resolve, onProgress, onAcknowledged });
    return { request: this.#lastRequest, outcome: promise };
  }

  settle(request: Id, outcome: CallOutcome): void {
    this.#open.get(request)?.resolve(outcome);
    this.#open.delete(request);
  }

  send(message: RouterMessage): undefined {
    switch (message[0]) {
      case MessageType.RESULT: {
        const [, request, { progress }, { args, kwargs }] = message;
        if (progress === true) this.#open.get(request)?.onProgress?.(args, kwargs);
        else this.settle(request, { ok: true, args, kwargs });
        return;
      }
      case MessageType.PUBLISHED:
      case MessageType.SUBSCRIBED:
      case MessageType.REGISTERED:
        return this.#grant(message[1], message[2]);
      case MessageType.UNSUBSCRIBED:
      case MessageType.UNREGISTERED:
        return this.#grant(message[1]);
      case MessageType.ERROR: {
        const [, , request, , uri, { args, kwargs }] = message;
        return void this.settle(request, { ok: false, uri, args, kwargs });
      }
      case MessageType.ABORT: {
        const [, { message: text }, uri] = message;
        for (const request of [...this.#open.keys()]) this.settle(request, CallOutcome.error(uri, [text]));
      }
    }
  }

  close(): void {
    for (const request of [...this.#open.keys()]) this.settle(request, CallOutcome.error(WampUri.CANCELED));
  }

  save(): void {}

  #grant(request: Id, id?: Id): undefined {
    this.#open.get(request)?.onAcknowledged?.(id);
    this.settle(request, { ok: true, args: id === undefined ? [] : [id], kwargs: {} });
  }
}
