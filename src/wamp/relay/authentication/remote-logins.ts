/** What the logins of a relay share with those of all other objects: failures, cookies, decoys. */

import { COOKIE_METHOD } from "../../authentication/cookie.ts";
import type { AttemptResult, LoginAttempt, LoginJudge } from "../../authentication/lockouts.ts";
import type { Admitted, CookieJar, SharedAuthentication } from "../../authentication/method.ts";
import type { RealmConfig } from "../../config/realm.ts";
import type { TransportInfo } from "../../host/transport.ts";
import type { Identity } from "../../session/session.ts";
import type { ToCore } from "../link/messages.ts";
import type { RelayIds } from "../link/relay-ids.ts";
import type { Questions } from "./questions.ts";

/** Failed logins count at the core. While it cannot be reached no secret is checked that could be guessed. */
class RemoteLockouts implements LoginJudge {
  readonly #questions: Questions;
  readonly #send: (message: ToCore) => void;
  /** The longest login: milliseconds. */
  readonly #timeoutMs: number;

  constructor(questions: Questions, send: (message: ToCore) => void, timeoutMs: number) {
    this.#questions = questions;
    this.#send = send;
    this.#timeoutMs = timeoutMs;
  }

  async isLockedOut(authid: string, network: string | undefined): Promise<boolean | undefined> {
    const answered = await this.#questions.ask({ about: "lockout", authid, network });
    return typeof answered === "object" && answered.answer.about === "lockout"
      ? answered.answer.isLockedOut
      : undefined;
  }

  async begin(authid: string, network: string | undefined): Promise<LoginAttempt> {
    const question = { about: "attempt", authid, network } as const;
    const answered = await this.#questions.ask(question, this.#timeoutMs);
    if (typeof answered !== "object" || answered.answer.about !== "lockout") return UNKNOWN;
    const { number } = answered;
    return {
      verdict: answered.answer.isLockedOut ? "locked out" : "open",
      end: (result: AttemptResult) => this.#send({ kind: "attempt ended", number, authid, network, result }),
    };
  }
}

const UNKNOWN: LoginAttempt = { verdict: "unknown", end: () => {} };

/** Cookies are kept at the core, because a browser comes back at any relay. */
class RemoteCookies implements CookieJar {
  readonly #questions: Questions;
  readonly #send: (message: ToCore) => void;
  readonly logOut: (cookie: string) => void;
  /** What the core has answered about the cookies of the clients that log in. */
  readonly #recalled = new WeakMap<TransportInfo, Admitted>();

  constructor(questions: Questions, { send, logOut }: LoginSender) {
    this.#questions = questions;
    this.#send = send;
    this.logOut = logOut;
  }

  /** Asks the core about the cookie of a client that offers it; undefined if there is nothing to ask. */
  prepare(offered: readonly string[], facts: TransportInfo | undefined): Promise<void> | undefined {
    if (facts?.http_cbtid === undefined || !offered.includes(COOKIE_METHOD)) return undefined;
    this.#recalled.delete(facts);
    return this.#ask(facts, facts.http_cbtid);
  }

  recall(facts: TransportInfo | undefined): Admitted | undefined {
    return facts && this.#recalled.get(facts);
  }

  remember(facts: TransportInfo | undefined, identity: Identity, expiresAt: number | undefined): void {
    const cookie = facts?.http_cbtid;
    if (cookie !== undefined) this.#send({ kind: "cookie", cookie, identity, expiresAt });
  }

  async #ask(facts: TransportInfo, cookie: string): Promise<void> {
    const answered = await this.#questions.ask({ about: "cookie", cookie });
    if (typeof answered !== "object" || answered.answer.about !== "cookie") return;
    const { remembered } = answered.answer;
    if (remembered !== undefined) this.#recalled.set(facts, remembered);
  }
}

/** Asks the core whether it has an identity under the id of a cookie. */
export async function isCookieKnown(questions: Questions, cookie: string): Promise<boolean> {
  const answered = await questions.ask({ about: "cookie", cookie });
  return typeof answered === "object" && answered.answer.about === "cookie" && answered.answer.remembered !== undefined;
}

/** Tells the core of logins. */
export interface LoginSender {
  /** Queues a message for the core. */
  send(message: ToCore): void;
  /** Has the core forget a cookie, and end the sessions with it at other objects. */
  logOut(cookie: string): void;
}

/** Makes the parts of a relay's authentication. */
export function shareLogins(
  { auth, limits }: RealmConfig,
  ids: RelayIds,
  questions: Questions,
  sender: LoginSender,
): SharedAuthentication {
  const logins = new RemoteLockouts(questions, sender.send, limits.hello_timeout);
  if (auth.cookie === undefined) return { logins, decoys: ids };
  const cookies = new RemoteCookies(questions, sender);
  return { logins, decoys: ids, cookies, prepare: (offered, facts) => cookies.prepare(offered, facts) };
}
