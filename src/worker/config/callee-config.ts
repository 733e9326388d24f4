/** `callees` of a realm: procedures that the router registers, served by an HTTP API or another Worker. */

import * as v from "valibot";
import { integer, matchSchema, text } from "../../wamp/config/fields.ts";
import { closed, type DeepReadonly } from "../../wamp/config/shape.ts";
import { isReservedUri, isValidUri } from "../../wamp/protocol/uri.ts";
import { outgoingHeaders, outgoingUrl } from "./outgoing-request.ts";

/** Milliseconds; the platform ends a Worker 30 s after its response, and sending the answer takes time, too. */
const LONGEST_CALL = 25_000;
export const USUAL_CALL = 10_000;

const url = v.pipe(
  outgoingUrl,
  v.check((text) => !URL.parse(text)?.hash, "must have no fragment"),
);

/** One entry of `callees`. */
export const calleeSchema = v.pipe(
  closed({
    procedure: v.string(),
    match: v.optional(matchSchema, "exact"),
    /** One request to this URL per call. */
    url: v.exactOptional(url),
    /** The call's arguments describe the request below this URL, as for Crossbar.io's RESTCallee. */
    baseurl: v.exactOptional(url),
    /** A service binding; the router calls the Worker's method `call`. */
    binding: v.exactOptional(text),
    method: v.exactOptional(v.picklist(["GET", "POST", "PUT", "PATCH", "DELETE"])),
    headers: v.exactOptional(outgoingHeaders(/^[\t\x20-\x7e\x80-\xff]*$/, "Latin-1")),
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
