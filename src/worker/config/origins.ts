/** Which web pages may connect: the Origin header that browsers send, and no other client has to. */

import * as v from "valibot";

/** `https://app.example`, `https://*.example:*`, `null` for pages without an origin, or `*` for all. */
const ORIGIN = /^(?:\*|null|[a-z*][a-z\d+.*-]*:\/\/[^\s/?#@]+)$/;

/** Origins, in which `*` stands for any characters. */
export const originsSchema = v.array(
  v.pipe(v.string(), v.regex(ORIGIN, 'must be an origin like https://app.example, without a path; "null", or "*"')),
);

/** May a client with this Origin header connect? One without is no browser; where there is no list all may. */
export function isAllowedOrigin(origin: string | null, origins: readonly string[] | undefined): boolean {
  if (origin === null || origins === undefined) return true;
  return origins.some((pattern) => covers(pattern, origin.toLowerCase()));
}

/** Linear in the length of the origin, which comes from a client. */
function covers(pattern: string, origin: string): boolean {
  const [head = "", ...pieces] = pattern.toLowerCase().split("*");
  const tail = pieces.pop();
  if (tail === undefined) return origin === head;
  if (!origin.startsWith(head)) return false;
  let at = head.length;
  for (const piece of pieces) {
    const found = origin.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return origin.length - tail.length >= at && origin.endsWith(tail);
}
