/** Ticket-based authentication: a shared secret, sent as it is. */

import type { DynamicTicketAuth, TicketAuth, TicketPrincipal } from "../config/auth.ts";
import { isSameText } from "../crypto/digest.ts";
import type { Dict } from "../protocol/values.ts";
import { Authenticator, admitted } from "./dynamic.ts";
import { jwt } from "./jwt.ts";
import type { Answer, Applicant, Fit, Method, Outcome, Surroundings } from "./method.ts";
import { denied, NO_AUTHID, UNKNOWN_PRINCIPAL } from "./method.ts";
import { TicketOrToken } from "./ticket-or-token.ts";

/** What is kept of an applicant until his ticket comes. */
interface Memo {
  readonly authid: string;
  /** Kept for an authenticator only. */
  readonly authrole?: string | undefined;
  readonly authextra?: Dict;
}

/** The method, where the realm has it; clients that bring tokens call them tickets, too. */
export function ticket(surroundings: Surroundings): Method | undefined {
  const settings = surroundings.config.auth.ticket;
  const token = jwt(surroundings);
  if (settings === undefined) return token;
  const method = settings.type === "dynamic" ? new DynamicTicket(settings, surroundings) : new Ticket(settings);
  return token === undefined ? method : new TicketOrToken(method, token);
}

/** Characters of JSON kept of somebody who has proven nothing yet. */
const MAX_MEMO = 4096;

/** Tickets in the configuration. */
class Ticket implements Method {
  readonly #principals: ReadonlyMap<string, TicketPrincipal>;
  readonly #requiresTls: boolean;

  constructor(settings: TicketAuth) {
    this.#principals = settings.principals;
    this.#requiresTls = settings.require_tls;
  }

  fits({ authid, facts }: Applicant): Fit {
    if (this.#requiresTls && facts?.is_secure !== true) return "no";
    if (authid === undefined) return "unnamed";
    return this.#principals.has(authid) ? "known" : "unknown";
  }

  begin({ authid }: Applicant): Outcome {
    if (authid === undefined) return denied(NO_AUTHID);
    return { kind: "challenged", extra: {}, memo: { authid } satisfies Memo };
  }

  async finish({ memo, method, signature }: Answer): Promise<Outcome> {
    const { authid } = readMemo(memo);
    const principal = this.#principals.get(authid);
    // The ticket of somebody unknown takes as long.
    const isRight = await isSameText(signature, principal?.ticket ?? "");
    if (principal === undefined) return denied(UNKNOWN_PRINCIPAL);
    if (!isRight) return denied("the ticket is wrong");
    return {
      kind: "admitted",
      identity: { authid, authrole: principal.role, authmethod: method, authprovider: "static" },
    };
  }
}

/** Tickets that a procedure knows; it is asked when the ticket is there. */
class DynamicTicket implements Method {
  readonly authenticator: Authenticator;
  readonly #requiresTls: boolean;

  constructor(settings: DynamicTicketAuth, surroundings: Surroundings) {
    this.authenticator = new Authenticator(settings, surroundings);
    this.#requiresTls = settings.require_tls;
  }

  fits({ authid, facts }: Applicant): Fit {
    if (this.#requiresTls && facts?.is_secure !== true) return "no";
    return authid === undefined ? "unnamed" : "open";
  }

  begin({ authid, authrole, authextra }: Applicant): Outcome {
    if (authid === undefined) return denied(NO_AUTHID);
    const memo = { authid, authrole, authextra } satisfies Memo;
    return JSON.stringify(memo).length > MAX_MEMO
      ? denied("authextra is too long")
      : { kind: "challenged", extra: {}, memo };
  }

  async finish({ memo, signature, ...answer }: Answer): Promise<Outcome> {
    const { authid, authrole, authextra = {} } = readMemo(memo);
    const applicant = { ...answer, authid, authrole, authextra };
    const grant = await this.authenticator.identify(applicant, { ticket: signature });
    return grant.kind === "granted" ? admitted(grant) : grant;
  }
}

function readMemo(memo: Dict): Memo {
  // Written by `begin`.
  return memo as unknown as Memo;
}
