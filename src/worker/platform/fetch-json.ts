/** JSON from somewhere else. */

import { isRedirect, NOT_FOLLOWED } from "./redirect.ts";

/** Milliseconds; clients wait meanwhile, and give up after some seconds. */
const TIMEOUT_MS = 4_000;

/** The JSON behind a URL; rejects for anything but a plain answer in time, redirects included. */
export async function fetchJson(url: string): Promise<unknown> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { headers: { Accept: "application/json" }, redirect: "manual", signal });
  if (isRedirect(response.status)) throw new Error(`HTTP status ${response.status}: ${NOT_FOLLOWED}`);
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
  return response.json();
}
