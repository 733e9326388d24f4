/** Tickets where some clients have one of the realm's and others a token of an issuer. */

import { isToken } from "./jwt.ts";
import type { Answer, Applicant, Fit, Method, Outcome, SecondFactorAuthenticator } from "./method.ts";

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

  fits(applicant: Applicant): Fit {
    const fit = this.#ticket.fits(applicant);
    if (fit === "unknown") return "open to unknown";
    return fit === "unnamed" ? "open" : fit;
  }

  /** The challenge is the same for both; what a ticket needs, a token has within. */
  begin(applicant: Applicant): Outcome | Promise<Outcome> {
    return applicant.authid === undefined ? this.#token.begin(applicant) : this.#ticket.begin(applicant);
  }

  finish(answer: Answer): Outcome | Promise<Outcome> {
    if (isToken(answer.signature) || answer.memo.authid === undefined) return this.#token.finish!(answer);
    return this.#ticket.finish!(answer);
  }
}
