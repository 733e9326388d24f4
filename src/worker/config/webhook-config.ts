/** `webhooks` and `webhooks_out` of a realm: requests of other services become events, and events become requests. */

import * as v from "valibot";
import { secretsSchema } from "../../wamp/config/auth.ts";
import { flag, integer, number, patternEntries, text, uri, validPattern } from "../../wamp/config/fields.ts";
import { closed, type DeepReadonly, named } from "../../wamp/config/shape.ts";
import { outgoingHeaders, outgoingUrl } from "./outgoing-request.ts";

const webhook = v.pipe(
  closed({
    topic: uri,
    role: text,
    /** Key of GitHub's signature in `X-Hub-Signature-256` or `X-Hub-Signature`. */
    github_secret: v.exactOptional(secretsSchema),
    /** Key of HMAC-SHA-256 of the body, in hex, with or without `sha256=`, in `signature_header`. */
    secret: v.exactOptional(secretsSchema),
    signature_header: v.optional(
      v.pipe(v.string(), v.regex(/^[\w-]+$/, "must be the name of a header")),
      "X-Signature-256",
    ),
    /** Accepts requests without a signature. */
    open: flag,
    success_response: v.optional(v.string(), "OK"),
    error_response: v.optional(v.string(), "NOT OK"),
    /** Bytes; 0 for the realm's `message_bytes`. */
    post_body_limit: v.optional(number(0, 1_048_576), 0),
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

const headers = v.pipe(
  outgoingHeaders(/^[\x20-\x7e]*$/, "ASCII"),
  v.check(
    (headers) => ![...headers.keys()].some((name) => OWN_HEADERS.test(name)),
    "must have no headers that the router sets itself",
  ),
);

const webhookOut = v.pipe(
  closed({
    /** Identifies the object that holds pending events and dead letters. */
    name: text,
    ...patternEntries,
    url: outgoingUrl,
    /** Keys of the signatures; only the first one signs `X-Hub-Signature-256`. */
    secret: secretsSchema,
    /** Role of the subscription. */
    role: text,
    headers: v.optional(headers, {}),
    /** Milliseconds per attempt. */
    timeout: v.optional(integer(1, 60_000), 10_000),
    /** Attempts after the first one. */
    retries: v.optional(integer(0, 100), 12),
  }),
  validPattern(),
);

/** Receivers of events. */
export const webhooksOutSchema = v.array(webhookOut);

export type WebhookOutConfig = DeepReadonly<v.InferOutput<typeof webhookOut>>;
