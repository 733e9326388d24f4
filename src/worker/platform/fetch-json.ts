/** Fetches JSON from other servers. */

import { isRedirect, NOT_FOLLOWED } from "./redirect.ts";

/** Milliseconds; the login of a client waits meanwhile, and clients give up after some seconds. */
const TIMEOUT_MS = 4_000;

/**
 * Resolves to the JSON at a URL; rejects after the time-out, and for redirects and statuses of errors. `ask` is called
 * in place of `fetch`.
 */
export async function fetchJson(url: string, ask: typeof fetch = fetch): Promise<unknown> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await ask(url, { headers: { Accept: "application/json" }, redirect: "manual", signal });
  if (isRedirect(response.status)) throw new Error(`HTTP status ${response.status}: ${NOT_FOLLOWED}`);
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
  return response.json();
}
