/** Tickets where some clients have one of the realm's and others a token of an issuer. */

import { isToken } from "./jwt.ts";
import type {
  AuthOutcome,
  AuthRequest,
  AuthResponse,
  Eligibility,
  Method,
  SecondFactorAuthenticator,
} from "./method.ts";

export class TicketOrToken implements Method {
  readonly #ticket: Method;
  readonly #token: Method;

  constructor(ticket: Method, token: Method) {
    this.#ticket = ticket;
    this.#token = token;
  }

  get authenticator(): SecondFactorAuthenticator | undefined {
    return this.#ticket.authenticator;
  }

  canServe(request: AuthRequest): Eligibility {
    const fit = this.#ticket.canServe(request);
    if (fit === "unknown") return "open to unknown";
    return fit === "unnamed" ? "open" : fit;
  }

  /** The challenge is the same for both; what a ticket needs, a token has within. */
  begin(request: AuthRequest): AuthOutcome | Promise<AuthOutcome> {
    return request.authid === undefined ? this.#token.begin(request) : this.#ticket.begin(request);
  }

  finish(response: AuthResponse): AuthOutcome | Promise<AuthOutcome> {
    if (isToken(response.signature) || response.challengeState.authid === undefined)
      return this.#token.finish!(response);
    return this.#ticket.finish!(response);
  }
}
