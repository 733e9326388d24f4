/** The schema of a token issuer's public keys: a URL, or the keys themselves. */

import * as v from "valibot";
import { isDict } from "../protocol/values.ts";

/** A public key as JSON (RFC 7517). */
export interface PublicJwk {
  readonly kty: string;
  readonly [name: string]: unknown;
}

/** Types of keys that have a public half. */
const KINDS: readonly unknown[] = ["RSA", "EC", "OKP"];

/** Whether keys may be fetched from a URL: over https, or over http from the router's own machine. */
export function isTrustedUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}

/** The fault of a URL that `isTrustedUrl` refuses. */
export const NOT_TRUSTED = "must be an https URL, or an http URL of localhost, 127.0.0.0/8 or [::1]";

const publicKey = v.pipe(
  v.custom<PublicJwk>(isDict, "must be a JSON Web Key"),
  v.forward(
    v.check(({ kty }) => KINDS.includes(kty), `must be one of ${KINDS.join(", ")}`),
    ["kty"],
  ),
  v.check(({ d }) => d === undefined, "must be the public half of the key, without d"),
);

const keys = v.pipe(v.array(publicKey), v.nonEmpty("must not be empty"));

const keySet = v.pipe(
  v.looseObject({ keys }),
  v.transform((set) => set.keys),
);

/** `jwks`: a URL, a key set, or a list of keys. */
export const jwksSchema = v.lazy((input) => {
  if (Array.isArray(input)) return keys;
  return isDict(input)
    ? keySet
    : v.pipe(v.string("must be a URL, a key set or a list of keys"), v.check(isTrustedUrl, NOT_TRUSTED));
});

/** The platform writes every spelling of an IPv4 address with four numbers. */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}
