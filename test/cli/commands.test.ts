/** `npm start` and `npm run serve`: output, exit codes, child processes and stored data. */

import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { ID, RawClient } from "../clients/raw-client.ts";
import { Command, running } from "./command.ts";

const PROGRAM = "src/cli/wamp-edge.ts";

const COMMANDS: [name: string, script: string][] = [
  ["npm start", "start"],
  ["npm run serve", "serve"],
];

/** Text that a shell, a .env file, a command line or Cap'n Proto would change without quoting. */
const AWKWARD = `a:b=c "d" 'e' \`f\` \${HOME} $PATH \\n \\" # é 🙂\n\ttail\\`;

/** Two realms whose role names show which text reached the Worker, padded to more than 100,000 bytes. */
const CONFIG = {
  version: 1,
  realms: [
    { name: "com.example.literal", roles: [{ name: AWKWARD }], auth: anonymousAs(AWKWARD) },
    { name: "named", roles: [{ name: { env: "ROLE_NAME" } }], auth: anonymousAs({ env: "ROLE_NAME" }) },
    { name: "tenant-*", roles: Array.from({ length: 1000 }, (_, index) => ({ name: `${index}`.padStart(100, "0") })) },
  ],
};

function anonymousAs(role: unknown): object {
  return { anonymous: { type: "static", role } };
}

function scratchDirectory(): string {
  return mkdtempSync(join(tmpdir(), "wamp-edge-"));
}

/** Waits until the processes have ended; the bundler ends last, when its pipe closes. */
async function expectGone(processes: readonly number[]): Promise<void> {
  expect(processes.length).toBeGreaterThan(0);
  await expect.poll(() => running(processes), { timeout: 5_000 }).toStrictEqual([]);
}

async function roleIn(url: string, realm: string): Promise<unknown> {
  const client = await RawClient.connect(url, "wamp.2.json");
  await client.send([1, realm, { roles: { caller: {} } }]);
  const [, , details] = await client.expect([2, ID, expect.any(Object)]);
  return (details as { authrole: unknown }).authrole;
}

describe.each(COMMANDS)("%s", (_, script) => {
  const node = [process.execPath, "src/cli/wamp-edge.ts", script];
  /** `serve` makes a bundle only where a test needs that. */
  const bundle: Readonly<Record<string, string>> = script === "serve" ? { WAMP_BUNDLE: inject("bundle") } : {};

  describe("with a large configuration in WAMP_CONFIG", () => {
    const data = scratchDirectory();
    let command: Command;
    let origin: URL;

    beforeAll(async () => {
      const text = JSON.stringify(CONFIG, null, 1);
      expect(text.length).toBeGreaterThan(100_000);
      command = new Command(node, { ...bundle, WAMP_CONFIG: text, WAMP_DATA: data, ROLE_NAME: AWKWARD });
      origin = await command.origin();
    });

    afterAll(async () => {
      command.process.kill("SIGTERM");
      await command.ended();
    });

    it("prints one address per exact realm, the HTTP address and the limit of connections, and nothing else", () => {
      expect(command.stdout.split("\n")).toStrictEqual([
        "wamp-edge is running; Ctrl-C stops it",
        `  ws://${origin.host}/ws/com.example.literal`,
        `  ws://${origin.host}/ws/named`,
        `  http://${origin.host}/`,
        ...(script === "serve" ? [expect.stringMatching(/^ {2}at most \d+ connections \(.+\)$/)] : []),
        "",
      ]);
      expect(command.stderr).toBe("");
    });

    it("listens on 127.0.0.1 and answers /healthz", async () => {
      expect(origin.hostname).toBe("127.0.0.1");
      expect((await fetch(new URL("/healthz", origin))).status).toBe(200);
    });

    it.each(["com.example.literal", "named"])(
      "hands every character of the configuration to realm %s",
      async (realm) => {
        expect(await roleIn(`ws://${origin.host}/ws/${realm}`, realm)).toBe(AWKWARD);
      },
    );

    it("keeps its data below WAMP_DATA", () => {
      expect(readdirSync(data, { recursive: true })).toContainEqual(expect.stringMatching(/RealmObject$/));
    });

    it("ends with code 0 on SIGTERM, also with an open session, without a process or a message left", async () => {
      const client = await RawClient.connect(`ws://${origin.host}/ws/named`, "wamp.2.json");
      await client.join("named");
      const printed = command.stdout;
      const started = command.descendants();
      command.process.kill("SIGTERM");
      expect(await command.ended()).toBe(0);
      await expectGone(started);
      await client.closed;
      expect(command.stdout).toBe(printed);
      expect(command.stderr).toBe("");
    });
  });

  describe("otherwise", () => {
    let command: Command;

    afterEach(async () => {
      command.process.kill("SIGTERM");
      await command.ended();
    });

    it("opens realm1 without a configuration, and ends with code 0 on Ctrl-C", async () => {
      command = new Command(node, { ...bundle, WAMP_DATA: scratchDirectory() });
      const { host } = await command.origin();
      expect(command.stdout).toContain(`  ws://${host}/ws/realm1\n`);
      expect(await roleIn(`ws://${host}/ws/realm1`, "realm1")).toBe("anonymous");
      const started = command.descendants();
      command.interrupt();
      expect(await command.ended()).toBe(0);
      await expectGone(started);
      expect(command.stderr).toBe("");
    });

    it("ends with npm, whose shell does not forward the signal", async () => {
      const shell = ["sh", "-c", `"${process.execPath}" src/cli/wamp-edge.ts ${script}; true`];
      command = new Command(shell, { WAMP_DATA: scratchDirectory(), npm_lifecycle_event: "start" });
      await command.origin();
      const started = command.descendants();
      command.process.kill("SIGTERM");
      await expectGone(started);
      expect(command.stderr).toBe("");
    });

    it("can be stopped while it starts", async () => {
      command = new Command(node, { WAMP_DATA: scratchDirectory() });
      await expect.poll(() => command.descendants().length, { timeout: 30_000 }).toBeGreaterThan(0);
      const started = command.descendants();
      command.process.kill("SIGTERM");
      await command.ended();
      await expectGone(started);
      expect(command.stdout + command.stderr).toBe("");
    });

    it("lists the faults of a configuration and ends with code 1", async () => {
      const file = join(scratchDirectory(), "config.json");
      writeFileSync(file, JSON.stringify({ version: 2, realms: [{ name: "a", roles: [{}] }] }));
      command = new Command(node, { WAMP_CONFIG: `@${file}`, WAMP_DATA: scratchDirectory() });
      expect(await command.ended()).toBe(1);
      expect(command.stdout).toBe("");
      expect(command.stderr.split("\n")).toStrictEqual([
        "wamp-edge: the configuration has faults",
        "version must be 1",
        "realms[0].roles[0].name is missing",
        "",
      ]);
    });

    it("says in one line that the port is in use and ends with code 1", async () => {
      const occupant = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => occupant.once("listening", resolve));
      const { port } = occupant.address() as { port: number };
      command = new Command(node, { PORT: String(port) });
      expect(await command.ended()).toBe(1);
      expect(command.stdout).toBe("");
      expect(command.stderr).toBe(
        `wamp-edge: cannot listen on 127.0.0.1:${port}: the port is in use (PORT chooses another)\n`,
      );
      await new Promise((resolve) => occupant.close(resolve));
    });
  });
});

describe.each([
  ["start", "a process", (command: string) => [process.execPath, "-e", spawning([process.execPath, PROGRAM, command])]],
  ["serve", "npm", (command: string) => [process.execPath, "-e", spawning(["npm", "run", "--silent", command, "--"])]],
] as const)("wamp-edge %s --json, started by %s", (name, _, lineOf) => {
  it("prints one line of JSON and stops when the process that started it is killed", async () => {
    const config = join(scratchDirectory(), "config.json");
    writeFileSync(config, JSON.stringify({ version: 1, realms: [{ name: "realm1" }, { name: "tenant-*" }] }));
    const env = { WAMP_DATA: scratchDirectory(), PORT: "1", WAMP_CONFIG: "not used", STARTED: config };
    const command = new Command(lineOf(name), env);
    await expect.poll(() => command.stdout + command.stderr, { timeout: 50_000 }).toContain("\n");
    expect(command.stderr).toBe("");
    const { url, websocket, ...others } = JSON.parse(command.stdout) as Record<string, string>;
    expect(others).toStrictEqual({ realms: ["realm1"] });
    expect(command.stdout.split("\n")).toHaveLength(2);
    expect((await fetch(new URL("/healthz", url))).status).toBe(200);
    expect(websocket).toBe(`${url?.replace("http:", "ws:")}ws/`);
    const started = command.descendants();
    command.process.kill("SIGKILL");
    await expectGone(started);
  });
});

/** A program for Node that starts a command line on any port, with the configuration in the variable STARTED. */
function spawning(line: readonly string[]): string {
  const options = `"--json", "--port", "0", "--config", process.env.STARTED`;
  const [file, ...parameters] = line.map((word) => JSON.stringify(word));
  return `require("node:child_process").spawn(${file}, [${[...parameters, options].join(", ")}], { stdio: "inherit" })`;
}

it("npm start without WAMP_DATA keeps no state: an event that one run retained is gone in the next", async () => {
  const topic = "com.example.kept";
  const publishing = await startOnce();
  const body = JSON.stringify({ topic, args: ["old"], options: { retain: true } });
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(new URL("/realms/realm1/publish", publishing.origin), { method: "POST", headers, body });
  expect(await answer.json()).toStrictEqual({ id: ID });
  await publishing.stop();

  const { origin, stop } = await startOnce();
  const client = await RawClient.connect(`ws://${origin.host}/ws/realm1`, "wamp.2.json");
  await client.join("realm1");
  await client.send([32, 1, { get_retained: true }, topic]);
  await client.expect([33, 1, ID]);
  await client.expectNothing();
  await stop();
});

it("npm run serve removes the long-poll transports of the last run", async () => {
  const data = scratchDirectory();
  const serve = async () => {
    const env = { WAMP_BUNDLE: inject("bundle"), WAMP_DATA: data };
    const command = new Command([process.execPath, "src/cli/wamp-edge.ts", "serve"], env);
    return { command, origin: await command.origin() };
  };
  const polled = await serve();
  const body = JSON.stringify({ protocols: ["wamp.2.json"] });
  const answer = await fetch(new URL("/lp/realm1/open", polled.origin), { method: "POST", body });
  expect(answer.status).toBe(200);
  polled.command.process.kill("SIGTERM");
  await polled.command.ended();
  expect(transports(data)).toHaveLength(1);

  const { command } = await serve();
  expect(transports(data)).toHaveLength(0);
  command.process.kill("SIGTERM");
  await command.ended();
});

/** The databases of long-poll transports, which are named after them. */
function transports(data: string): string[] {
  const names = readdirSync(data, { recursive: true, encoding: "utf8" });
  return names.filter((name) => /LongPollObject.[0-9a-f]{64}\.sqlite$/.test(name));
}

async function startOnce(): Promise<{ origin: URL; stop: () => Promise<void> }> {
  const command = new Command([process.execPath, "src/cli/wamp-edge.ts", "start"], {});
  const origin = await command.origin();
  const stop = async () => {
    command.process.kill("SIGTERM");
    await command.ended();
  };
  return { origin, stop };
}
