/** The public keys of a token issuer, fetched from its JWKS URL: kept for a while, and fetched anew when it signs with others. */

import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import type { Host } from "../host.ts";
import { thrown } from "../log-line.ts";

/** Milliseconds for which keys are not asked for again: how long a key the issuer has withdrawn still counts. */
const FRESH_MS = 600_000;
/** Milliseconds for which they still serve while the issuer cannot be reached. */
const STALE_MS = 3_600_000;
/** Milliseconds between requests, whatever key ids clients make up. */
const COOLDOWN_MS = 30_000;

export class JwksCache {
  readonly #url: string;
  readonly #host: Host;
  #keys: JWTVerifyGetKey | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  #pending: Promise<void> | undefined;

  constructor(url: string, host: Host) {
    this.#url = url;
    this.#host = host;
  }

  /** The key a token's header names, for jose; rejects with `JwksUnreachable` where there are no keys to look in. */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    if (this.#age() > FRESH_MS) await this.#refresh();
    if (this.#keys === undefined || this.#age() > STALE_MS) throw new JwksUnreachable();
    try {
      return await this.#keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#refresh();
      return this.#keys(header, token);
    }
  };

  #age(): number {
    return this.#host.now() - this.#fetchedAt;
  }

  #refresh(): Promise<void> {
    if (this.#pending !== undefined) return this.#pending;
    if (this.#host.now() - this.#askedAt < COOLDOWN_MS) return Promise.resolve();
    this.#askedAt = this.#host.now();
    this.#pending = this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #fetch(): Promise<void> {
    try {
      // jose checks that it is a key set.
      this.#keys = createLocalJWKSet((await this.#host.fetchJson(this.#url)) as JSONWebKeySet);
      this.#fetchedAt = this.#host.now();
    } catch (error) {
      this.#host.log({ level: "error", event: "jwks.failed", url: this.#url, ...thrown(error) });
    }
  }
}

/** The issuer's keys cannot be had; nobody is to blame for his token. */
export class JwksUnreachable extends Error {}
