/** The authentication methods of a realm, and which of them an request gets. */

import type { AuthConfig } from "../config/realm.ts";
import { WampUri } from "../protocol/errors.ts";
import { type Dict, isDict } from "../protocol/values.ts";
import { anonymous } from "./anonymous.ts";
import { type Cookies, cookie, cookiesOf } from "./cookie.ts";
import { cryptosign } from "./cryptosign.ts";
import { jwt } from "./jwt.ts";
import { Lockouts } from "./lockouts.ts";
import type { AuthContext, AuthOutcome, AuthRequest, AuthResponse, Method } from "./method.ts";
import { deny, fail } from "./method.ts";
import { pickIndex, prf } from "./principals.ts";
import { scram } from "./scram.ts";
import { isSecondRound, verifySecondFactor, withSecondRound } from "./second-factor.ts";
import { ticket } from "./ticket.ts";
import { wampcra } from "./wampcra.ts";

/** Method, as clients name it → makes it, where the configuration has it. */
const MAKERS: Readonly<Record<string, (context: AuthContext) => Method | undefined>> = {
  anonymous,
  ticket,
  jwt,
  wampcra,
  scram,
  "wamp-scram": scram,
  cryptosign,
  cookie,
};

/** Methods with a secret that people choose. */
const GUESSABLE: ReadonlySet<string> = new Set(["ticket", "wampcra", "scram", "wamp-scram"]);

export class Authentication {
  readonly #host: AuthContext["host"];
  /** Browsers that are known by their cookies; none where the realm knows nobody by them. */
  readonly cookies: Cookies | undefined;
  readonly #auth: AuthConfig;
  readonly #lockouts: Lockouts;
  readonly #methods = new Map<string, Method>();

  constructor(context: AuthContext) {
    this.#host = context.host;
    this.#auth = context.config.auth;
    this.#lockouts = new Lockouts(context.host, context.config.limits);
    for (const [name, make] of Object.entries(MAKERS)) {
      const method = make(context);
      if (method !== undefined) this.#methods.set(name, method);
    }
    this.cookies = cookiesOf(context);
  }

  /** Has the realm any method at all? */
  get hasMethods(): boolean {
    return this.#methods.size > 0;
  }

  /** Does any method ask what is known of the client's transport? */
  get usesFacts(): boolean {
    const { cookie: tracking, ...auth } = this.#auth;
    const isDynamic = Object.values(auth).some(({ type }) => type === "dynamic");
    return isDynamic || tracking !== undefined || auth.ticket?.require_tls === true;
  }

  /**
   * The first offered method that can serve (AUTH-02). Of several that know principals by name an unknown principal is
   * given one by lot, and always the same: else he would learn from it that he is unknown.
   */
  choose(offered: readonly string[], request: Omit<AuthRequest, "method">): string | undefined | Promise<string> {
    const canServe = [...new Set(offered)].map((method) => {
      return { method, fit: this.#methods.get(method)?.canServe({ ...request, method }) ?? "no" };
    });
    const able = canServe.filter(({ fit }) => fit !== "no" && fit !== "unnamed");
    if (able.length === 0) return canServe.find(({ fit }) => fit === "unnamed")?.method;
    const open = able.findIndex(({ fit }) => fit === "open" || fit === "open to unknown");
    const isNamed = able[open]?.fit === "open to unknown";
    const named = open < 0 ? able : able.slice(0, isNamed ? open + 1 : open);
    if (named.length < 2) return (named[0] ?? able[open])?.method;
    const known = named.find(({ fit }) => fit === "known");
    return prf(this.#host, "method", request.authid ?? "").then((decoySeed) => {
      return (known ?? named[pickIndex(decoySeed, named.length)]!).method;
    });
  }

  /** Takes HELLO; the method is one that was chosen. */
  begin(request: AuthRequest): AuthOutcome | Promise<AuthOutcome> {
    const { method, authid, network } = request;
    if (GUESSABLE.has(method) && authid !== undefined && this.#lockouts.isLockedOut(authid, network)) {
      return deny(LOCKED_OUT);
    }
    return withSecondRound(this.#methods.get(method)!.begin(request));
  }

  /** Takes AUTHENTICATE. */
  finish(response: AuthResponse): AuthOutcome | Promise<AuthOutcome> {
    // The configuration may have changed since the challenge.
    const method = this.#methods.get(response.method);
    if (method === undefined) return fail("the configuration has the method no more");
    const isSecond = isSecondRound(response);
    const isGuessable = isSecond || GUESSABLE.has(response.method);
    const authid = isGuessable ? authidOf(response.challengeState) : undefined;
    // Whoever has opened many connections before knows no more by that.
    if (authid !== undefined && this.#lockouts.isLockedOut(authid, response.network)) return deny(LOCKED_OUT);
    const outcome = isSecond
      ? verifySecondFactor(method, response)
      : (method.finish?.(response) ?? fail("the method takes no AUTHENTICATE"));
    return authid === undefined
      ? withSecondRound(outcome)
      : this.#countAttempt(authid, response.network, withSecondRound(outcome));
  }

  async #countAttempt(
    authid: string,
    network: string | undefined,
    response: AuthOutcome | Promise<AuthOutcome>,
  ): Promise<AuthOutcome> {
    const outcome = await response;
    // A token cannot be guessed, and its issuer may have any number of users.
    const isToken = outcome.kind === "admitted" && outcome.identity.authprovider === "jwt";
    if (outcome.kind === "admitted" && !isToken) this.#lockouts.forgive(authid, network);
    else if (outcome.kind === "refused" && outcome.uri !== WampUri.AUTHENTICATION_FAILED) {
      this.#lockouts.countFailure(authid, network);
    }
    return outcome;
  }
}

const LOCKED_OUT = "the authid is locked out";

/** Who the attempt is for, as the methods keep it. */
export function authidOf({ authid, identity }: Dict): string | undefined {
  const found = isDict(identity) ? identity.authid : authid;
  return typeof found === "string" ? found : undefined;
}
