/** One try to deliver an event to a webhook: a signed POST, and what its answer means. */

import { hmac } from "../../wamp/crypto/digest.ts";
import { toBase64, toHex, utf8 } from "../../wamp/crypto/encoding.ts";
import type { Id } from "../../wamp/protocol/values.ts";
import type { WebhookOutConfig } from "../config/webhook-config.ts";
import { isRedirect, NOT_FOLLOWED } from "../platform/redirect.ts";

/** `retry` may come with the milliseconds the receiver wants to be left alone for. */
export type Verdict =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly reason: string; readonly waitMs?: number }
  | { readonly kind: "dead"; readonly reason: string };

/** Milliseconds from the first try to the second one; each further wait is twice as long. */
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 3_600_000;
/** Milliseconds that a receiver may ask for. */
const LONGEST_WISH_MS = 86_400_000;

/** Statuses below 500 that pass: request timeout, and too many requests. */
const PASSING = [408, 429];

/** Milliseconds to wait after so many tries; `random` in [0, 1) takes up to half of it away, so that not all come at once. */
export function retryDelay(tries: number, random: number): number {
  const delay = Math.min(FIRST_RETRY_MS * 2 ** (tries - 1), LONGEST_RETRY_MS);
  return Math.round(delay * (1 - random / 2));
}

/** Redirects are not followed: a signed request is for the one it was meant for. Never rejects. */
export async function deliver(
  { url, secret, headers, timeout }: WebhookOutConfig,
  { publication, body }: { readonly publication: Id; readonly body: string },
  now: number,
): Promise<Verdict> {
  // Not `AbortSignal.timeout`, which would keep the object awake after the answer.
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeout} ms`)), timeout);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { ...Object.fromEntries(headers), ...(await signedHeaders(secret, String(publication), body, now)) },
      body,
      redirect: "manual",
      signal: controller.signal,
    });
    await response.body?.cancel();
    return verdictOn(response, now);
  } catch (error) {
    return { kind: "retry", reason: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * GitHub's signature, which is of the body alone, and that of the specification "Standard Webhooks", which covers the id
 * and the time, too. `now` in milliseconds since the epoch.
 */
async function signedHeaders(secret: string, id: string, body: string, now: number): Promise<Record<string, string>> {
  const key = utf8(secret);
  const timestamp = String(Math.floor(now / 1000));
  const [ofBody, ofAll] = await Promise.all([hmac(key, utf8(body)), hmac(key, utf8(`${id}.${timestamp}.${body}`))]);
  return {
    "Content-Type": "application/json",
    "User-Agent": "wamp-edge",
    "X-Hub-Signature-256": `sha256=${toHex(ofBody)}`,
    "Webhook-Id": id,
    "Webhook-Timestamp": timestamp,
    "Webhook-Signature": `v1,${toBase64(ofAll)}`,
  };
}

function verdictOn({ ok, status, headers }: Response, now: number): Verdict {
  if (ok) return { kind: "delivered" };
  const reason = isRedirect(status) ? `HTTP status ${status}: ${NOT_FOLLOWED}` : `HTTP status ${status}`;
  if (status < 500 && !PASSING.includes(status)) return { kind: "dead", reason };
  const waitMs = waitIn(headers.get("Retry-After"), now);
  return waitMs === undefined ? { kind: "retry", reason } : { kind: "retry", reason, waitMs };
}

/** Retry-After: seconds, or a date. */
function waitIn(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), LONGEST_WISH_MS);
}
