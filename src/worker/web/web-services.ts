/** Web services of `http.paths`: finds the service of a path, and serves the small ones itself. */

import type { Config } from "../config/config-schema.ts";
import type { JsonService, ReverseProxyService, WebPaths, WebService } from "../config/web-config.ts";
import type { Env } from "../platform/env.ts";
import { documentResponse, refuseOtherMethods, webError } from "../platform/http-responses.ts";
import { landingPage } from "./landing-page.ts";
import { nodeInfo } from "./node-info.ts";
import { staticFile } from "./static-files.ts";

const NO_STORE = "no-store, no-cache, must-revalidate, max-age=0";

/** Answers a request; undefined if its path has no service. Without services `/` has the landing page. */
export async function webService(request: Request, env: Env, config: Config): Promise<Response | undefined> {
  const url = new URL(request.url);
  const segments = url.pathname.split("/").slice(1);
  const found = serviceAt(config.http?.paths ?? NOTHING, segments);
  if (found === undefined)
    return url.pathname === "/" ? (refuseOtherMethods(request) ?? landingPage(request, config)) : undefined;
  return serve(found.service, segments.slice(found.depth), request, env, config);
}

const NOTHING: WebPaths = new Map();

interface Found {
  readonly service: WebService;
  /** Number of path segments that lead to the service; it interprets the rest. */
  readonly depth: number;
}

/**
 * Finds the service as Crossbar.io does: the entry of the next segment serves all paths below it, otherwise "/" does.
 */
function serviceAt(paths: WebPaths, segments: readonly string[], depth = 0): Found | undefined {
  const next = paths.get(segments[depth] ?? "");
  const service = next ?? paths.get("/");
  const reached = next === undefined ? depth : depth + 1;
  if (service?.type !== "path") return service && { service, depth: reached };
  return serviceAt(service.paths, segments, reached) ?? { service: { type: "none" }, depth: reached };
}

function serve(
  service: WebService,
  rest: readonly string[],
  request: Request,
  env: Env,
  config: Config,
): Response | Promise<Response> {
  if (service.type === "reverseproxy") return reverseProxy(service, rest, request);
  if (service.type === "json" && request.method === "OPTIONS") return preflight(service);
  const refusal = refuseOtherMethods(request);
  if (refusal !== undefined) return refusal;
  switch (service.type) {
    case "static":
      return staticFile(service, rest, request, env.ASSETS);
    case "json":
      return json(service, request);
    case "redirect":
      return new Response(null, { status: 302, headers: { Location: service.url } });
    case "nodeinfo":
      return nodeInfo(service, request, config);
    case "none":
      return webError(404, "not found");
    default:
      return service satisfies never;
  }
}

function json({ value, options }: JsonService, request: Request): Promise<Response> {
  const text = JSON.stringify(value, null, options.prettify ? 2 : 0);
  return documentResponse(request, text, "application/json; charset=utf-8", {
    ...(options.allow_cross_origin && { "Access-Control-Allow-Origin": "*" }),
    "Cache-Control": options.discourage_caching ? NO_STORE : "no-cache",
  });
}

/** Answers the CORS preflight for requests with other than simple headers. */
function preflight({ options }: JsonService): Response {
  const headers = new Headers({ Allow: "GET, HEAD, OPTIONS" });
  if (options.allow_cross_origin) {
    headers.set("Access-Control-Allow-Origin", "*");
    headers.set("Access-Control-Allow-Headers", "*");
  }
  return new Response(null, { status: 204, headers });
}

/**
 * Forwards a request unchanged, with the original host, protocol and port in X-Forwarded headers, as Crossbar.io does.
 */
function reverseProxy(
  { host, port, path }: ReverseProxyService,
  rest: readonly string[],
  request: Request,
): Promise<Response> {
  const asked = new URL(request.url);
  const target = new URL(`${port === 443 ? "https" : "http"}://${host}:${port}`);
  // Not through a relative URL: a path that begins with two slashes would name another host.
  target.pathname = `${path.replace(/\/$/, "")}/${rest.join("/")}`;
  target.search = asked.search;
  const headers = new Headers(request.headers);
  const address = headers.get("CF-Connecting-IP");
  headers.set("X-Forwarded-Host", asked.host);
  headers.set("X-Forwarded-Proto", asked.protocol.slice(0, -1));
  headers.set("X-Forwarded-Port", asked.port || (asked.protocol === "https:" ? "443" : "80"));
  // A client could forge these headers.
  for (const name of ["X-Forwarded-For", "X-Real-IP"]) {
    if (address === null) headers.delete(name);
    else headers.set(name, address);
  }
  return fetch(new Request(target, new Request(request, { headers })), { redirect: "manual" });
}
