/**
 * Runs docs/environments.md in a project made from the template: writes its files and runs its commands in the order of
 * the page. Commands that need an account run without credentials: wrangler must accept them, and ask for a login.
 */

import { type ExecFileException, execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestHarness, unstable_readConfig } from "wrangler";
import { RawClient } from "../clients/raw-client.ts";
import { Command } from "./command.ts";

const PROJECT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(PROJECT, "docs/environments.md"), "utf8");

interface Block {
  readonly language: string;
  /** The rest of the line that opens the block. */
  readonly info: string;
  readonly text: string;
}

/** Heading → its blocks. */
const SECTIONS = new Map(
  PAGE.split(/^## /m).map((section): [string, Block[]] => [
    section.split("\n", 1)[0] ?? "",
    Array.from(section.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm), ([, language = "", info = "", text = ""]) => {
      return { language, info, text };
    }),
  ]),
);

const scratch = mkdtempSync(join(tmpdir(), "wamp-edge-environments-"));
const folder = join(scratch, "app");
afterAll(() => rmSync(scratch, { recursive: true }));

/** No credentials of this machine: neither variables nor a login that wrangler has stored; no command can leave it. */
const { CLOUDFLARE_API_TOKEN: _, CLOUDFLARE_API_KEY: __, CLOUDFLARE_ENV: ___, ...INHERITED } = process.env;
const ENVIRONMENT: NodeJS.ProcessEnv = {
  ...INHERITED,
  HOME: scratch,
  XDG_CONFIG_HOME: scratch,
  CLOUDFLARE_API_BASE_URL: "http://127.0.0.1:9",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  NO_COLOR: "1",
  NODE_COMPILE_CACHE: join(scratch, "compile-cache"),
  CI: "1",
  PATH: `${join(scratch, "bin")}:${join(PROJECT, "node_modules/.bin")}:${process.env.PATH}`,
};

/** Milliseconds of one command, so that a failure names the command and not only the section. */
const MOST_MS = 40_000;

const NO_LOGIN = "it's necessary to set a CLOUDFLARE_API_TOKEN environment variable";

beforeAll(() => {
  cpSync(join(PROJECT, "template"), folder, { recursive: true });
  symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"));
  // The package as its sources, which need no build.
  const paths = { "wamp-edge": [`${PROJECT}/src/public/config.ts`], "wamp-edge/*": [`${PROJECT}/src/public/*.ts`] };
  write("tsconfig.json", JSON.stringify({ compilerOptions: { module: "esnext", moduleResolution: "bundler", paths } }));
  writeProgram("npx", 'exec "$@"');
  writeProgram("wamp-edge", `exec '${process.execPath}' '${join(PROJECT, "src/cli/wamp-edge.ts")}' "$@"`);
});

/** Writes a file of the project. */
function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function writeProgram(name: string, line: string): void {
  mkdirSync(join(scratch, "bin"), { recursive: true });
  writeFileSync(join(scratch, "bin", name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
}

/** Runs a line of a shell in the project. */
function run(line: string): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: ENVIRONMENT, timeout: MOST_MS };
    const { stdin } = execFile("/bin/sh", ["-c", line], options, (error: ExecFileException | null, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: `${line}\n${out}${err}` });
    });
    stdin?.end();
  });
}

/** Does what a block says. */
async function follow({ language, info, text }: Block): Promise<void> {
  if (language === "sh") return runBlock(info, text);
  const [path = "", place] = info.split(" ");
  if (path === "" || path === "other") return;
  const isSettings = path === "wrangler.toml";
  const before = isSettings ? readFileSync(join(folder, path), "utf8") : "";
  write(path, place === "top" ? `${text}\n${before}` : `${before}\n${text}`);
}

async function runBlock(info: string, text: string): Promise<void> {
  if (info === "server") return runServer(text);
  const lines = text.trim().split("\n");
  if (info === "account") {
    const untried = lines.filter((line) => !tried.has(formOf(line)));
    for (const line of untried) tried.add(formOf(line));
    const outcomes = await Promise.all(untried.map(run));
    // Anything else is an option that wrangler does not know, or a command that needs no account.
    expect(outcomes.map(({ output }, index) => (output.includes(NO_LOGIN) ? untried[index] : output))).toEqual(untried);
    return;
  }
  expect(info).toBe("");
  for (const line of lines) {
    const { code, output } = await run(line);
    expect(code, output).toBe(0);
    // Wrangler warns of settings that an environment does not inherit, or should not.
    expect(output).not.toContain("WARNING");
  }
}

/** Forms of commands that wrangler has accepted: each takes it a second. */
const tried = new Set<string>();

/** The words and the options of a command, without values: in capitals, quoted, or after an option. */
function formOf(line: string): string {
  const command = line.slice(line.indexOf("npx"));
  return command.replaceAll(/(--[\w-]+) (?!--)\S+/g, "$1").replaceAll(/ [A-Z_]+(@\d+)?(?= |$)/g, " VALUE");
}

/** Starts a router, and stops it when it serves requests. */
async function runServer(text: string): Promise<void> {
  const command = new Command(["/bin/sh", "-c", `cd '${folder}' && ${text}`], { PATH: String(ENVIRONMENT.PATH) });
  const origin = await command.origin();
  expect((await fetch(new URL("/healthz", origin))).status).toBe(200);
  command.interrupt();
  await command.ended();
}

describe("docs/environments.md", () => {
  it.each([...SECTIONS].filter(([, blocks]) => blocks.length > 0))("%s", async (_, blocks) => {
    for (const block of blocks) await follow(block);
  });

  it("has all of its commands in blocks that this test runs", () => {
    const commands = PAGE.match(/^.*\bnpx .*$/gm) ?? [];
    const lines = [...SECTIONS.values()].flat().filter(({ language }) => language === "sh");
    const isRun = (line: string) => line.includes("`") || lines.some(({ text }) => text.includes(line));
    expect(commands.filter((line) => !isRun(line))).toEqual([]);
  });

  it("tells which settings an environment inherits", () => {
    const row = (name: string) => new RegExp(`^\\| ${name}[^|]*\\| (.*) \\|$`, "m").exec(PAGE)?.[1] ?? "";
    const namesIn = (text: string) => Array.from(text.matchAll(/`(\w+)`/g), ([, name = ""]) => name);
    const [inherited, repeated] = [namesIn(row("inherited")), namesIn(row("not inherited"))];
    expect([inherited.length, repeated.length]).toEqual([14, 10]);
    const file = join(scratch, "everything.json");
    writeFileSync(file, JSON.stringify({ name: "app", ...EVERY_SETTING, env: { staging: {} } }));
    const [top, staging] = [undefined, "staging"].map((env) => {
      return unstable_readConfig({ config: file, ...(env && { env }) }, { hideWarnings: true });
    }) as unknown as [Record<string, unknown>, Record<string, unknown>];
    const isInherited = (name: string) => JSON.stringify(staging[name]) === JSON.stringify(top[name]);
    expect(Object.keys(EVERY_SETTING).filter(isInherited).sort()).toEqual(inherited.sort());
    const others = repeated.filter((name) => name !== "code_update_strategy");
    expect(
      Object.keys(EVERY_SETTING)
        .filter((name) => !isInherited(name))
        .sort(),
    ).toEqual(others.sort());
  });

  it("lets a second Worker admit clients to the realms of the first one", async () => {
    const vars = { ISSUER: "https://login.example.com/", BACKEND_TICKET: "a ticket" };
    // The harness listens for the first Worker of the list.
    const workers = ["wrangler.admin.toml", "wrangler.toml"].map((configPath) => ({ configPath, vars }));
    const server = createTestHarness({ root: folder, workers });
    try {
      const { url } = await server.listen();
      const client = await RawClient.connect(`ws://${url.host}/ws/realm1`, "wamp.2.json");
      await client.send(HELLO);
      await client.next();
      await client.send([5, "a ticket", {}]);
      expect((await client.next())[0]).toBe(2);
      await client.send([32, 1, {}, "com.example.sold"]);
      await client.next();
      const { status, webSocket } = await server.getWorker("wamp-edge-app").fetch("http://router/ws/realm1", {
        headers: { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" },
      });
      expect([status, webSocket]).toEqual([101, expect.anything()]);
      const replies: Readonly<Record<number, unknown[]>> = {
        4: [5, "a ticket", {}],
        2: [16, 1, {}, "com.example.sold", ["tea"]],
      };
      webSocket?.addEventListener("message", ({ data }) => {
        webSocket.send(JSON.stringify(replies[JSON.parse(String(data))[0]]));
      });
      webSocket?.accept();
      webSocket?.send(JSON.stringify(HELLO));
      expect((await client.next())[4]).toEqual(["tea"]);
    } finally {
      await server.close();
    }
  });
});

const HELLO = [1, "realm1", { roles: { subscriber: {}, publisher: {} }, authmethods: ["ticket"], authid: "shop" }];

/** A value for each setting that the page names. */
const EVERY_SETTING = {
  main: "src/index.ts",
  compatibility_date: "2026-10-01",
  compatibility_flags: ["no_web_socket_compression"],
  migrations: [{ tag: "v1", new_sqlite_classes: ["RealmObject"] }],
  assets: { directory: "public" },
  observability: { enabled: true },
  minify: true,
  upload_source_maps: true,
  limits: { cpu_ms: 100 },
  placement: { mode: "smart" },
  workers_dev: false,
  preview_urls: false,
  routes: ["wamp.example.com/*"],
  triggers: { crons: ["*/5 * * * *"] },
  vars: { ISSUER: "https://login.example.com/" },
  secrets: { required: ["BACKEND_TICKET"] },
  durable_objects: {
    bindings: [{ name: "REALM", class_name: "RealmObject" }],
    code_update_strategy: { mode: "deferred", max_delay: 300 },
  },
  services: [{ binding: "API", service: "api" }],
  queues: { producers: [{ binding: "WEBHOOKS", queue: "webhooks" }] },
  ratelimits: [{ name: "RATE_LIMIT", namespace_id: "1", simple: { limit: 1, period: 60 } }],
  kv_namespaces: [{ binding: "KV", id: "0123456789abcdef0123456789abcdef" }],
  tail_consumers: [{ service: "tail" }],
  define: { A: "1" },
};
