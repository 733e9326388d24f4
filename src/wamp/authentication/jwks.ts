/** Caches the public keys of a token issuer, and fetches them again for a token that was signed with a new key. */

import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { JWKSNoMatchingKey } from "jose/errors";
import { isTrustedUrl } from "../config/key-set.ts";
import type { Clock, Host, Log } from "../host/host.ts";
import { thrown } from "../host/log-line.ts";
import { isDict } from "../protocol/values.ts";

/** Milliseconds between regular requests; a key that the issuer withdraws stays valid that long. */
const FRESH_MS = 600_000;
/** Milliseconds for which cached keys stay valid while the issuer cannot be reached. */
const STALE_MS = 3_600_000;
/** Milliseconds between any two requests, so that tokens with invented key ids cannot cause more. */
const COOLDOWN_MS = 30_000;

/** The URL of the key set, or an issuer whose metadata names that URL (OpenID Connect Discovery). */
export type KeySource = { readonly jwks: string } | { readonly issuer: string };

/** The key set of one issuer. */
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

  /** Finds the key that a token's header names; rejects with `JwksUnreachable` if no key set could be fetched. */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    if (this.#since(this.#fetchedAt) > FRESH_MS) await this.#refresh();
    if (this.#keys === undefined || this.#since(this.#fetchedAt) > STALE_MS) throw new JwksUnreachable();
    try {
      return await this.#keys(header, token);
    } catch (error) {
      if (!(error instanceof JWKSNoMatchingKey)) throw error;
      await this.#refresh();
      return this.#keys(header, token);
    }
  };

  /** Milliseconds between `time` and now; absolute, because after the clock was set back `time` can lie ahead. */
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
    let url = "jwks" in this.#source ? this.#source.jwks : metadataUrl(this.#source.issuer);
    try {
      if ("issuer" in this.#source) url = readJwksUri(await this.#host.fetchJson(url), this.#source.issuer);
      // jose checks that it is a key set.
      this.#keys = createLocalJWKSet((await this.#host.fetchJson(url)) as JSONWebKeySet);
      this.#fetchedAt = this.#host.now();
    } catch (error) {
      this.#host.log({ level: "error", event: "jwks.failed", url, ...thrown(error) });
    }
  }
}

/** The keys of the issuer cannot be fetched, so the router cannot verify the token. */
export class JwksUnreachable extends Error {}

/** The URL of an issuer's metadata (OpenID Connect Discovery 1.0, section 4). */
function metadataUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
}

/** Reads `jwks_uri` from an issuer's metadata; throws if the metadata are of another issuer (section 4.3). */
function readJwksUri(description: unknown, issuer: string): string {
  if (!isDict(description)) throw new Error("the issuer's description is no dict");
  if (description.issuer !== issuer) throw new Error("the description is of another issuer");
  const { jwks_uri: uri } = description;
  if (typeof uri !== "string" || !isTrustedUrl(uri)) throw new Error("jwks_uri is no https URL");
  return uri;
}
