/** The public keys of a token issuer, fetched from its key set: kept for a while, and fetched anew when it signs with others. */

import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { isTrustedUrl } from "../config/key-set.ts";
import type { Clock, Host, Log } from "../host/host.ts";
import { thrown } from "../host/log-line.ts";
import { isDict } from "../protocol/values.ts";

/** Milliseconds for which keys are not asked for again: how long a key the issuer has withdrawn still counts. */
const FRESH_MS = 600_000;
/** Milliseconds for which they still serve while the issuer cannot be reached. */
const STALE_MS = 3_600_000;
/** Milliseconds between requests, whatever key ids clients make up. */
const COOLDOWN_MS = 30_000;

/** Where the keys are: at a URL, or where the issuer's own description says (OpenID Connect Discovery). */
export type KeySource = { readonly jwks: string } | { readonly issuer: string };

export class JwksCache {
  readonly #source: KeySource;
  readonly #host: Clock & Log & Pick<Host, "fetchJson">;
  #keys: JWTVerifyGetKey | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  #pending: Promise<void> | undefined;

  constructor(source: KeySource, host: Clock & Log & Pick<Host, "fetchJson">) {
    this.#source = source;
    this.#host = host;
  }

  /** The key a token's header names, for jose; rejects with `JwksUnreachable` where there are no keys to look in. */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    if (this.#since(this.#fetchedAt) > FRESH_MS) await this.#refresh();
    if (this.#keys === undefined || this.#since(this.#fetchedAt) > STALE_MS) throw new JwksUnreachable();
    try {
      return await this.#keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#refresh();
      return this.#keys(header, token);
    }
  };

  /** Milliseconds; a time that lies ahead, as after the clock was set back, counts like one in the past. */
  #since(time: number): number {
    return Math.abs(this.#host.now() - time);
  }

  #refresh(): Promise<void> {
    if (this.#pending !== undefined) return this.#pending;
    if (this.#since(this.#askedAt) < COOLDOWN_MS) return Promise.resolve();
    this.#askedAt = this.#host.now();
    this.#pending = this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #fetch(): Promise<void> {
    let url = "jwks" in this.#source ? this.#source.jwks : descriptionOf(this.#source.issuer);
    try {
      if ("issuer" in this.#source) url = jwksUriIn(await this.#host.fetchJson(url), this.#source.issuer);
      // jose checks that it is a key set.
      this.#keys = createLocalJWKSet((await this.#host.fetchJson(url)) as JSONWebKeySet);
      this.#fetchedAt = this.#host.now();
    } catch (error) {
      this.#host.log({ level: "error", event: "jwks.failed", url, ...thrown(error) });
    }
  }
}

/** The issuer's keys cannot be had; nobody is to blame for his token. */
export class JwksUnreachable extends Error {}

/** The URL of an issuer's description (OpenID Connect Discovery 1.0, section 4). */
function descriptionOf(issuer: string): string {
  return `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
}

/** Where the description of an issuer says its keys are; it must be the description of that very issuer (section 4.3). */
function jwksUriIn(description: unknown, issuer: string): string {
  if (!isDict(description)) throw new Error("the issuer's description is no dict");
  if (description.issuer !== issuer) throw new Error("the description is of another issuer");
  const { jwks_uri: uri } = description;
  if (typeof uri !== "string" || !isTrustedUrl(uri)) throw new Error("jwks_uri is no https URL");
  return uri;
}
