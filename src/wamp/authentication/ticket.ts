/** Ticket-based authentication: the client sends a shared secret in clear. */

import type { DynamicTicketAuth, TicketAuth, TicketPrincipal } from "../config/auth.ts";
import { findText } from "../crypto/digest.ts";
import type { Dict } from "../protocol/values.ts";
import { Authenticator, admit } from "./dynamic-authenticator.ts";
import { createJwt } from "./jwt.ts";
import type { AuthContext, AuthOutcome, AuthRequest, AuthResponse, Eligibility, Method } from "./method.ts";
import { deny, NO_AUTHID, UNKNOWN_PRINCIPAL } from "./method.ts";
import { TicketOrToken } from "./ticket-or-token.ts";

/** Kept from CHALLENGE to AUTHENTICATE. */
interface State {
  readonly authid: string;
  /** For the authenticator only. */
  readonly authrole?: string | undefined;
  readonly authextra?: Dict;
}

/** Makes the method if the realm has it or `jwt`: clients send tokens as tickets, too. */
export function createTicket(context: AuthContext): Method | undefined {
  const settings = context.config.auth.ticket;
  const token = createJwt(context);
  if (settings === undefined) return token;
  const method = settings.type === "dynamic" ? new DynamicTicket(settings, context) : new Ticket(settings);
  return token === undefined ? method : new TicketOrToken(method, token);
}

/** Characters of JSON that the router keeps for a client that has not authenticated yet. */
const MAX_STATE = 4096;

/** Tickets of principals in the configuration. */
class Ticket implements Method {
  readonly #principals: ReadonlyMap<string, TicketPrincipal>;
  /** The largest number of tickets that a principal has. */
  readonly #mostTickets: number;
  readonly #requiresTls: boolean;

  constructor(settings: TicketAuth) {
    this.#principals = settings.principals;
    const counts = Array.from(settings.principals.values(), ({ ticket }) => ticket.length);
    this.#mostTickets = counts.reduce((most, count) => Math.max(most, count), 0);
    this.#requiresTls = settings.require_tls;
  }

  canServe({ authid, facts }: AuthRequest): Eligibility {
    if (this.#requiresTls && facts?.is_secure !== true) return "no";
    if (authid === undefined) return "unnamed";
    return this.#principals.has(authid) ? "known" : "unknown";
  }

  begin({ authid }: AuthRequest): AuthOutcome {
    if (authid === undefined) return deny(NO_AUTHID);
    return { kind: "challenged", extra: {}, challengeState: { authid } satisfies State };
  }

  async finish({ challengeState, method, signature }: AuthResponse): Promise<AuthOutcome> {
    const { authid } = readState(challengeState);
    const principal = this.#principals.get(authid);
    const found = await findText(signature, this.#ticketsOf(principal));
    if (principal === undefined) return deny(UNKNOWN_PRINCIPAL);
    if (found === undefined) return deny("the ticket is wrong");
    return {
      kind: "admitted",
      identity: { authid, authrole: principal.role, authmethod: method, authprovider: "static" },
    };
  }

  /** As many texts for each principal, known or not, so that the time does not tell which principals exist. */
  #ticketsOf(principal: TicketPrincipal | undefined): string[] {
    const tickets = principal?.ticket ?? [];
    return Array.from({ length: this.#mostTickets }, (_, index) => tickets[index] ?? tickets[0] ?? "");
  }
}

/** Tickets that an authenticator procedure checks; it is called at AUTHENTICATE, with the ticket. */
class DynamicTicket implements Method {
  readonly authenticator: Authenticator;
  readonly #requiresTls: boolean;

  constructor(settings: DynamicTicketAuth, context: AuthContext) {
    this.authenticator = new Authenticator(settings, context);
    this.#requiresTls = settings.require_tls;
  }

  canServe({ authid, facts }: AuthRequest): Eligibility {
    if (this.#requiresTls && facts?.is_secure !== true) return "no";
    return authid === undefined ? "unnamed" : "open";
  }

  begin({ authid, authrole, authextra }: AuthRequest): AuthOutcome {
    if (authid === undefined) return deny(NO_AUTHID);
    const challengeState = { authid, authrole, authextra } satisfies State;
    return JSON.stringify(challengeState).length > MAX_STATE
      ? deny("authextra is too long")
      : { kind: "challenged", extra: {}, challengeState };
  }

  async finish({ challengeState, signature, ...response }: AuthResponse): Promise<AuthOutcome> {
    const { authid, authrole, authextra = {} } = readState(challengeState);
    const request = { ...response, authid, authrole, authextra };
    const grant = await this.authenticator.identify(request, { ticket: signature });
    return grant.kind === "granted" ? admit(grant) : grant;
  }
}

function readState(challengeState: Dict): State {
  // Written by `begin`.
  return challengeState as unknown as State;
}
