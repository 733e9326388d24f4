/** The configurations of docs/triggers.md are valid, and its receivers accept the router's requests. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it, vi } from "vitest";
import { formatFaults, loadConfig } from "../../src/worker/config/load-config.ts";
import { anonymousRealm, type Router, startRouter } from "./harness.ts";
import { RawClient } from "./raw-client.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/triggers.md"), "utf8");
const blocks = (language: string) =>
  Array.from(PAGE.matchAll(new RegExp(`\`\`\`${language}\\n(.+?)\`\`\``, "gs")), ([, code]) => code!);
const parts = Object.assign({}, ...blocks("json").map((text) => JSON.parse(`{${text}}`)));
const SECRET = "s3cret";
const TOPIC = "com.example.ordered";

let receiver: ChildProcess | undefined;
let router: Router | undefined;

afterEach(async () => {
  receiver?.kill();
  await router?.close();
});

it("the configurations are valid together", () => {
  const { webhooks_out, ...triggers } = parts;
  expect([Object.keys(triggers), webhooks_out.length]).toEqual([["schedules", "queues"], 1]);
  const realms = [{ name: "realm1", roles: [{ name: "backend" }], webhooks_out }];
  const env = { SHOP_SECRET: SECRET };
  const loaded = loadConfig({ module: { version: 1, realms, ...triggers }, env, isDevelopment: false });
  expect(loaded.ok ? "" : formatFaults(loaded.faults)).toBe("");
});

it("the settings of the Worker equal those in the comments of wrangler.toml", () => {
  const toml = readFileSync(join(import.meta.dirname, "../../wrangler.toml"), "utf8").replaceAll(/^# ?/gm, "");
  expect(toml).toContain(blocks("toml")[1]);
});

function hasPython(): boolean {
  try {
    execFileSync("python3", ["--version"]);
    return true;
  } catch {
    return false;
  }
}

const RECEIVERS = [
  { language: "js", command: process.execPath, file: "receiver.mjs", line: `${TOPIC} [ 'tea' ]`, canRun: true },
  { language: "python", command: "python3", file: "receiver.py", line: `${TOPIC} ['tea']`, canRun: hasPython() },
];

describe.each(RECEIVERS)("the receiver in $language", ({ language, command, file, line, canRun }) => {
  // Skipped without Python.
  it.skipIf(!canRun)("accepts an event signed by several secrets, and refuses unsigned requests", async () => {
    const [code] = blocks(language);
    const path = join(mkdtempSync(join(tmpdir(), "triggers-docs-")), file);
    writeFileSync(path, code!);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/hook`;
    const env = { ...process.env, SHOP_SECRET: SECRET, PORT: String(port) };
    receiver = spawn(command, [path], { env, stdio: ["ignore", "pipe", "inherit"] });
    await vi.waitFor(() => fetch(url, { method: "POST", body: "" }), { timeout: 10_000, interval: 100 });
    const forged = await fetch(url, { method: "POST", body: "{}", headers: { "Webhook-Signature": "v1,AAAA" } });
    expect(forged.status).toBe(401);
    const printed = once(createInterface(receiver.stdout!), "line");
    const hook = { ...parts.webhooks_out[0], url, secret: ["the next one", SECRET], role: "anonymous" };
    router = await startRouter({ version: 1, realms: [anonymousRealm("realm1", { webhooks_out: [hook] })] });
    const client = await RawClient.connect(router.realmUrl("realm1"), "wamp.2.json");
    await client.join("realm1");
    await client.send([16, 1, {}, TOPIC, ["tea"]]);
    expect(await printed).toEqual([line]);
  });
});

/** A free port. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
