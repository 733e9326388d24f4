/** The HTTP requests of README.md and the probe of docs/monitoring.md, as printed there, against `npm start`. */

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Command } from "./command.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const SECTION = README.slice(README.indexOf("## Connect a client"), README.indexOf("## Configure it"));
const [CALL = "", PUBLISH = "", WATCH = ""] = /```sh\n(.+?)```/s.exec(SECTION)![1]!.split(/\n(?=curl)/);
const PROBE = /```sh probe\n(.+?)```/s.exec(readFileSync(join(ROOT, "docs/monitoring.md"), "utf8"))![1]!;
const CALLEE = /```js\n(\/\/ callee\.mjs.+?)```/s.exec(README)![1]!;
const HAS_CURL = await run("curl", ["--version"]).then(
  () => true,
  () => false,
);

let command: Command;
let origin: URL;

beforeAll(async () => {
  command = new Command(["node", "src/cli/wamp-edge.ts", "start"], {});
  origin = await command.origin();
});
afterAll(async () => {
  command.process.kill("SIGTERM");
  await command.ended();
});

/** The command, with the port of this router. */
function here(text: string): string {
  return text.replaceAll("127.0.0.1:8787", origin.host);
}

// Skipped without curl.
it.skipIf(!HAS_CURL)("calls the procedure that Node has registered", async () => {
  const callee = spawn(process.execPath, ["--input-type=module", "-e", here(CALLEE)], { cwd: ROOT });
  try {
    await once(callee.stdout, "data");
    const { stdout } = await run("sh", ["-c", here(CALL)]);
    expect(JSON.parse(stdout)).toEqual({ args: [42] });
  } finally {
    callee.kill();
  }
});

it.skipIf(!HAS_CURL)("probes a realm, and fails for one that does not answer", async () => {
  await run("sh", ["-c", here(PROBE)]);
  const other = here(PROBE).replace("realms/realm1", "realms/another");
  expect(other).not.toBe(here(PROBE));
  await expect(run("sh", ["-c", other])).rejects.toMatchObject({ code: 1 });
});

it.skipIf(!HAS_CURL)("publishes to a watcher", async () => {
  const watcher = spawn("sh", ["-c", `exec ${here(WATCH)}`]);
  let seen = "";
  watcher.stdout.on("data", (chunk) => {
    seen += chunk;
  });
  try {
    await expect.poll(() => seen, { timeout: 5_000 }).not.toBe("");
    const { stdout } = await run("sh", ["-c", here(PUBLISH)]);
    const { id } = JSON.parse(stdout);
    await expect.poll(() => seen).toContain('"args":["hello"]');
    expect(seen).toContain(String(id));
  } finally {
    watcher.kill();
  }
});
