/** `npm start` and `npm run serve` serve the same folder of files alike. */

import { once } from "node:events";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Command } from "./command.ts";

/** The configuration, with another server at a port of this machine. */
const configWith = (port: number) => ({
  version: 1,
  realms: [],
  http: {
    paths: {
      away: { type: "reverseproxy", host: "127.0.0.1", port, path: "/moved" },
      "/": { type: "static", options: { default_file: "index.html", mime_types: { ".wamp": "text/x-wamp" } } },
      docs: { type: "static", directory: "manual", options: { cache_timeout: null } },
    },
  },
});

const FILES = {
  "index.html": "<h1>home</h1>",
  "data.json": "[1]",
  "notes.wamp": "hello",
  "grün.txt": "ja",
  ".secret": "no",
  ".well-known/security.txt": "write to us",
  "sub/index.html": "<h1>sub</h1>",
  "manual/index.html": "<h1>manual</h1>",
  "manual/page.html": "<h1>page</h1>",
};

function siteFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "wamp-edge-"));
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

describe.each([
  ["npm start", "src/local/start.ts"],
  ["npm run serve", "src/local/serve.ts"],
])("%s", (_, script) => {
  let command: Command;
  let origin: URL;
  const other = createServer(({ url }, response) => response.writeHead(307, { Location: url }).end());
  beforeAll(async () => {
    await once(other.listen(0, "127.0.0.1"), "listening");
    const { port } = other.address() as AddressInfo;
    const env = {
      WAMP_CONFIG: JSON.stringify(configWith(port)),
      WAMP_ASSETS: siteFolder(),
      WAMP_DATA: mkdtempSync(join(tmpdir(), "wamp-edge-")),
    };
    command = new Command([process.execPath, script], env);
    origin = await command.origin();
  });
  afterAll(async () => {
    command.process.kill("SIGTERM");
    await command.ended();
    other.close();
  });

  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(new URL(path, origin), { redirect: "manual", ...init });
    return {
      response,
      status: response.status,
      type: response.headers.get("Content-Type"),
      text: await response.text(),
    };
  };

  it.each([
    ["/", "text/html; charset=utf-8", "<h1>home</h1>"],
    ["/index.html", "text/html; charset=utf-8", "<h1>home</h1>"],
    ["/data.json", "application/json", "[1]"],
    ["/notes.wamp", "text/x-wamp", "hello"],
    ["/gr%C3%BCn.txt", "text/plain; charset=utf-8", "ja"],
    ["/.well-known/security.txt", "text/plain; charset=utf-8", "write to us"],
    ["/sub/", "text/html; charset=utf-8", "<h1>sub</h1>"],
    ["/docs/", "text/html; charset=utf-8", "<h1>manual</h1>"],
    ["/docs/page.html", "text/html; charset=utf-8", "<h1>page</h1>"],
    ["/any/view/of/the/application", "text/html; charset=utf-8", "<h1>home</h1>"],
  ])("serves %s", async (path, type, text) => {
    expect(await ask(path)).toMatchObject({ status: 200, type, text });
  });

  it.each(["/docs/none.html", "/docs/page.html/", "/.secret", "/docs/%2e%2e%2fdata.json", "/%00", "/%ff"])(
    "has nothing at %s",
    async (path) => {
      expect(await ask(path)).toMatchObject({ status: 404, text: '{"error":"not found"}' });
    },
  );

  it("does not list a folder", async () => {
    expect((await ask("/manual")).response.headers.get("Location")).toBe("./manual/");
    expect((await ask("/.well-known/")).text).toBe("<h1>home</h1>");
  });

  it("leads to the address of a folder with a slash at its end", async () => {
    for (const [path, location] of [
      ["/sub?a=1", "./sub/?a=1"],
      ["/docs", "./docs/"],
    ] as const) {
      const { response, status } = await ask(path);
      expect([status, response.headers.get("Location")]).toEqual([302, location]);
    }
  });

  it("says how long a file may be kept, and not to send it again", async () => {
    const { response } = await ask("/data.json");
    expect(response.headers.get("Cache-Control")).toBe("public, max-age=43200");
    const etag = response.headers.get("ETag") ?? "";
    expect(etag).not.toBe("");
    const again = await ask("/data.json", { headers: { "If-None-Match": etag } });
    expect([again.status, again.text, again.response.headers.get("ETag")]).toEqual([304, "", etag]);
    expect((await ask("/data.json", { headers: { "If-None-Match": '"other"' } })).status).toBe(200);
    expect((await ask("/docs/")).response.headers.get("Cache-Control")).toBe("no-cache");
  });

  it("answers HEAD without the file, and no other method", async () => {
    expect(await ask("/data.json", { method: "HEAD" })).toMatchObject({
      status: 200,
      type: "application/json",
      text: "",
    });
    const { response, status } = await ask("/data.json", { method: "DELETE" });
    expect([status, response.headers.get("Allow")]).toEqual([405, "GET, HEAD"]);
  });

  it("leaves the redirects of another server to the client", async () => {
    const { response, status } = await ask("/away/x");
    expect([status, response.headers.get("Location")]).toEqual([307, "/moved/x"]);
  });

  it("goes on being a router", async () => {
    expect((await ask("/healthz")).text).toBe('{"status":"ok"}');
    expect((await ask("/ws/realm1")).status).toBe(426);
  });
});
