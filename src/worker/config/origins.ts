/** `allowed_origins`: which web pages may connect, by the Origin header that browsers send. */

import * as v from "valibot";
import { matchesGlob } from "./glob.ts";

/** `https://app.example`, `https://*.example:*`, `null` for pages without an origin, or `*` for all. */
const ORIGIN = /^(?:\*|null|[a-z*][a-z\d+.*-]*:\/\/[^\s/?#@]+)$/;

/** Origins, in which `*` stands for any characters. */
export const originsSchema = v.array(
  v.pipe(v.string(), v.regex(ORIGIN, 'must be an origin like https://app.example, without a path; "null", or "*"')),
);

/**
 * Whether a client with this Origin header may connect. Clients that send none are no browsers; without a list all may.
 */
export function isAllowedOrigin(origin: string | null, origins: readonly string[] | undefined): boolean {
  if (origin === null || origins === undefined) return true;
  return origins.some((pattern) => matchesGlob(pattern.toLowerCase(), origin.toLowerCase(), 0));
}
