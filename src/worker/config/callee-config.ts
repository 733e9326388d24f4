/** Procedures that the realm itself offers: an API elsewhere, or another Worker, does the work. */

import * as v from "valibot";
import { secretSchema } from "../../wamp/config/auth.ts";
import { closed, type DeepReadonly, named } from "../../wamp/config/shape.ts";
import { isReservedUri, isValidUri } from "../../wamp/protocol/uri.ts";

/** Milliseconds; the platform lets a Worker go on for 30 s after its answer, and what it finds has to be told, too. */
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
    /** Each call is one request to it. */
    url: v.exactOptional(url),
    /** Each call says what to request there, as Crossbar.io's RESTCallee takes it. */
    baseurl: v.exactOptional(url),
    /** A service binding; each call is one of the Worker's method `call`. */
    binding: v.exactOptional(v.pipe(v.string(), v.nonEmpty("must not be empty"))),
    method: v.exactOptional(v.picklist(["GET", "POST", "PUT", "PATCH", "DELETE"])),
    headers: v.exactOptional(headers),
    /** Milliseconds. */
    timeout: v.optional(
      v.pipe(v.number(), v.integer("must be an integer"), v.minValue(1), v.maxValue(LONGEST_CALL)),
      USUAL_CALL,
    ),
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

/** One procedure of the realm's own, checked, defaults filled in. */
export type CalleeConfig = DeepReadonly<v.InferOutput<typeof calleeSchema>>;

/** May the router send to it? In the clear only to where nobody can listen. */
function isUsableUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  const isPrivate = protocol === "https:" || (protocol === "http:" && LOOPBACK.includes(hostname));
  return isPrivate && username + password + hash === "";
}
