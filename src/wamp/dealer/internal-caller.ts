/** Calls of the router itself to procedures of its realm, from a session that the session meta API does not list. */

import type { Authorization, Permission } from "../authorization/permission-rules.ts";
import { TRUSTED } from "../config/trusted.ts";
import type { Clock, Output, Random } from "../host/host.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import { clientFeatures } from "../protocol/features.ts";
import { MessageType } from "../protocol/message.ts";
import { Payload } from "../protocol/payload.ts";
import { sizeOf } from "../protocol/value-size.ts";
import type { List, Uri } from "../protocol/values.ts";
import { CallOutcome, PendingRequests } from "../session/pending-requests.ts";
import type { ProcedureCaller } from "../session/procedure-caller.ts";
import { INTERNAL, Session } from "../session/session.ts";
import type { Dealer } from "./dealer.ts";

/** Calls authenticators and authorizers. The rules of the authrole apply; its authorizer is not asked. */
export class InternalCaller implements ProcedureCaller {
  readonly #dealer: Dealer;
  readonly #authorization: Authorization;
  readonly #host: Clock & Random & Output;
  readonly #authrole: string;
  readonly #requests = new PendingRequests();
  #session: Session | undefined;

  constructor(dealer: Dealer, authorization: Authorization, host: Clock & Random & Output, authrole: string = TRUSTED) {
    this.#dealer = dealer;
    this.#authorization = authorization;
    this.#host = host;
    this.#authrole = authrole;
  }

  /**
   * Calls an exact URI; resolves in any case, after `timeoutMs` with `wamp.error.timeout`. If the procedure is not
   * registered it may be within that time: after a restart all clients come back at once, its callee among them.
   */
  call(procedure: Uri, args: List, timeoutMs: number): Promise<CallOutcome> {
    const permission = this.#authorization.authorize(this.#authrole, "call", procedure, "exact");
    if (!permission.allow) return Promise.resolve(CallOutcome.error(WampUri.NOT_AUTHORIZED));
    const { registrations, awaitedRegistrations } = this.#dealer;
    if (registrations.best(procedure) !== undefined) return this.#call(procedure, args, timeoutMs, permission);
    const now = this.#host.now();
    const arrival = awaitedRegistrations.wait(procedure, timeoutMs, sizeOf(args));
    if (arrival === undefined) return Promise.resolve(CallOutcome.error(WampUri.NO_SUCH_PROCEDURE));
    return arrival.then(() => {
      const left = Math.max(1, timeoutMs - (this.#host.now() - now));
      return this.#call(procedure, args, left, permission);
    });
  }

  #call(procedure: Uri, args: List, timeoutMs: number, permission: Permission): Promise<CallOutcome> {
    this.#session ??= this.#open();
    const { request, outcome } = this.#requests.expect();
    const call = [MessageType.CALL, request, { timeout: timeoutMs }, procedure, Payload.of(args)] as const;
    try {
      this.#dealer.call(this.#session, call, permission);
      // Outside of a turn no other code flushes the invocation.
      queueMicrotask(() => this.#host.flushOutput());
    } catch (error) {
      if (!(error instanceof WampError)) throw error;
      this.#requests.resolve(request, CallOutcome.error(error.uri, error.payload.args));
    }
    return outcome;
  }

  #open(): Session {
    const identity = {
      authid: this.#authrole,
      authrole: this.#authrole,
      authmethod: INTERNAL,
      authprovider: "static",
    };
    const origin = { id: this.#host.randomId(), identity, features: clientFeatures({ caller: {} }) };
    return new Session(this.#requests, origin);
  }
}
