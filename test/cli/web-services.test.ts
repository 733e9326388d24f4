/** Static files under `npm start` and `npm run serve`, which must behave the same. */

import { once } from "node:events";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Command } from "./command.ts";

/** Returns a configuration with a reverse proxy to a local port. */
const configWith = (port: number) => ({
  version: 1,
  realms: [{ name: "realm1", roles: [{ name: "operator", console: true }] }],
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
  "film.mp4": "0123456789",
  "empty.mp4": "",
  "large.mp4": "0123456789".repeat(50_000),
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
  ["npm start", "start"],
  ["npm run serve", "serve"],
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
    command = new Command([process.execPath, "src/cli/wamp-edge.ts", script], env);
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

  /** Sends a request with exactly these headers; `fetch` would add others. */
  const raw = async (path: string, headers: Readonly<Record<string, string>> = {}, method = "GET") => {
    const asked = request(new URL(path, origin).href, { headers, method });
    asked.end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    let text = "";
    for await (const chunk of response.setEncoding("latin1")) text += chunk;
    return { status: response.statusCode, headers: response.headers, text };
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
  ])("serves %s", async (path, type, text) => {
    expect(await ask(path)).toMatchObject({ status: 200, type, text });
  });

  it.each(["/docs/none.html", "/docs/page.html/", "/.secret", "/docs/%2e%2e%2fdata.json", "/%00", "/%ff"])(
    "answers 404 for %s",
    async (path) => {
      expect(await ask(path)).toMatchObject({ status: 404, text: '{"error":"not found"}' });
    },
  );

  it.each(["gzip", "identity"])("serves the console with Accept-Encoding: %s", async (encoding) => {
    const page = await ask("/console");
    expect(page).toMatchObject({ status: 200, type: "text/html; charset=utf-8" });
    for (const [, path = ""] of page.text.matchAll(/(?:href|src)="(\/[^"]*)"/g)) {
      const { response, text } = await ask(path, { headers: { "Accept-Encoding": encoding } });
      expect(response.headers.get("Content-Encoding")).toBe(encoding === "gzip" ? "gzip" : null);
      expect(text).toMatch(/wamp-edge\/console|light-dark/);
    }
  });

  it("does not list a folder", async () => {
    expect((await ask("/manual")).response.headers.get("Location")).toBe("./manual/");
    expect((await raw("/.well-known/")).text).toBe("<h1>home</h1>");
  });

  it("redirects to the folder's address with a slash at the end", async () => {
    for (const [path, location] of [
      ["/sub?a=1", "./sub/?a=1"],
      ["/docs", "./docs/"],
    ] as const) {
      const { response, status } = await ask(path);
      expect([status, response.headers.get("Location")]).toEqual([302, location]);
    }
  });

  it("sends Cache-Control and ETag, and answers 304", async () => {
    const { response } = await ask("/data.json");
    expect(response.headers.get("Cache-Control")).toBe("public, max-age=43200");
    const etag = response.headers.get("ETag") ?? "";
    expect(etag).not.toBe("");
    const again = await ask("/data.json", { headers: { "If-None-Match": etag } });
    expect([again.status, again.text, again.response.headers.get("ETag")]).toEqual([304, "", etag]);
    expect((await ask("/data.json", { headers: { "If-None-Match": '"other"' } })).status).toBe(200);
    expect((await ask("/docs/")).response.headers.get("Cache-Control")).toBe("no-cache");
  });

  it("answers HEAD without a body and refuses other methods", async () => {
    expect(await ask("/data.json", { method: "HEAD" })).toMatchObject({
      status: 200,
      type: "application/json",
      text: "",
    });
    const { response, status } = await ask("/data.json", { method: "DELETE" });
    expect([status, response.headers.get("Allow")]).toEqual([405, "GET, HEAD"]);
  });

  describe("the page of a single-page application", () => {
    const cases: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
      ["/any/view/of/the/application", {}],
      ["/any/view", { Accept: "*/*" }],
      ["/any/view", { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" }],
      ["/people/john.doe", { "Sec-Fetch-Mode": "navigate", Accept: "text/html" }],
    ];
    it.each(cases)("is sent for %s with %j and not cached", async (path, headers) => {
      const response = await raw(path, headers);
      expect([response.status, response.text]).toEqual([200, "<h1>home</h1>"]);
      expect(response.headers["cache-control"]).toBe("no-cache");
      expect(response.headers.vary).toBe("Accept, Sec-Fetch-Mode");
      expect((await raw(path, headers, "HEAD")).status).toBe(200);
    });

    it.each([
      ["/assets/app-4f3a.js", { "Sec-Fetch-Mode": "no-cors", Accept: "*/*" }],
      ["/assets/app-4f3a.js", { Accept: "*/*" }],
      ["/api/typo", { "Sec-Fetch-Mode": "cors", Accept: "*/*" }],
      ["/picture", { Accept: "image/avif,image/webp" }],
    ] as const)("is not sent for %s with %j", async (path, headers) => {
      const response = await raw(path, headers);
      expect([response.status, response.text]).toEqual([404, '{"error":"not found"}']);
      expect(response.headers["cache-control"]).toBe("no-cache");
    });
  });

  describe("a range of a file", () => {
    it.each([
      ["bytes=0-1", "01", "0-1"],
      ["bytes=0-", "0123456789", "0-9"],
      ["bytes=3-5", "345", "3-5"],
      ["bytes=8-", "89", "8-9"],
      ["bytes=8-99", "89", "8-9"],
      ["bytes=-3", "789", "7-9"],
      ["bytes=-99", "0123456789", "0-9"],
    ])("%s is sent", async (range, text, part) => {
      const response = await raw("/film.mp4", { Range: range });
      expect([response.status, response.text]).toEqual([206, text]);
      expect(response.headers).toMatchObject({
        "content-range": `bytes ${part}/10`,
        "content-length": String(text.length),
        "content-type": "video/mp4",
        "accept-ranges": "bytes",
        etag: expect.any(String),
      });
    });

    it("is sent from the middle of a large file", async () => {
      const { status, text, headers } = await raw("/large.mp4", { Range: "bytes=123458-323459" });
      expect([status, headers["content-range"]]).toEqual([206, "bytes 123458-323459/500000"]);
      expect(text).toBe("0123456789".repeat(50_000).slice(123_458, 323_460));
    });

    it.each(["bytes=10-", "bytes=99-100", "bytes=-0"])("%s gets 416", async (range) => {
      const response = await raw("/film.mp4", { Range: range });
      expect([response.status, response.headers["content-range"]]).toEqual([416, "bytes */10"]);
      expect((await raw("/empty.mp4", { Range: "bytes=0-" })).status).toBe(416);
    });

    it.each(["bytes=5-3", "bytes=-", "bytes=0-1,4-5", "lines=1-2", "bytes=a-b"])(
      "%s gets the whole file",
      async (range) => {
        const { status, text, headers } = await raw("/film.mp4", { Range: range });
        expect([status, text, headers["content-range"]]).toEqual([200, "0123456789", undefined]);
      },
    );

    it("is not sent for HEAD, whose response has Accept-Ranges", async () => {
      const { status, headers } = await raw("/film.mp4", { Range: "bytes=0-1" }, "HEAD");
      expect([status, headers["accept-ranges"], headers["content-range"]]).toEqual([200, "bytes", undefined]);
    });

    it("is sent only when If-Range matches", async () => {
      const { headers } = await raw("/film.mp4");
      const etag = headers.etag!;
      const strong = etag.startsWith("W/") ? headers["last-modified"]! : etag;
      const ask = (condition: string) => raw("/film.mp4", { Range: "bytes=3-5", "If-Range": condition });
      expect((await ask(strong)).text).toBe("345");
      for (const other of ['"other"', `W/${etag.replace("W/", "")}`, "Thu, 01 Jan 1970 00:00:00 GMT"]) {
        expect(await ask(other)).toMatchObject({ status: 200, text: "0123456789" });
      }
    });

    it("is not sent when If-None-Match matches", async () => {
      const { headers } = await raw("/film.mp4");
      const response = await raw("/film.mp4", { Range: "bytes=3-5", "If-None-Match": headers.etag! });
      expect([response.status, response.text]).toEqual([304, ""]);
    });
  });

  it("passes redirects of a proxied server to the client", async () => {
    const { response, status } = await ask("/away/x");
    expect([status, response.headers.get("Location")]).toEqual([307, "/moved/x"]);
  });

  it("still serves WAMP and /healthz", async () => {
    expect((await ask("/healthz")).text).toBe('{"status":"ok"}');
    expect((await ask("/ws/realm1")).status).toBe(426);
  });
});
