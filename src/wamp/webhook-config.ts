/** Webhooks of a realm: requests of other services that become events. */

import * as v from "valibot";
import { secretSchema } from "./auth-config.ts";
import { closed, type DeepReadonly, named } from "./config-shape.ts";
import { isValidUri } from "./uri.ts";

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
