/** Delivery of the console: its page, its assets, its headers, and where it is not served. */

import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { formatFaults, loadConfig } from "../../../src/worker/config/load-config.ts";
import { serveConsole } from "../../../src/worker/web/console.ts";

const OPERATORS = { name: "operators", console: true };

function load(roles: readonly object[], http?: object, more: object = {}) {
  const auth = { anonymous: { type: "static", role: "operators" }, jwt: { type: "static", key: "k".repeat(32) } };
  const realm = { name: "realm1", roles, auth, ...more };
  const module = { version: 1, realms: [realm], ...(http && { http }) };
  return loadConfig({ module, env: {}, isDevelopment: false });
}

/** The console of a configuration. */
function consoleOf(...settings: Parameters<typeof load>) {
  const loaded = load(...settings);
  if (!loaded.ok) throw new Error(formatFaults(loaded.faults));
  return async (path: string, init: RequestInit = {}): Promise<Response | undefined> =>
    serveConsole(new Request(`https://site.test${path}`, init), loaded.config);
}

const ask = consoleOf([OPERATORS]);

/** The text of an asset, as a browser reads it. */
async function read(response: Response | undefined): Promise<string> {
  const text = response!.body!.pipeThrough(new DecompressionStream("gzip"));
  return new Response(text).text();
}

describe("the page", () => {
  it("has only assets of the same host, under a policy that permits no others", async () => {
    const response = await ask("/console");
    expect(response?.status).toBe(200);
    expect(response?.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    expect(response?.headers.get("Content-Security-Policy")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
        "connect-src 'self' wss://site.test; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; " +
        "require-trusted-types-for 'script'",
    );
    expect(response?.headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(response?.headers.get("Referrer-Policy")).toBe("no-referrer");
    const links = Array.from((await response!.text()).matchAll(/(?:href|src)="([^"]*)"/g), ([, link = ""]) => link);
    expect(links.filter((link) => !link.startsWith("data:"))).toEqual(["/console/style.css", "/console/script.js"]);
  });

  it("is found with a slash at the end", async () => {
    const response = await ask("/console/");
    expect([response?.status, response?.headers.get("Location")]).toEqual([308, "https://site.test/console"]);
  });
});

describe("assets", () => {
  it.each([
    ["/console/script.js", "text/javascript; charset=utf-8", "wamp-edge/console"],
    ["/console/style.css", "text/css; charset=utf-8", "light-dark("],
  ])("%s is compressed for clients that accept it", async (path, type, part) => {
    for (const accepted of ["gzip, br", "br;q=1.0, gzip;q=0.8"]) {
      const response = await ask(path, { headers: { "Accept-Encoding": accepted } });
      expect(response?.headers.get("Content-Type")).toBe(type);
      expect(response?.headers.get("Content-Encoding")).toBe("gzip");
      expect(await read(response)).toContain(part);
    }
    for (const accepted of ["", "br", "gzip;q=0", "br, gzip; q=0.0, zstd"]) {
      const response = await ask(path, { headers: { "Accept-Encoding": accepted } });
      expect(response?.headers.get("Content-Encoding")).toBeNull();
      expect(await response?.text()).toContain(part);
    }
  });

  it("are not sent again to browsers that have them", async () => {
    const first = await ask("/console/script.js");
    const etag = first!.headers.get("ETag")!;
    const second = await ask("/console/script.js", { headers: { "If-None-Match": etag } });
    expect([second?.status, await second?.text(), second?.headers.get("ETag")]).toEqual([304, "", etag]);
  });

  it("of no name are answered with 404", async () => {
    expect((await ask("/console/other.js"))?.status).toBe(404);
    expect((await ask("/console/constructor"))?.status).toBe(404);
    expect((await ask("/console/script.js/more"))?.status).toBe(404);
  });

  it("take GET and HEAD only", async () => {
    const head = await ask("/console", { method: "HEAD" });
    expect([head?.status, await head?.text()]).toEqual([200, ""]);
    expect((await ask("/console", { method: "POST" }))?.status).toBe(405);
  });

  it("pass through the router as they are", async () => {
    const response = await exports.default.fetch("http://router.test/console/script.js");
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("wamp-edge/console");
  });
});

describe("/console/login", () => {
  it("names the methods of a realm", async () => {
    const response = await ask("/console/login?realm=realm1");
    expect(await response?.json()).toEqual({ methods: ["anonymous", "jwt"], origin_allowed: true, placement: {} });
  });

  it("says whether pages of the router may connect", async () => {
    const guarded = consoleOf([OPERATORS], { allowed_origins: ["https://app.example"] });
    expect(await (await guarded("/console/login?realm=realm1"))?.json()).toMatchObject({ origin_allowed: false });
    const open = consoleOf([OPERATORS], { allowed_origins: [] }, { allowed_origins: ["https://site.test"] });
    expect(await (await open("/console/login?realm=realm1"))?.json()).toMatchObject({ origin_allowed: true });
  });

  it("says that a realm does not exist, without a status that browsers report as an error", async () => {
    for (const path of ["/console/login?realm=other", "/console/login"]) {
      const response = await ask(path);
      expect(response?.status).toBe(200);
      expect(await response?.json()).toEqual({ methods: [], error: "no such realm" });
    }
  });
});

describe("without the console", () => {
  it.each([
    ["no role has it", [{ name: "operators" }], undefined],
    ["the roles do without", [{ name: "operators", console: false }], undefined],
    ["http.console is false", [OPERATORS], { console: false }],
  ] as const)("nothing is served: %s", async (_, roles, http) => {
    const silent = consoleOf(roles, http);
    expect(await silent("/console")).toBeUndefined();
    expect(await silent("/console/login?realm=realm1")).toBeUndefined();
  });

  it("a web service may have its path, and not otherwise", () => {
    const paths = { console: { type: "none" } };
    expect(load([OPERATORS], { paths, console: false }).ok).toBe(true);
    expect(load([{ name: "operators" }], { paths }).ok).toBe(true);
    const loaded = load([OPERATORS], { paths });
    expect(loaded.ok ? "" : formatFaults(loaded.faults)).toBe(
      "http.paths.console is at /console, where the router itself answers",
    );
  });
});
