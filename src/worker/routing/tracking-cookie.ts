/** The cookie that identifies a browser: an id, and the realm's signature of the id. */

import type { CookieAuth } from "../../wamp/config/auth.ts";
import { hmac, isEqual } from "../../wamp/crypto/digest.ts";
import { type Bytes, toBase64Url, utf8 } from "../../wamp/crypto/encoding.ts";

/** The cookie of one request. */
export interface TrackingCookie {
  readonly id: string;
  /** The Set-Cookie header for a browser that has no valid cookie yet. */
  readonly setCookie: string | undefined;
}

/**
 * Returns the cookie of a request if `isKnown` finds an identity under its id, or else a new one below `path`. A client
 * that is about to log in always gets a new id, so that an attacker cannot plant one in its browser (session fixation).
 * Undefined for pages of origins that may not use the cookie.
 */
export async function trackingCookie(
  request: Request,
  path: string,
  settings: CookieAuth,
  secret: Bytes,
  isKnown: (id: string) => boolean | Promise<boolean>,
): Promise<TrackingCookie | undefined> {
  const origin = request.headers.get("Origin");
  if (origin !== null && settings.allowed_origins?.includes(origin) === false) return undefined;
  for (const value of valuesOf(request.headers.get("Cookie") ?? "", settings.name)) {
    const [id = "", signature = ""] = value.split(".");
    const isOurs = isEqual(utf8(signature), utf8(await signatureOf(id, secret)));
    if (isOurs && (await isKnown(id))) return { id, setCookie: undefined };
  }
  const id = toBase64Url(crypto.getRandomValues(new Uint8Array(settings.length))).slice(0, settings.length);
  const value = `${id}.${await signatureOf(id, secret)}`;
  return { id, setCookie: setCookie(value, settings, path) };
}

/** An id without this signature is invalid, so that guessing ids is of no use. */
async function signatureOf(id: string, secret: Bytes): Promise<string> {
  return toBase64Url(await hmac(secret, utf8(`cookie\0${id}`)));
}

/** All values of the cookie: another path of the same host may have set one, too. */
function valuesOf(header: string, name: string): string[] {
  const pairs = header.split(";").map((pair) => pair.trim());
  return pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
}

function setCookie(value: string, { name, max_age, secure, http_strict, same_site }: CookieAuth, path: string): string {
  const attributes = [
    `${name}=${value}`,
    `Max-Age=${max_age}`,
    `Path=${path.replaceAll(";", "%3B")}`,
    ...(secure ? ["Secure"] : []),
    ...(http_strict ? ["HttpOnly"] : []),
    `SameSite=${same_site}`,
  ];
  return attributes.join("; ");
}
