/** How the router calls a procedure of its own realm: through the dealer like anybody, from a session nobody sees. */

import type { Authorization } from "./authorization.ts";
import type { Dealer } from "./dealer.ts";
import { WampError, WampUri } from "./errors.ts";
import { clientFeatures } from "./features.ts";
import type { Host, Transport } from "./host.ts";
import { nextId } from "./id.ts";
import type { Dict, Id, List, RouterMessage, Uri } from "./message.ts";
import { MessageType } from "./message.ts";
import { Payload } from "./payload.ts";
import { TRUSTED } from "./realm-consistency.ts";
import { INTERNAL, Session } from "./session.ts";

/** What a call came to. */
export type CallOutcome =
  | { readonly ok: true; readonly args: List; readonly kwargs: Dict }
  | { readonly ok: false; readonly uri: Uri; readonly args: List };

/** Calls wait in memory only: whoever makes one must do without its answer when the realm has slept meanwhile. */
export class InternalCaller {
  readonly #dealer: Dealer;
  readonly #authorization: Authorization;
  readonly #host: Host;
  readonly #authrole: string;
  /** CALL.Request → who waits */
  readonly #waiting = new Map<Id, (outcome: CallOutcome) => void>();
  #session: Session | undefined;
  #lastRequest: Id = 0;

  constructor(dealer: Dealer, authorization: Authorization, host: Host, authrole: string = TRUSTED) {
    this.#dealer = dealer;
    this.#authorization = authorization;
    this.#host = host;
    this.#authrole = authrole;
  }

  /** Calls an exact URI; resolves in any case, after `timeoutMs` with `wamp.error.timeout`. */
  call(procedure: Uri, args: List, timeoutMs: number): Promise<CallOutcome> {
    const permission = this.#authorization.authorize(this.#authrole, "call", procedure, "exact");
    if (!permission.allow) return Promise.resolve({ ok: false, uri: WampUri.NOT_AUTHORIZED, args: [] });
    this.#session ??= this.#open();
    this.#lastRequest = nextId(this.#lastRequest);
    const { promise, resolve } = Promise.withResolvers<CallOutcome>();
    this.#waiting.set(this.#lastRequest, resolve);
    const call = [MessageType.CALL, this.#lastRequest, { timeout: timeoutMs }, procedure, Payload.of(args)] as const;
    try {
      this.#dealer.call(this.#session, call, permission);
      // Nobody may be in a turn just now; after the current one, if there is one, the invocation goes out.
      queueMicrotask(() => this.#host.endTurn());
    } catch (error) {
      if (!(error instanceof WampError)) throw error;
      this.#settle(this.#lastRequest, { ok: false, uri: error.uri, args: error.payload.args });
    }
    return promise;
  }

  #open(): Session {
    const transport: Transport = { send: (message) => this.#receive(message), close: () => {}, save: () => {} };
    const identity = {
      authid: this.#authrole,
      authrole: this.#authrole,
      authmethod: INTERNAL,
      authprovider: "static",
    };
    return new Session(transport, { id: this.#host.randomId(), identity, features: clientFeatures({ caller: {} }) });
  }

  #receive(message: RouterMessage): undefined {
    if (message[0] === MessageType.RESULT) {
      const [, request, , { args, kwargs }] = message;
      this.#settle(request, { ok: true, args, kwargs });
    } else if (message[0] === MessageType.ERROR) {
      const [, , request, , uri, { args }] = message;
      this.#settle(request, { ok: false, uri, args });
    }
  }

  #settle(request: Id, outcome: CallOutcome): void {
    this.#waiting.get(request)?.(outcome);
    this.#waiting.delete(request);
  }
}
