/** Runs the examples of docs/web-services.md over real sockets, with Cloudflare's default settings of assets. */

import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestHarness } from "wrangler";

const run = promisify(execFile);
const PROJECT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(PROJECT, "docs/web-services.md"), "utf8");
const CONFIG = JSON.parse(/```json config\n(.+?)```/s.exec(PAGE)![1]!);
/** `curl` examples, each with the answer below it. */
const EXAMPLES = Array.from(
  PAGE.matchAll(/```sh\n(curl .+?)\n```\s+```\n(.+?)\n```/gs),
  ([, command, answer]) => [command!, answer!] as const,
);
const HAS_CURL = await run("curl", ["--version"]).then(
  () => true,
  () => false,
);

const directory = mkdtempSync(join(tmpdir(), "web-services-"));
const site = join(directory, "site");
let backend: Server;
let server: ReturnType<typeof createTestHarness>;
let origin: URL;

beforeAll(async () => {
  backend = createServer((request, response) => {
    const { method, url, headers } = request;
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      response.writeHead(201, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ method, url, headers, body: String(Buffer.concat(chunks)) }));
    });
  });
  backend.listen(0, "127.0.0.1");
  await once(backend, "listening");
  mkdirSync(join(site, "sub"), { recursive: true });
  for (const name of ["index.html", "page.html", "sub/index.html"]) {
    writeFileSync(join(site, name), `<h1>${name === "index.html" ? "shop" : name}</h1>`);
  }
  const { port } = backend.address() as AddressInfo;
  CONFIG.http.paths.legacy = { type: "reverseproxy", host: "127.0.0.1", port, path: "/app" };
  const settings = readFileSync(join(PROJECT, "wrangler.toml"), "utf8").replace('"src/', `"${PROJECT}/src/`);
  const assets = `\n[assets]\nbinding = "ASSETS"\nrun_worker_first = true\ndirectory = ${JSON.stringify(site)}\n`;
  const configPath = join(directory, "wrangler.toml");
  writeFileSync(configPath, settings + assets);
  server = createTestHarness({
    root: PROJECT,
    workers: [{ configPath, vars: { WAMP_CONFIG: JSON.stringify(CONFIG) } }],
  });
  origin = (await server.listen()).url;
});
afterAll(async () => {
  await server.close();
  backend.close();
  rmSync(directory, { recursive: true });
});

it("has an example of each kind of answer", () => expect(EXAMPLES).toHaveLength(5));

// Skipped without curl.
it.skipIf(!HAS_CURL).each(EXAMPLES)("%s", async (command, answer) => {
  const { stdout } = await run("sh", ["-c", command.replace("localhost:8787", origin.host)]);
  expect(stdout.replaceAll(origin.host, "localhost:8787")).toBe(answer);
});

const ask = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(new URL(path, origin), { redirect: "manual", ...init });
  return [response.status, response.headers.get("Location"), await response.text()];
};

describe("assets with other addresses for pages", () => {
  it.each([
    ["/", 200, null, "<h1>shop</h1>"],
    ["/index.html", 200, null, "<h1>shop</h1>"],
    ["/page.html", 200, null, "<h1>page.html</h1>"],
    ["/page", 200, null, "<h1>page.html</h1>"],
    ["/sub/", 200, null, "<h1>sub/index.html</h1>"],
    ["/sub/index.html", 200, null, "<h1>sub/index.html</h1>"],
    ["/sub", 302, "./sub/", ""],
    ["/docs/page.html", 302, "https://example.com/docs", ""],
  ])("%s is served", async (path, ...answer) => {
    expect(await ask(path)).toStrictEqual(answer);
  });

  it("are not sent again to clients that have them", async () => {
    const { headers } = await fetch(new URL("/page.html", origin));
    const known = { "If-None-Match": headers.get("ETag") ?? "" };
    expect(await ask("/page.html", { headers: known })).toStrictEqual([304, null, ""]);
  });
});

describe("a reverse proxy", () => {
  it("passes method, path, query, headers and body, and adds the client and the requested address", async () => {
    const [status, , text] = await ask("/legacy/a%20b?c=d", {
      method: "PATCH",
      body: "{}",
      headers: { "X-Own": "1", "X-Forwarded-For": "10.1.1.1", "X-Real-IP": "10.1.1.1" },
    });
    expect(status).toBe(201);
    const { headers, ...rest } = JSON.parse(String(text));
    expect(rest).toEqual({ method: "PATCH", url: "/app/a%20b?c=d", body: "{}" });
    const { port } = origin;
    expect(headers).toMatchObject({
      "x-own": "1",
      "x-forwarded-host": origin.host,
      "x-forwarded-proto": "http",
      "x-forwarded-port": port,
    });
    expect([headers["x-forwarded-for"], headers["x-real-ip"]]).not.toContain("10.1.1.1");
  });

  it("keeps its host for every path", async () => {
    const [, , text] = await ask("/legacy//example.com/x");
    expect(JSON.parse(String(text)).url).toBe("/app//example.com/x");
  });
});
