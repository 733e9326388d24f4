/** Delivers an event to a webhook with one signed POST, and classifies the response. */

import { hmac } from "../../wamp/crypto/digest.ts";
import { toBase64, toHex, utf8 } from "../../wamp/crypto/encoding.ts";
import type { Id } from "../../wamp/protocol/values.ts";
import type { WebhookOutConfig } from "../config/webhook-config.ts";
import { isRedirect, NOT_FOLLOWED } from "../platform/redirect.ts";

/** Result of one attempt; `waitMs` is the receiver's Retry-After. */
export type Verdict =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly reason: string; readonly waitMs?: number }
  | { readonly kind: "dead"; readonly reason: string };

/** Milliseconds from the first attempt to the second; each further delay is twice as long. */
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 3_600_000;
/** Longest Retry-After, in milliseconds. */
const LONGEST_RETRY_AFTER_MS = 86_400_000;

/** Statuses below 500 that are temporary: request timeout, too many requests. */
const TEMPORARY = [408, 429];

/**
 * Delay in milliseconds after `tries` attempts, reduced by up to half: `random` in [0, 1) spreads retries over time.
 */
export function retryDelay(tries: number, random: number): number {
  const delay = Math.min(FIRST_RETRY_MS * 2 ** (tries - 1), LONGEST_RETRY_MS);
  return Math.round(delay * (1 - random / 2));
}

/** Sends one request; redirects are not followed, as the signature is for the configured receiver. Never rejects. */
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
 * GitHub's signature, which is of the body alone and by the first secret, and those of the specification "Standard
 * Webhooks", one by each secret, which cover the id and the time, too. `now` in milliseconds since the epoch.
 */
async function signedHeaders(
  secrets: readonly string[],
  id: string,
  body: string,
  now: number,
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000));
  const content = utf8(`${id}.${timestamp}.${body}`);
  const ofAll = await Promise.all(secrets.map(async (secret) => `v1,${toBase64(await hmac(utf8(secret), content))}`));
  const ofBody = await hmac(utf8(secrets[0]!), utf8(body));
  return {
    "Content-Type": "application/json",
    "User-Agent": "wamp-edge",
    "X-Hub-Signature-256": `sha256=${toHex(ofBody)}`,
    "Webhook-Id": id,
    "Webhook-Timestamp": timestamp,
    "Webhook-Signature": ofAll.join(" "),
  };
}

function verdictOn({ ok, status, headers }: Response, now: number): Verdict {
  if (ok) return { kind: "delivered" };
  const reason = isRedirect(status) ? `HTTP status ${status}: ${NOT_FOLLOWED}` : `HTTP status ${status}`;
  if (status < 500 && !TEMPORARY.includes(status)) return { kind: "dead", reason };
  const waitMs = waitIn(headers.get("Retry-After"), now);
  return waitMs === undefined ? { kind: "retry", reason } : { kind: "retry", reason, waitMs };
}

/** Retry-After: seconds, or a date. */
function waitIn(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), LONGEST_RETRY_AFTER_MS);
}
