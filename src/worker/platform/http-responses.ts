/** Responses of web services: errors as JSON, and documents with an ETag. */

import { sha256 } from "../../wamp/crypto/digest.ts";
import { type Bytes, toHex, utf8 } from "../../wamp/crypto/encoding.ts";

/** An error response: a JSON object with the member `error`. */
export function webError(status: number, error: string, headers: HeadersInit = {}): Response {
  return Response.json({ error }, { status, headers });
}

/** Refuses methods other than GET and HEAD with 405; undefined for these two. */
export function refuseOtherMethods({ method }: Request): Response | undefined {
  if (method === "GET" || method === "HEAD") return undefined;
  return webError(405, "only GET and HEAD are allowed here", { Allow: "GET, HEAD" });
}

/** Responds with a document, or with 304 if the client has it (HTTP Semantics: If-None-Match). */
export async function documentResponse(
  request: Request,
  text: string,
  type: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const etag = await etagOf(utf8(text));
  const headers = { "Cache-Control": "no-cache", ...more, ETag: etag };
  if (hasEtag(request, etag)) return new Response(null, { status: 304, headers });
  const full = { ...headers, "Content-Type": type, "X-Content-Type-Options": "nosniff" };
  return new Response(request.method === "HEAD" ? null : text, { headers: full });
}

/** The end of the Content-Security-Policy of each page of the router. */
export const CLOSED_POLICY =
  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'";

/** A text as HTML, also within the quotes of an attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Returns a strong ETag of a document's bytes. */
export async function etagOf(bytes: Bytes): Promise<string> {
  return `"${toHex((await sha256(bytes)).slice(0, 16))}"`;
}

/** Whether If-None-Match names the ETag; strong and weak tags compare alike here. */
export function hasEtag({ headers }: Request, etag: string): boolean {
  const known = headers.get("If-None-Match");
  if (known === null) return false;
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, "");
  return known.trim() === "*" || known.split(",").some((tag) => opaque(tag) === opaque(etag));
}
