/** Delivers the console: its page, its script and its styles, for realms with a role that may use it. */

import type { Config } from "../config/config-schema.ts";
import { isAllowedOrigin } from "../config/origins.ts";
import { realmFor } from "../config/realm-lookup.ts";
import { hasConsole } from "../config/web-config.ts";
import {
  CLOSED_POLICY,
  documentResponse,
  etagOf,
  hasEtag,
  refuseOtherMethods,
  webError,
} from "../platform/http-responses.ts";

/** Asset → its content type, and its compressed bytes. They are modules of their own, so that the Worker starts without them. */
const ASSETS = {
  "script.js": { type: "text/javascript; charset=utf-8", load: () => import("./console-script.bin") },
  "style.css": { type: "text/css; charset=utf-8", load: () => import("./console-style.bin") },
} as const;

/** For answers that change with the configuration. */
const UNSTORED = { "Cache-Control": "no-store" };

/** Serves `/console` and what is below it; undefined where the configuration does not have the console. */
export function serveConsole(request: Request, config: Config): Response | Promise<Response> | undefined {
  if (!hasConsole(config)) return undefined;
  const refusal = refuseOtherMethods(request);
  if (refusal !== undefined) return refusal;
  const url = new URL(request.url);
  const [, , name = ""] = url.pathname.split("/");
  if (url.pathname === "/console") return page(request, url);
  if (url.pathname === "/console/") return Response.redirect(new URL("/console", url).href, 308);
  if (url.pathname === "/console/login") return describeLogin(request, url, config);
  if (url.pathname === `/console/${name}` && Object.hasOwn(ASSETS, name))
    return asset(request, ASSETS[name as keyof typeof ASSETS]);
  return webError(404, "not found");
}

async function page(request: Request, { protocol, host }: URL): Promise<Response> {
  const sockets = `${protocol === "https:" ? "wss" : "ws"}://${host}`;
  const { default: text } = await import("./console-page.html");
  return documentResponse(request, text, "text/html; charset=utf-8", {
    // Not every browser takes 'self' for WebSockets of the same host.
    "Content-Security-Policy": `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ${sockets}; ${CLOSED_POLICY}`,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
  });
}

async function asset(request: Request, { type, load }: (typeof ASSETS)[keyof typeof ASSETS]): Promise<Response> {
  const bytes = (await load()).default;
  const etag = await etagOf(new Uint8Array(bytes));
  const caching = { "Cache-Control": "no-cache", Vary: "Accept-Encoding", ETag: etag };
  if (hasEtag(request, etag)) return new Response(null, { status: 304, headers: caching });
  const headers = { ...caching, "Content-Type": type, "X-Content-Type-Options": "nosniff" };
  if (request.method === "HEAD") return new Response(null, { headers });
  if (acceptsGzip(request)) {
    return new Response(bytes, { headers: { ...headers, "Content-Encoding": "gzip" }, encodeBody: "manual" });
  }
  return new Response(new Response(bytes).body!.pipeThrough(new DecompressionStream("gzip")), { headers });
}

function acceptsGzip({ headers }: Request): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(headers.get("Accept-Encoding") ?? "");
}

/**
 * Tells the page how a client can log in to a realm, which any client finds out by HELLO: its methods, and whether pages
 * of this origin may connect; and where the realm is to be and this Worker runs.
 */
function describeLogin({ cf }: Request, { searchParams, origin }: URL, config: Config): Response {
  const realm = realmFor(config, searchParams.get("realm") ?? "");
  // With 404 a browser would report an error for each part of a name that a person types.
  if (realm === undefined) return Response.json({ methods: [], error: "no such realm" }, { headers: UNSTORED });
  const methods = Object.keys(realm.auth);
  const isAllowed = isAllowedOrigin(origin, realm.allowed_origins ?? config.http?.allowed_origins);
  const { location, jurisdiction } = realm;
  const placement = { location, jurisdiction, colo: cf?.colo };
  return Response.json({ methods, origin_allowed: isAllowed, placement }, { headers: UNSTORED });
}
