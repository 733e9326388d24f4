/** Delivers the console: its page, its script and its styles, for realms with a role that may use it. */

import { utf8 } from "../../wamp/crypto/encoding.ts";
import type { Config } from "../config/config-schema.ts";
import { isAllowedOrigin } from "../config/origins.ts";
import { realmFor } from "../config/realm-lookup.ts";
import { hasConsole } from "../config/web-config.ts";
import { etagOf, hasEtag, refuseOtherMethods, webError } from "../platform/http-responses.ts";

/** Asset → its content type, and its compressed bytes. They are modules of their own, so that the Worker starts without them. */
const ASSETS = {
  "script.js": { type: "text/javascript; charset=utf-8", load: () => import("./console-script.bin") },
  "style.css": { type: "text/css; charset=utf-8", load: () => import("./console-style.bin") },
} as const;

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>wamp-edge console</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M2 3l3 10 3-7 3 7 3-10' fill='none' stroke='%232f6fdd' stroke-width='2'/%3E%3C/svg%3E">
<link rel="stylesheet" href="/console/style.css">
<script type="module" src="/console/script.js"></script>
</head>
<body><noscript>The console needs JavaScript.</noscript></body>
</html>
`;

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
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    // Not every browser takes 'self' for WebSockets of the same host.
    `connect-src 'self' ${sockets}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
  return respond(request, PAGE, await etagOf(utf8(PAGE + policy)), {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": policy,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
  });
}

async function asset(request: Request, { type, load }: (typeof ASSETS)[keyof typeof ASSETS]): Promise<Response> {
  const bytes = (await load()).default;
  const etag = await etagOf(new Uint8Array(bytes));
  if (acceptsGzip(request)) return respond(request, bytes, etag, { "Content-Type": type, "Content-Encoding": "gzip" });
  const inflated = new Response(bytes).body!.pipeThrough(new DecompressionStream("gzip"));
  return respond(request, inflated, etag, { "Content-Type": type });
}

function acceptsGzip({ headers }: Request): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(headers.get("Accept-Encoding") ?? "");
}

/** Responds with 304 if the browser has what `etag` names. */
function respond(
  request: Request,
  body: string | ArrayBuffer | ReadableStream,
  etag: string,
  more: Readonly<Record<string, string>>,
): Response {
  const always = { "Cache-Control": "no-cache", Vary: "Accept-Encoding", ETag: etag };
  if (hasEtag(request, etag)) return new Response(null, { status: 304, headers: always });
  const headers = { ...always, "X-Content-Type-Options": "nosniff", ...more };
  const encodeBody = "Content-Encoding" in more ? "manual" : "automatic";
  return new Response(request.method === "HEAD" ? null : body, { headers, encodeBody });
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
