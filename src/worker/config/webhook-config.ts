/** `webhooks` and `webhooks_out` of a realm: requests of other services become events, and events become requests. */

import * as v from "valibot";
import { secretSchema } from "../../wamp/config/auth.ts";
import { integer, text, uri } from "../../wamp/config/fields.ts";
import { matchSchema } from "../../wamp/config/permission.ts";
import { closed, type DeepReadonly, named } from "../../wamp/config/shape.ts";
import { isValidUri } from "../../wamp/protocol/uri.ts";

const webhook = v.pipe(
  closed({
    topic: uri,
    role: text,
    /** Key of GitHub's signature in `X-Hub-Signature-256` or `X-Hub-Signature`. */
    github_secret: v.exactOptional(secretSchema),
    /** Key of HMAC-SHA-256 of the body, in hex, with or without `sha256=`, in `signature_header`. */
    secret: v.exactOptional(secretSchema),
    signature_header: v.optional(
      v.pipe(v.string(), v.regex(/^[\w-]+$/, "must be the name of a header")),
      "X-Signature-256",
    ),
    /** Accepts requests without a signature. */
    open: v.optional(v.boolean(), false),
    success_response: v.optional(v.string(), "OK"),
    error_response: v.optional(v.string(), "NOT OK"),
    /** Bytes; 0 for the realm's `message_bytes`. */
    post_body_limit: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1_048_576)), 0),
  }),
  v.check(
    ({ github_secret, secret, open }) =>
      [github_secret !== undefined, secret !== undefined, open].filter(Boolean).length === 1,
    'needs one of github_secret, secret and "open": true',
  ),
);

/** Name in the URL → webhook. */
export const webhooksSchema = named(webhook);

export type WebhookConfig = DeepReadonly<v.InferOutput<typeof webhook>>;

/** Headers that the router sets itself, and headers of the connection. */
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
    /** Identifies the object that holds pending events and dead letters. */
    name: text,
    uri: v.string(),
    match: v.optional(matchSchema, "exact"),
    url: v.pipe(
      v.string(),
      v.check(isDeliverable, "must be an https URL without credentials; http is for loopback only"),
    ),
    secret: secretSchema,
    /** Role of the subscription. */
    role: text,
    headers: v.optional(headers, {}),
    /** Milliseconds per attempt. */
    timeout: v.optional(integer(1, 60_000), 10_000),
    /** Attempts after the first one. */
    retries: v.optional(integer(0, 100), 12),
  }),
  v.check(({ uri, match }) => isValidUri(uri, "loose", match), "must have a uri that is valid for its match"),
);

function isDeliverable(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password } = new URL(url);
  if (username !== "" || password !== "") return false;
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.test(hostname));
}

/** Receivers of events. */
export const webhooksOutSchema = v.array(webhookOut);

export type WebhookOutConfig = DeepReadonly<v.InferOutput<typeof webhookOut>>;
