/** How web services answer: errors as JSON, documents that a browser need not load twice. */

import { sha256 } from "../../wamp/crypto/digest.ts";
import { toHex, utf8 } from "../../wamp/crypto/encoding.ts";

/** An error, in the router's own form. */
export function webError(status: number, error: string, headers: HeadersInit = {}): Response {
  return Response.json({ error }, { status, headers });
}

/** The refusal of any method that changes something. */
export function allowOnly({ method }: Request): Response | undefined {
  if (method === "GET" || method === "HEAD") return undefined;
  return webError(405, "only GET and HEAD are allowed here", { Allow: "GET, HEAD" });
}

/** A document, or only that it is still the same (HTTP Semantics: If-None-Match). */
export async function documentOf(
  request: Request,
  text: string,
  type: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const etag = `"${toHex((await sha256(utf8(text))).slice(0, 16))}"`;
  const headers = { "Cache-Control": "no-cache", ...more, ETag: etag };
  if (isKnown(request, etag)) return new Response(null, { status: 304, headers });
  const full = { ...headers, "Content-Type": type, "X-Content-Type-Options": "nosniff" };
  return new Response(request.method === "HEAD" ? null : text, { headers: full });
}

/** Has the client what the tag stands for? Strong and weak tags compare alike here. */
export function isKnown({ headers }: Request, etag: string): boolean {
  const known = headers.get("If-None-Match");
  if (known === null) return false;
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, "");
  return known.trim() === "*" || known.split(",").some((tag) => opaque(tag) === opaque(etag));
}
