/** The method `ticket` of a realm that accepts both its own tickets and JSON Web Tokens. */

import { isToken } from "./jwt.ts";
import type {
  AuthOutcome,
  AuthRequest,
  AuthResponse,
  Eligibility,
  Method,
  SecondFactorAuthenticator,
} from "./method.ts";

/** Passes AUTHENTICATE to the JWT method if the ticket has the form of a token. */
export class TicketOrToken implements Method {
  readonly #ticket: Method;
  readonly #token: Method;

  constructor(ticket: Method, token: Method) {
    this.#ticket = ticket;
    this.#token = token;
  }

  /** The authenticator of the tickets; a token has none. */
  get authenticator(): SecondFactorAuthenticator | undefined {
    return this.#ticket.authenticator;
  }

  /** As the tickets, but a request without a known authid may bring a token. */
  canServe(request: AuthRequest): Eligibility {
    const fit = this.#ticket.canServe(request);
    if (fit === "unknown") return "open to unknown";
    return fit === "unnamed" ? "open" : fit;
  }

  /** Both methods send the same CHALLENGE; without an authid only a token can follow. */
  begin(request: AuthRequest): AuthOutcome | Promise<AuthOutcome> {
    return request.authid === undefined ? this.#token.begin(request) : this.#ticket.begin(request);
  }

  /** Verifies the ticket or the token. */
  finish(response: AuthResponse): AuthOutcome | Promise<AuthOutcome> {
    if (isToken(response.signature) || response.challengeState.authid === undefined)
      return this.#token.finish!(response);
    return this.#ticket.finish!(response);
  }
}
