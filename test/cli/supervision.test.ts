/** `npm run serve` over time: restarts of workerd, too many connections, several routers of one checkout. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ID } from "../clients/raw-client.ts";
import { running } from "./command.ts";
import { joinRealm, killServed, OPEN, type Served, scratchDirectory, serve, serveWith, stop } from "./served.ts";

const CONFIG = JSON.stringify({ version: 1, realms: [{ name: "realm1", ...OPEN }] });
const TOPIC = "com.example.kept";

afterEach(killServed);

/** Returns the process id of a router's current workerd. */
function workerdOf({ command }: Served): number | undefined {
  return running(command.descendants()).find((id) => /workerd/.test(commandLine(id).split("\0")[0] ?? ""));
}

function commandLine(id: number): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

/** Returns the JSON log lines of a router. */
function logged({ command }: Served): { event?: string; restart_in_ms?: number; cause?: string }[] {
  const lines = command.stderr.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as object);
}

async function untilHealthy({ origin }: Served): Promise<void> {
  const isHealthy = () =>
    fetch(new URL("/healthz", origin)).then(
      ({ ok }) => ok,
      () => false,
    );
  await expect.poll(isHealthy, { timeout: 20_000 }).toBe(true);
}

/** Kills workerd as the system does when memory is short, and waits for the next one. */
async function killWorkerd(served: Served): Promise<void> {
  const count = logged(served).length;
  process.kill(workerdOf(served) as number, "SIGKILL");
  await expect.poll(() => logged(served).length, { timeout: 5_000 }).toBe(count + 1);
  await untilHealthy(served);
}

// The process list comes from /proc.
describe.runIf(process.platform === "linux")("a workerd that ends unexpectedly", () => {
  it("is restarted on the same port with its state, a log line and a growing delay", async () => {
    const data = scratchDirectory();
    const first = await serve(data, CONFIG);
    const publisher = await joinRealm(first);
    await publisher.send([16, 1, { acknowledge: true, retain: true }, TOPIC, ["kept"]]);
    await publisher.expect([17, 1, ID]);
    await stop(first);

    const served = await serve(data, CONFIG);
    await killWorkerd(served);
    await killWorkerd(served);
    const event = { level: "error", event: "workerd.ended", cause: "SIGKILL" };
    expect(logged(served)).toStrictEqual([
      { ...event, restart_in_ms: 250 },
      { ...event, restart_in_ms: 500 },
    ]);
    const reader = await joinRealm(served);
    await reader.send([32, 1, { get_retained: true }, TOPIC]);
    const [, , subscription] = await reader.expect([33, 1, ID]);
    await reader.expect([36, subscription, ID, expect.any(Object), ["kept"]]);
    // A restarted workerd can be stopped in order, too.
    served.command.process.kill("SIGTERM");
    expect(await served.command.ended()).toBe(0);
    expect((await reader.closed).code).toBe(1012);
  });

  it("does not prevent a stop during the delay", async () => {
    const served = await serve(scratchDirectory(), CONFIG);
    const processes = served.command.descendants();
    for (let count = 1; count <= 3; count++) await killWorkerd(served);
    process.kill(workerdOf(served) as number, "SIGKILL");
    await expect.poll(() => logged(served).length, { timeout: 5_000 }).toBe(4);
    expect(logged(served).at(-1)?.restart_in_ms).toBe(2_000);
    served.command.process.kill("SIGTERM");
    expect(await served.command.ended()).toBe(0);
    expect(running(processes)).toStrictEqual([]);
  });
});

/** Starts a router under limits that `ulimit` sets. */
function serveLimited(limits: string, env: Readonly<Record<string, string>> = {}): Promise<Served> {
  const script = `${limits} && exec "${process.execPath}" src/cli/wamp-edge.ts serve`;
  return serveWith(["sh", "-c", script], scratchDirectory(), CONFIG, env);
}

describe("the limit of open files", () => {
  it("is printed at the start with the number of connections that it allows", async () => {
    const served = await serveLimited("ulimit -n 1024");
    expect(served.command.stdout).toContain(
      "  at most 487 connections (1024 open files; 2 per connection, 3 per awake realm)\n",
    );
    await stop(served);
  });

  it("is raised to the hard limit", async () => {
    const served = await serveLimited("ulimit -Sn 256 && ulimit -Hn 2048");
    expect(served.command.stdout).toContain("(2048 open files;");
    await stop(served);
  });

  it("restarts workerd when too many clients connect, and does not end the router", async () => {
    // workerd survives the connection for which it has one descriptor of two: an odd or an even limit shows its end.
    const ended = await Promise.all([200, 201].map(endsOfWorkerd));
    expect(ended).toContain(true);
  });
});

/** Opens more connections than a limit allows; whether workerd ended. The router must be there afterwards. */
async function endsOfWorkerd(limit: number): Promise<boolean> {
  const served = await serveLimited(`ulimit -n ${limit}`);
  const sockets: Socket[] = [];
  const faults = () => /Too many open files/.test(served.command.stderr);
  for (let count = 0; count < 150; count++) {
    sockets.push(connect(Number(served.origin.port), served.origin.hostname).on("error", () => {}));
  }
  await expect.poll(faults, { timeout: 10_000 }).toBe(true);
  for (const socket of sockets) socket.destroy();
  await untilHealthy(served);
  served.command.process.kill("SIGTERM");
  expect(await served.command.ended()).toBe(0);
  return logged(served).some(({ event }) => event === "workerd.ended");
}

describe("several routers of one checkout", () => {
  it("start at the same time, and none touches what another one builds", async () => {
    const before = builtAt();
    const routers = await Promise.all([1, 2, 3].map(() => serve(scratchDirectory(), CONFIG)));
    for (const router of routers) expect((await fetch(new URL("/healthz", router.origin))).status).toBe(200);
    expect(builtAt()).toBe(before);
    await Promise.all(routers.map(stop));
  });

  it("leave nothing behind, even one that is killed, when the next one starts", async () => {
    // Node keeps compiled code in the temporary folder, for the next start.
    const env = { TMPDIR: scratchDirectory(), NODE_DISABLE_COMPILE_CACHE: "1" };
    const killed = await serve(scratchDirectory(), CONFIG, env);
    expect(readdirSync(env.TMPDIR)).toHaveLength(1);
    const [left] = readdirSync(env.TMPDIR);
    killed.command.process.kill("SIGKILL");
    await killed.command.ended();
    const next = await serve(scratchDirectory(), CONFIG, env);
    expect(readdirSync(env.TMPDIR)).toHaveLength(1);
    expect(readdirSync(env.TMPDIR)).not.toContain(left);
    const another = await serve(scratchDirectory(), CONFIG, env);
    expect(readdirSync(env.TMPDIR)).toHaveLength(2);
    await Promise.all([next, another].map(stop));
    expect(readdirSync(env.TMPDIR)).toStrictEqual([]);
  });
});

/** When `npm run build` has built last, if it has. */
function builtAt(): number | undefined {
  return statSync(join(import.meta.dirname, "../../.wrangler/bundle/index.js"), { throwIfNoEntry: false })?.mtimeMs;
}
