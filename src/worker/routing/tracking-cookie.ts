/** The cookie by which a browser is known again: an id, and the realm's signature under it. */

import type { CookieAuth } from "../../wamp/config/auth.ts";
import { hmac, isEqual } from "../../wamp/crypto/digest.ts";
import { type Bytes, toBase64Url, utf8 } from "../../wamp/crypto/encoding.ts";
import type { ExpiringStore } from "../../wamp/host/storage.ts";

/** The cookie of one request. */
export interface TrackingCookie {
  readonly id: string;
  /** The Set-Cookie header for a browser that has none yet. */
  readonly setCookie: string | undefined;
}

/**
 * The cookie a request came with, if it stands for somebody, or a new one: who is about to log in gets one that nobody
 * can have planted in the browser (session fixation), good below `path`. Nothing for pages of origins that have no part in it.
 */
export async function trackingCookie(
  request: Request,
  path: string,
  settings: CookieAuth,
  secret: Bytes,
  known: ExpiringStore,
): Promise<TrackingCookie | undefined> {
  const origin = request.headers.get("Origin");
  if (origin !== null && settings.allowed_origins?.includes(origin) === false) return undefined;
  for (const value of valuesOf(request.headers.get("Cookie") ?? "", settings.name)) {
    const [id = "", signature = ""] = value.split(".");
    const isOurs = isEqual(utf8(signature), utf8(await signatureOf(id, secret)));
    if (isOurs && known.get(id, Date.now()) !== undefined) return { id, setCookie: undefined };
  }
  const id = toBase64Url(crypto.getRandomValues(new Uint8Array(settings.length))).slice(0, settings.length);
  const value = `${id}.${await signatureOf(id, secret)}`;
  return { id, setCookie: setCookie(value, settings, path) };
}

/** Ids are worth nothing by themselves, so nobody gains by guessing them. */
async function signatureOf(id: string, secret: Bytes): Promise<string> {
  return toBase64Url(await hmac(secret, utf8(`cookie\0${id}`)));
}

/** All values under the name: another path of the same host may have set one, too. */
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
