/** `callees` of a realm: procedures that the router registers, served by an HTTP API or another Worker. */

import * as v from "valibot";
import { secretSchema } from "../../wamp/config/auth.ts";
import { integer, text } from "../../wamp/config/fields.ts";
import { closed, type DeepReadonly, named } from "../../wamp/config/shape.ts";
import { isReservedUri, isValidUri } from "../../wamp/protocol/uri.ts";

/** Milliseconds; the platform ends a Worker 30 s after its response, and sending the answer takes time, too. */
const LONGEST_CALL = 25_000;
export const USUAL_CALL = 10_000;

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

const url = v.pipe(
  v.string(),
  v.check(isUsableUrl, "must be an https URL, or an http URL of this machine, without credentials and fragment"),
);

const header = v.pipe(
  secretSchema,
  v.regex(/^[\t\x20-\x7e\x80-\xff]*$/, "must be the value of a header: one line of Latin-1"),
);

const headers = v.pipe(
  named(header),
  v.check(
    (values) => [...values.keys()].every((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name)),
    "must have names of headers as keys",
  ),
);

/** One entry of `callees`. */
export const calleeSchema = v.pipe(
  closed({
    procedure: v.string(),
    match: v.optional(v.picklist(["exact", "prefix", "wildcard"]), "exact"),
    /** One request to this URL per call. */
    url: v.exactOptional(url),
    /** The call's arguments describe the request below this URL, as for Crossbar.io's RESTCallee. */
    baseurl: v.exactOptional(url),
    /** A service binding; the router calls the Worker's method `call`. */
    binding: v.exactOptional(text),
    method: v.exactOptional(v.picklist(["GET", "POST", "PUT", "PATCH", "DELETE"])),
    headers: v.exactOptional(headers),
    /** Milliseconds. */
    timeout: v.optional(integer(1, LONGEST_CALL), USUAL_CALL),
  }),
  v.forward(
    v.check(({ procedure, match }) => isValidUri(procedure, "loose", match), "must be a valid URI"),
    ["procedure"],
  ),
  v.forward(
    v.check(({ procedure }) => !isReservedUri(procedure), "must not begin with wamp, which is reserved"),
    ["procedure"],
  ),
  v.check(
    ({ url, baseurl, binding }) => [url, baseurl, binding].filter((place) => place !== undefined).length === 1,
    "needs one of url, baseurl and binding",
  ),
  v.check(({ url, method }) => url !== undefined || method === undefined, "has method, which goes with url only"),
  v.check(({ binding, headers }) => binding === undefined || headers === undefined, "has headers, but no URL"),
);

/** One entry of `callees`, checked, defaults filled in. */
export type CalleeConfig = DeepReadonly<v.InferOutput<typeof calleeSchema>>;

/** Whether the router may send requests to a URL; without TLS only to this machine. */
function isUsableUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  const isPrivate = protocol === "https:" || (protocol === "http:" && LOOPBACK.includes(hostname));
  return isPrivate && username + password + hash === "";
}
