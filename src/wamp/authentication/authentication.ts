/** Holds the authentication methods of a realm, chooses one for each HELLO, and counts failed logins. */

import type { AuthConfig } from "../config/realm.ts";
import { WampUri } from "../protocol/errors.ts";
import { type Dict, isDict } from "../protocol/values.ts";
import { createAnonymous } from "./anonymous.ts";
import { createCookie, openCookies } from "./cookie.ts";
import { createCryptosign } from "./cryptosign.ts";
import { createJwt } from "./jwt.ts";
import { type AttemptResult, Lockouts, type LoginAttempt, type LoginJudge } from "./lockouts.ts";
import type {
  AuthContext,
  AuthOutcome,
  AuthRefusal,
  AuthRequest,
  AuthResponse,
  CookieJar,
  Eligibility,
  Method,
} from "./method.ts";
import { deny, fail } from "./method.ts";
import { pickIndex, prf } from "./principals.ts";
import { createScram } from "./scram.ts";
import { isSecondRound, verifySecondFactor, withSecondRound } from "./second-factor.ts";
import { createTicket } from "./ticket.ts";
import { createWampcra } from "./wampcra.ts";

/** HELLO.Details.authmethods entry → makes the method if the configuration has it. */
const MAKERS: Readonly<Record<string, (context: AuthContext) => Method | undefined>> = {
  anonymous: createAnonymous,
  ticket: createTicket,
  jwt: createJwt,
  wampcra: createWampcra,
  scram: createScram,
  "wamp-scram": createScram,
  cryptosign: createCryptosign,
  cookie: createCookie,
};

/** Methods with secrets that people choose, which an attacker can guess; failures count towards a lockout. */
const GUESSABLE: ReadonlySet<string> = new Set(["ticket", "wampcra", "scram", "wamp-scram"]);

/** A method of a HELLO, and whether it can serve the request. */
export interface Candidate {
  readonly method: string;
  readonly fit: Eligibility;
}

/** Authentication of one realm: `choose` and `begin` for HELLO, `finish` for AUTHENTICATE. */
export class Authentication {
  readonly #monitor: AuthContext["monitor"];
  /** Undefined if the realm does not have the method `cookie`. */
  readonly cookies: CookieJar | undefined;
  /** Does a method read the transport info of clients? */
  readonly usesFacts: boolean;
  readonly #logins: LoginJudge;
  readonly #decoys: Pick<AuthContext["host"], "secret">;
  readonly #methods = new Map<string, Method>();

  constructor(context: AuthContext) {
    this.#decoys = context.decoys ?? context.host;
    this.#monitor = context.monitor;
    this.usesFacts = usesFacts(context.config.auth);
    this.#logins = context.logins ?? new Lockouts(context.host, context.config.limits);
    for (const [name, make] of Object.entries(MAKERS)) {
      const method = make(context);
      if (method !== undefined) this.#methods.set(name, method);
    }
    this.cookies = openCookies(context);
  }

  /** Has the realm at least one method? */
  get hasMethods(): boolean {
    return this.#methods.size > 0;
  }

  /**
   * Chooses the first offered method that can serve (AUTH-02). If several methods look principals up by authid, an
   * unknown authid always gets the same random one of them; otherwise the choice would reveal that it is unknown.
   */
  choose(offered: readonly string[], request: Omit<AuthRequest, "method">): string | undefined | Promise<string> {
    const named = this.candidates(offered, request);
    if (named.length < 2) return named[0]?.method;
    const known = named.find(({ fit }) => fit === "known");
    return prf(this.#decoys, "method", request.authid ?? "").then((decoySeed) => {
      return (known ?? named[pickIndex(decoySeed, named.length)]!).method;
    });
  }

  /** The methods among which `choose` chooses, in the order of the offer. */
  candidates(offered: readonly string[], request: Omit<AuthRequest, "method">): readonly Candidate[] {
    const canServe = [...new Set(offered)].map((method) => ({ method, fit: this.fitOf({ ...request, method }) }));
    const able = canServe.filter(({ fit }) => fit !== "no" && fit !== "unnamed");
    if (able.length === 0) return canServe.filter(({ fit }) => fit === "unnamed").slice(0, 1);
    if (able.length === 1) return able;
    const open = able.findIndex(({ fit }) => fit === "open" || fit === "open to unknown");
    if (open <= 0) return open < 0 ? able : able.slice(0, 1);
    return able.slice(0, able[open]!.fit === "open to unknown" ? open + 1 : open);
  }

  /** Whether a method can serve a request; `no` where the realm does not have the method. */
  fitOf(request: AuthRequest): Eligibility {
    return this.#methods.get(request.method)?.canServe(request) ?? "no";
  }

  /** The methods of the realm; a method with two spellings occurs twice. */
  get methods(): Iterable<string> {
    return this.#methods.keys();
  }

  /** Handles HELLO with a method that `choose` returned. */
  begin(request: AuthRequest): AuthOutcome | Promise<AuthOutcome> {
    const isLockedOut = this.isLockedOut(request.method, request.authid, request.network);
    return isLockedOut instanceof Promise ? this.#beginLater(isLockedOut, request) : this.#begin(isLockedOut, request);
  }

  /** A method of its own, because a closure in `begin` would cost each login an object. */
  async #beginLater(isLockedOut: Promise<boolean | undefined>, request: AuthRequest): Promise<AuthOutcome> {
    return this.#begin(await isLockedOut, request);
  }

  #begin(isLockedOut: boolean | undefined, request: AuthRequest): AuthOutcome | Promise<AuthOutcome> {
    if (isLockedOut === undefined) return fail(NOT_COUNTED);
    return isLockedOut ? this.#denyLockedOut() : withSecondRound(this.#methods.get(request.method)!.begin(request));
  }

  /** Does `begin` refuse the method, because too many logins with the authid have failed? */
  isLockedOut(
    method: string,
    authid: string | undefined,
    network: string | undefined,
  ): boolean | Promise<boolean | undefined> {
    return GUESSABLE.has(method) && authid !== undefined && this.#logins.isLockedOut(authid, network);
  }

  /** Handles AUTHENTICATE. */
  finish(response: AuthResponse): AuthOutcome | Promise<AuthOutcome> {
    // The configuration may have changed since the challenge.
    const method = this.#methods.get(response.method);
    if (method === undefined) return fail("the configuration has the method no more");
    const isSecond = isSecondRound(response);
    const isGuessable = isSecond || GUESSABLE.has(response.method);
    const authid = isGuessable ? authidOf(response.challengeState) : undefined;
    const verify = (): AuthOutcome | Promise<AuthOutcome> =>
      withSecondRound(
        isSecond
          ? verifySecondFactor(method, response)
          : (method.finish?.(response) ?? fail("the method takes no AUTHENTICATE")),
      );
    if (authid === undefined) return verify();
    // Checked again, because a client can open many connections before its lockout begins.
    const attempt = this.#logins.begin(authid, response.network);
    return attempt instanceof Promise
      ? attempt.then((begun) => this.#attempt(begun, verify))
      : this.#attempt(attempt, verify);
  }

  #denyLockedOut(): AuthRefusal {
    this.#monitor.counters.limits.failed_logins++;
    return deny("the authid is locked out");
  }

  #attempt(
    attempt: LoginAttempt,
    verify: () => AuthOutcome | Promise<AuthOutcome>,
  ): AuthOutcome | Promise<AuthOutcome> {
    if (attempt.verdict === "unknown") return fail(NOT_COUNTED);
    return attempt.verdict === "locked out" ? this.#denyLockedOut() : countAttempt(attempt, verify());
  }
}

/** Cause of a refusal, for the log. */
const NOT_COUNTED = "failed logins cannot be counted";

async function countAttempt(attempt: LoginAttempt, response: AuthOutcome | Promise<AuthOutcome>): Promise<AuthOutcome> {
  let result: AttemptResult = "neither";
  try {
    const outcome = await response;
    result = resultOf(outcome);
    return outcome;
  } finally {
    attempt.end(result);
  }
}

/** A token cannot be guessed, and its issuer may have any number of users. */
function resultOf(outcome: AuthOutcome): AttemptResult {
  if (outcome.kind === "admitted") return outcome.identity.authprovider === "jwt" ? "neither" : "success";
  return outcome.kind === "refused" && outcome.uri !== WampUri.AUTHENTICATION_FAILED ? "failure" : "neither";
}

function usesFacts({ cookie: tracking, ...auth }: AuthConfig): boolean {
  const isDynamic = Object.values(auth).some(({ type }) => type === "dynamic");
  return isDynamic || tracking !== undefined || auth.ticket?.require_tls === true;
}

/** Reads the authid in the challenge state of a method. */
export function authidOf({ authid, identity }: Dict): string | undefined {
  const found = isDict(identity) ? identity.authid : authid;
  return typeof found === "string" ? found : undefined;
}
