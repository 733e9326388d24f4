/** URLs and headers of requests that the router sends: to callees, and to receivers of events. */

import * as v from "valibot";
import { secretSchema } from "../../wamp/config/auth.ts";
import { named } from "../../wamp/config/shape.ts";

const LOOPBACK = /^(.+\.)?localhost$|^127(\.\d+){3}$|^\[::1\]$/;

/** A URL that requests may be sent to: without TLS only on this machine. */
export const outgoingUrl = v.pipe(
  v.string(),
  v.check(isOutgoingUrl, "must be an https URL, or an http URL of this machine, without credentials"),
);

/** Header → value. `characters` are those of a value, and `description` names them in the fault of another value. */
export function outgoingHeaders(characters: RegExp, description: string) {
  return v.pipe(
    named(v.pipe(secretSchema, v.regex(characters, `must be one line of ${description}`))),
    v.check(
      (headers) => [...headers.keys()].every((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name)),
      "must have names of headers as keys",
    ),
  );
}

function isOutgoingUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username + password !== "") return false;
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.test(hostname));
}
