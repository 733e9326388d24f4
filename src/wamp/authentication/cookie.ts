/** Cookie authentication: recognizes a browser that has logged in before by the tracking cookie of its WebSocket. */

import type { Clock, Log, Storage } from "../host/host.ts";
import type { ExpiringStore } from "../host/storage.ts";
import type { TransportInfo } from "../host/transport.ts";
import type { Identity } from "../session/session.ts";
import { namedIdentity } from "../session/stored-identity.ts";
import { cookieFromFormat1 } from "../stored-records/format-1.ts";
import {
  type Format,
  field,
  oneOf,
  optional,
  read,
  record,
  unreadable,
  write,
} from "../stored-records/stored-record.ts";
import * as is from "../stored-records/stored-values.ts";
import type { Admitted, AuthContext, AuthOutcome, AuthRequest, CookieJar, Eligibility, Method } from "./method.ts";
import { deny } from "./method.ts";

/** The name of the method, as HELLO offers it. */
export const COOKIE_METHOD = "cookie";

type Remembered = Pick<Admitted, "kind" | "identity" | "expiresAt">;

/** The keys are those of format 1, so that browsers stay logged in after a rollback of the router. */
const COOKIE: Format<Remembered> = {
  kind: "cookie",
  codec: record<Remembered>({
    kind: field("kind", oneOf("admitted")),
    identity: field("identity", namedIdentity),
    expiresAt: optional("expiresAt", is.number),
  }),
  steps: [cookieFromFormat1],
};

/** Makes the method if the realm has it. */
export function createCookie(context: AuthContext): Method | undefined {
  const cookies = openCookies(context);
  return cookies && new Cookie(cookies);
}

/** Opens the realm's store of cookies if the realm has the method. */
export function openCookies({ config, host, cookies }: AuthContext): CookieJar | undefined {
  return config.auth.cookie && (cookies ?? new Cookies(config.auth.cookie.max_age, host));
}

/** Maps the id in a tracking cookie to the identity that another method has proven. */
export class Cookies implements CookieJar {
  readonly #store: ExpiringStore;
  readonly #host: Clock & Storage & Log;
  readonly #maxAgeMs: number;

  /** `maxAge` in seconds. */
  constructor(maxAge: number, host: Clock & Storage & Log) {
    this.#store = host.store.cookies;
    this.#host = host;
    this.#maxAgeMs = maxAge * 1000;
  }

  remember(facts: TransportInfo | undefined, identity: Identity, expiresAt: number | undefined): void {
    const id = facts?.http_cbtid;
    if (id === undefined || identity.authmethod === "anonymous" || identity.authmethod === "cookie") return;
    const present = this.recall(facts)?.identity;
    const isAnothers =
      present !== undefined && (present.authid !== identity.authid || present.authrole !== identity.authrole);
    // Another user may have planted the cookie in this browser, and would otherwise get this identity.
    if (isAnothers) return this.#store.delete(id);
    const now = this.#host.now();
    this.#store.put(
      id,
      write(COOKIE, { kind: "admitted", identity, expiresAt }),
      Math.min(now + this.#maxAgeMs, expiresAt ?? now + this.#maxAgeMs),
      now,
    );
  }

  recall(facts: TransportInfo | undefined): Admitted | undefined {
    if (facts?.http_cbtid === undefined) return undefined;
    const text = this.#store.get(facts.http_cbtid, this.#host.now());
    if (text === undefined) return undefined;
    const reading = read(COOKIE, text);
    if (reading.ok) return reading.value;
    this.#host.log(unreadable("cookie", reading.cause));
    return undefined;
  }

  logOut(id: string): void {
    this.#store.delete(id);
  }
}

class Cookie implements Method {
  readonly #cookies: CookieJar;

  constructor(cookies: CookieJar) {
    this.#cookies = cookies;
  }

  canServe({ facts }: AuthRequest): Eligibility {
    return this.#cookies.recall(facts) === undefined ? "no" : "open";
  }

  begin({ facts }: AuthRequest): AuthOutcome {
    const remembered = this.#cookies.recall(facts);
    if (remembered === undefined) return deny("the cookie is unknown");
    return { ...remembered, identity: { ...remembered.identity, authmethod: "cookie", authprovider: "cookie" } };
  }
}
