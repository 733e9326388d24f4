/** Web services: the service of a path, and its responses. */

import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { ConfigInput } from "../../../src/worker/config/config-schema.ts";
import { formatFaults, loadConfig } from "../../../src/worker/config/load-config.ts";
import { webService } from "../../../src/worker/web/web-services.ts";

type Http = NonNullable<ConfigInput["http"]>;
type Paths = NonNullable<Http["paths"]>;

const REALM = { name: "secret-realm", roles: [{ name: "web" }] };

function load(http: Http) {
  return loadConfig({ module: { version: 1, realms: [REALM], http }, env: {}, isDevelopment: false });
}

/** The services of a configuration. */
function site(paths: Paths) {
  const loaded = load({ paths });
  if (!loaded.ok) throw new Error(formatFaults(loaded.faults));
  return async (path: string, init: RequestInit = {}): Promise<Response | undefined> =>
    webService(new Request(`https://site.test${path}`, init), env, loaded.config);
}

function faultsOf(paths: unknown, http: object = {}): string[] {
  const loaded = load({ ...http, paths } as Http);
  return loaded.ok ? [] : loaded.faults.map(({ path, message }) => `${path} ${message}`);
}

const value = (name: string) => ({ type: "json", value: name }) as const;

describe("the service of a path", () => {
  const ask = site({
    "/": value("root"),
    a: value("a"),
    n: { type: "path", paths: { "/": value("n"), b: value("b"), c: { type: "path", paths: { d: value("d") } } } },
    off: { type: "none" },
  });

  it.each([
    ["/", "root"],
    ["/other", "root"],
    ["/ab", "root"],
    ["/A", "root"],
    ["/a", "a"],
    ["/a/", "a"],
    ["/a/b/c", "a"],
    ["/n", "n"],
    ["/n/", "n"],
    ["/n/x", "n"],
    ["/n/b", "b"],
    ["/n/b/x", "b"],
    ["/n/c/d", "d"],
  ])("%s is served by %s", async (path, name) => {
    expect(await (await ask(path))?.json()).toBe(name);
  });

  it.each(["/n/c", "/n/c/", "/n/c/x", "/off", "/off/x"])("%s has no service", async (path) => {
    const response = await ask(path);
    expect([response?.status, await response?.json()]).toEqual([404, { error: "not found" }]);
  });

  it("without services the router answers / with the landing page, and no other path", async () => {
    const none = site({});
    expect(await (await none("/"))?.text()).toContain("wss://site.test/ws/secret-realm");
    expect((await none("/", { method: "POST" }))?.status).toBe(405);
    expect(await none("/other")).toBeUndefined();
    const some = site({ a: value("a") });
    expect((await some("/"))?.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    expect(await some("/other")).toBeUndefined();
  });

  it("the landing page has a policy that permits only its own style and script", async () => {
    const response = await site({})("/");
    const policy = response?.headers.get("Content-Security-Policy");
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]{44}'; script-src 'sha256-[\w+/=]{44}'; /);
    expect(policy).toContain("connect-src 'self' ws://site.test wss://site.test;");
    expect(await response?.text()).not.toContain("{{");
  });

  it.each([
    [[], "no-realm no-demo no-pattern no-bridge no-console"],
    [[{ name: "closed" }], "no-demo no-pattern no-bridge no-console"],
    [
      [{ name: "t-*", roles: [{ name: "anonymous" }], auth: { anonymous: { type: "static" } } }],
      "no-demo no-bridge no-console",
    ],
    [[{ name: "r", roles: [{ name: "ops", console: true }] }], "no-demo no-pattern no-bridge"],
  ])("the landing page leaves out what the configuration does not have (%#)", async (realms, classes) => {
    const loaded = loadConfig({ module: { version: 1, realms }, env: {}, isDevelopment: false });
    if (!loaded.ok) throw new Error(formatFaults(loaded.faults));
    const response = await webService(new Request("https://site.test/"), env, loaded.config);
    expect(await response?.text()).toContain(`<body class="${classes} "`);
  });

  it("is served after the router's own routes", async () => {
    const response = await exports.default.fetch("http://router.test/healthz");
    expect(await response.json()).toEqual({ status: "ok" });
    expect((await exports.default.fetch("http://router.test/nowhere")).status).toBe(404);
  });
});

describe("json", () => {
  const list = { b: [1, "ü"], a: null };

  it("answers with the value, which pages of any origin may read, and which caches must revalidate", async () => {
    const ask = site({ info: { type: "json", value: list } });
    const response = (await ask("/info"))!;
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "access-control-allow-origin": "*",
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
    });
    expect(await response.text()).toBe('{"b":[1,"ü"],"a":null}');
  });

  it("has Crossbar.io's options, and applies them", async () => {
    const options = { prettify: true, allow_cross_origin: false, discourage_caching: true };
    const response = (await site({ info: { type: "json", value: list, options } })("/info"))!;
    expect(response.headers.has("Access-Control-Allow-Origin")).toBe(false);
    expect(response.headers.get("Cache-Control")).toContain("no-store");
    expect(await response.text()).toBe('{\n  "b": [\n    1,\n    "ü"\n  ],\n  "a": null\n}');
  });

  it("is answered with 304 if the client has it", async () => {
    const ask = site({ info: value("x"), other: value("y") });
    const etag = (await ask("/info"))!.headers.get("ETag")!;
    for (const known of [etag, `W/${etag}`, `"a", ${etag}`, "*"]) {
      const response = (await ask("/info", { headers: { "If-None-Match": known } }))!;
      expect([response.status, response.headers.get("ETag"), await response.text()]).toEqual([304, etag, ""]);
    }
    expect((await ask("/other", { headers: { "If-None-Match": etag } }))!.status).toBe(200);
  });

  it("answers HEAD without the value, answers a preflight, and refuses other methods", async () => {
    const ask = site({ info: value("x"), closed: { ...value("y"), options: { allow_cross_origin: false } } });
    const head = (await ask("/info", { method: "HEAD" }))!;
    expect([head.status, head.headers.has("ETag"), await head.text()]).toEqual([200, true, ""]);
    const preflight = (await ask("/info", { method: "OPTIONS" }))!;
    expect([preflight.status, preflight.headers.get("Access-Control-Allow-Origin")]).toEqual([204, "*"]);
    expect((await ask("/closed", { method: "OPTIONS" }))!.headers.has("Access-Control-Allow-Origin")).toBe(false);
    const post = (await ask("/info", { method: "POST", body: "{}" }))!;
    expect([post.status, post.headers.get("Allow"), await post.json()]).toEqual([
      405,
      "GET, HEAD",
      { error: "only GET and HEAD are allowed here" },
    ]);
  });

  it("may be null, and is required", async () => {
    expect(await (await site({ info: { type: "json", value: null } })("/info"))!.text()).toBe("null");
    expect(faultsOf({ info: { type: "json" } })).toEqual(["http.paths.info.value is missing"]);
  });
});

describe("redirect", () => {
  it("redirects to its URL", async () => {
    const ask = site({ docs: { type: "redirect", url: "https://docs.test/" }, home: { type: "redirect", url: "/" } });
    const response = (await ask("/docs/x"))!;
    expect([response.status, response.headers.get("Location")]).toEqual([302, "https://docs.test/"]);
    expect((await ask("/home"))!.headers.get("Location")).toBe("/");
    expect((await ask("/docs", { method: "PUT" }))!.status).toBe(405);
  });

  it("needs an http or https URL", () => {
    for (const url of ["", "javascript:alert(1)", "http://"]) {
      expect(faultsOf({ docs: { type: "redirect", url } })).toHaveLength(1);
    }
  });
});

describe("nodeinfo", () => {
  it("shows endpoints and subprotocols only", async () => {
    const response = (await site({ info: { type: "nodeinfo" } })("/info"))!;
    const text = await response.text();
    expect(response.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    expect(text).toContain("wss://site.test/ws/{realm}");
    expect(text).toContain("wamp.2.cbor");
    expect(text).not.toContain("secret-realm");
  });

  it("is JSON for clients that accept it, and lists realms if configured", async () => {
    const ask = site({ info: { type: "nodeinfo", realms: true } });
    const json = (await ask("/info", { headers: { Accept: "application/json" } }))!;
    expect(json.headers.get("Vary")).toBe("Accept");
    expect(await json.json()).toEqual({
      router: "wamp-edge",
      websocket: "wss://site.test/ws/{realm}",
      longpoll: "https://site.test/lp/{realm}",
      subprotocols: expect.arrayContaining(["wamp.2.json", "wamp.2.msgpack.batched"]),
      realms: ["secret-realm"],
    });
    expect(await (await ask("/info"))!.text()).toContain("secret-realm");
  });
});

it("a static service without a folder logs the fault and answers 500", async () => {
  const response = (await site({ "/": { type: "static" } })("/index.html"))!;
  expect([response.status, await response.json()]).toEqual([500, { error: "no folder of files is bound" }]);
});

describe("the configuration", () => {
  it.each(["ws", "lp", "realms", "healthz", "publish", "call"])("cannot take the router's own path /%s", (path) => {
    const message = `is at /${path}, where the router itself answers`;
    expect(faultsOf({ [path]: { type: "none" } }, { bridge: { role: "web", open: true } })).toEqual([
      `http.paths.${path} ${message}`,
    ]);
    const nested = { [path]: { type: "path", paths: { x: { type: "none" } } } };
    expect(faultsOf(nested, { bridge: { role: "web", open: true } })).toEqual([
      `http.paths.${path}.paths.x is at /${path}/x, where the router itself answers`,
    ]);
  });

  it("may use the default paths of the bridge if no bridge is configured", () => {
    expect(faultsOf({ publish: { type: "none" }, call: { type: "none" } })).toEqual([]);
  });

  it("can have services beside the paths of a bridge, but not on them", () => {
    const bridge = { role: "web", open: true, publish: "/api/publish", call: "/:realm/call" };
    const paths = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { type: "none" }]));
    expect(faultsOf({ api: { type: "path", paths: paths("info", "/") } }, { bridge })).toEqual([]);
    expect(faultsOf({ api: { type: "path", paths: paths("publish") } }, { bridge })).toEqual([
      "http.paths.api.paths.publish is at /api/publish, where the router itself answers",
    ]);
    expect(faultsOf({ x: { type: "path", paths: paths("call") } }, { bridge })).toHaveLength(1);
  });

  it.each(["a/b", "/a", "", "a b", "..", ".", "ü"])("refuses the path %j", (path) => {
    expect(faultsOf({ [path]: { type: "none" } })).toEqual([
      expect.stringContaining('must be one segment of a path, or "/"'),
    ]);
  });

  it("lists nested faults with their paths", () => {
    const paths = {
      a: { type: "path", paths: { b: { type: "json", value: 1, options: { pretty: true } }, c: { type: "wsgi" } } },
      s: { type: "static", directory: "../up", options: { cache_timeout: -1 } },
    };
    expect(faultsOf(paths).map((fault) => fault.split(" ")[0])).toEqual([
      "http.paths.a.paths.b.options.pretty",
      "http.paths.a.paths.c.type",
      "http.paths.s.directory",
      "http.paths.s.options.cache_timeout",
    ]);
  });
});
