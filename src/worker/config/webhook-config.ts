/** Webhooks of a realm: requests of other services that become events, and events that become requests. */

import * as v from "valibot";
import { secretSchema } from "../../wamp/config/auth.ts";
import { matchSchema } from "../../wamp/config/permission.ts";
import { closed, type DeepReadonly, named } from "../../wamp/config/shape.ts";
import { isValidUri } from "../../wamp/protocol/uri.ts";

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));

const webhook = v.pipe(
  closed({
    topic: v.pipe(
      v.string(),
      v.check((uri) => isValidUri(uri, "loose"), "must be a valid URI"),
    ),
    role: text,
    /** GitHub signs with it in `X-Hub-Signature-256`, or in `X-Hub-Signature`. */
    github_secret: v.exactOptional(secretSchema),
    /** Others sign with it: HMAC-SHA-256 of the body in hex, with or without `sha256=`, in `signature_header`. */
    secret: v.exactOptional(secretSchema),
    signature_header: v.optional(
      v.pipe(v.string(), v.regex(/^[\w-]+$/, "must be the name of a header")),
      "X-Signature-256",
    ),
    /** Takes what nobody has signed. */
    open: v.optional(v.boolean(), false),
    success_response: v.optional(v.string(), "OK"),
    error_response: v.optional(v.string(), "NOT OK"),
    /** Bytes; 0 for what the realm allows. */
    post_body_limit: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1_048_576)), 0),
  }),
  v.check(
    ({ github_secret, secret, open }) =>
      [github_secret !== undefined, secret !== undefined, open].filter(Boolean).length === 1,
    'needs one of github_secret, secret and "open": true',
  ),
);

/** Name, as it stands in the URL → what becomes of a request. */
export const webhooksSchema = named(webhook);

export type WebhookConfig = DeepReadonly<v.InferOutput<typeof webhook>>;

/** Headers the router itself sets, and what belongs to the connection. */
const OWN_HEADERS = /^(content-.*|host|connection|transfer-encoding|user-agent|x-hub-signature-256|webhook-.*)$/i;
const LOOPBACK = /^(.+\.)?localhost$|^127(\.\d+){3}$|^\[::1\]$/;

const headers = v.pipe(
  named(v.pipe(secretSchema, v.regex(/^[\x20-\x7e]*$/, "must be one line of ASCII"))),
  v.check(
    (headers) => [...headers.keys()].every((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && !OWN_HEADERS.test(name)),
    "must have names of headers that the router does not set itself",
  ),
);

const webhookOut = v.pipe(
  closed({
    /** What is pending and what could not be delivered is kept under it. */
    name: text,
    uri: v.string(),
    match: v.optional(matchSchema, "exact"),
    url: v.pipe(
      v.string(),
      v.check(isDeliverable, "must be an https URL without credentials; http is for loopback only"),
    ),
    secret: secretSchema,
    /** As whom the realm subscribes. */
    role: text,
    headers: v.optional(headers, {}),
    /** Milliseconds for one try. */
    timeout: v.optional(v.pipe(v.number(), v.integer("must be an integer"), v.minValue(1), v.maxValue(60_000)), 10_000),
    /** Tries after the first one. */
    retries: v.optional(v.pipe(v.number(), v.integer("must be an integer"), v.minValue(0), v.maxValue(100)), 12),
  }),
  v.check(({ uri, match }) => isValidUri(uri, "loose", match), "must have a uri that is valid for its match"),
);

function isDeliverable(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password } = new URL(url);
  if (username !== "" || password !== "") return false;
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.test(hostname));
}

/** Where events go. */
export const webhooksOutSchema = v.array(webhookOut);

export type WebhookOutConfig = DeepReadonly<v.InferOutput<typeof webhookOut>>;
