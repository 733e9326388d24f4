/** How commands connect: every login, TLS, and what they do when the connection is lost; against one router. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveSettings } from "../../../src/cli/client/connection-settings.ts";
import { openSession } from "../../../src/cli/client/open-session.ts";
import { createCredentials } from "../../../src/cli/credentials.ts";
import { RawClient } from "../../clients/raw-client.ts";
import { type Ended, endOf, printed, startClient } from "../client-program.ts";
import type { Command } from "../command.ts";
import { killServed, OPEN, ROLES, type Served, scratchDirectory, serve } from "../served.ts";
import { CERTIFICATE, Relay } from "./relay.ts";

const PASSWORD = "correct horse";
const PRIVATE_KEY = "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510";
const PUBLIC_KEY = "1adfc8bfe1d35616e64dffbd900096f23b066f914c8c2ffbb66f6075b96e116d";
const SHARED_KEY = "0123456789abcdef0123456789abcdef";

const USER = { ...OPEN.roles[0], name: "user", console: true };
const CONFIG = {
  version: 1,
  realms: [
    {
      name: "realm1",
      roles: [{ ...USER, name: "anonymous" }, USER],
      auth: {
        anonymous: { type: "static", role: "anonymous" },
        ticket: { type: "static", principals: { joe: { ticket: PASSWORD, role: "user" } } },
        jwt: { type: "static", key: SHARED_KEY },
        wampcra: {
          type: "static",
          users: { ann: { ...createCredentials("wampcra", PASSWORD).entry, role: "user" } },
        },
        scram: {
          type: "static",
          principals: { bob: { ...createCredentials("scram", PASSWORD).entry, role: "user" } },
        },
        cryptosign: { type: "static", principals: { eve: { authorized_keys: [PUBLIC_KEY], role: "user" } } },
      },
    },
  ],
};

let served: Served;
/** A client beside the commands, and its session id. */
let other: RawClient;
let otherId: unknown;
const relays: Relay[] = [];

beforeAll(async () => {
  served = await serve(join(scratchDirectory(), "data"), JSON.stringify(CONFIG));
  other = await RawClient.connect(`${served.socketUrl}/ws/realm1`, "wamp.2.json");
  await other.send([1, "realm1", ROLES]);
  [, otherId] = await other.next();
});
afterAll(async () => {
  for (const relay of relays) relay.stop();
  await killServed();
});

async function startRelay(isSecure = false): Promise<Relay> {
  const relay = await Relay.start(served.origin.port, isSecure);
  relays.push(relay);
  return relay;
}

async function run(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return endOf(startClient(served, words, { env }));
}

async function newToken(): Promise<string> {
  const claims = new SignJWT({ role: "user" }).setSubject("jane").setExpirationTime("1h");
  return claims.setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(SHARED_KEY));
}

describe("a login", () => {
  it.each([
    ["ticket", { authid: "joe" }, PASSWORD, "joe"],
    ["jwt", { authmethod: "jwt" }, newToken, "jane"],
    ["wampcra", { authmethod: "wampcra", authid: "ann" }, PASSWORD, "ann"],
    ["scram", { authmethod: "scram", authid: "bob" }, PASSWORD, "bob"],
    ["wamp-scram", { authmethod: "wamp-scram", authid: "bob" }, PASSWORD, "bob"],
    ["cryptosign", { authmethod: "cryptosign" }, PRIVATE_KEY, "eve"],
  ] as const)("by %s opens a session of its principal", async (method, flags, secret, authid) => {
    const WAMP_SECRET = typeof secret === "string" ? secret : await secret();
    const env = { XDG_CONFIG_HOME: "/nonexistent", WAMP_URL: served.socketUrl, WAMP_SECRET };
    const session = await openSession(await resolveSettings(flags, env));
    expect(session.details).toMatchObject({ authid, authmethod: method, authrole: "user" });
    await session.leave();
    await session.disconnect();
  });

  it("by cryptosign says how a private key looks", async () => {
    const env = { XDG_CONFIG_HOME: "/nonexistent", WAMP_SECRET: "eve" };
    await expect(resolveSettings({ authmethod: "cryptosign" }, env)).rejects.toThrow(
      'the private key must be 64 hex digits, as "wamp-edge principal cryptosign" prints them',
    );
  });
});

describe("TLS", () => {
  it("to a router with an unknown certificate works once Node trusts the certificate", async () => {
    const url = `https://localhost:${(await startRelay(true)).port}`;
    const words = ["publish", "com.example.x", "--url", url];
    expect(await run(words)).toStrictEqual({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(
        /^wamp-edge: cannot connect to wss:\/\/localhost:\d+\/ws\/realm1: the certificate signs itself; if you trust it, set the variable NODE_EXTRA_CA_CERTS to its PEM file\n$/,
      ),
    });
    const file = join(scratchDirectory(), "router.pem");
    writeFileSync(file, CERTIFICATE);
    expect(await run(words, { NODE_EXTRA_CA_CERTS: file })).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("when the connection is lost", () => {
  /**
   * Starts commands through a relay, and does `work`. Once each command has shown the text that belongs to it, the relay
   * cuts the connections, and `work` is done again.
   */
  async function loseConnection(
    lines: Readonly<Record<string, string>>,
    work: (number: number) => Promise<void>,
  ): Promise<Command[]> {
    const relay = await startRelay();
    const url = { socketUrl: `ws://localhost:${relay.port}` };
    const commands = Object.keys(lines).map((line) => startClient(url, line.split(" ")));
    await Promise.all(commands.map((command) => printed(command, "Ctrl-C ends\n")));
    await work(1);
    await Promise.all(Object.values(lines).map((text, index) => printed(commands[index]!, text, "stdout")));
    relay.cut();
    await Promise.all(commands.map((command) => printed(command, "trying again")));
    relay.restore();
    await Promise.all(commands.map((command) => printed(command, " again\nwamp-edge: ")));
    await work(2);
    return commands;
  }

  const LOST = /^wamp-edge: .*; Ctrl-C ends\nwamp-edge: the connection to \S+ was lost.*; trying again, Ctrl-C ends\n/;

  it("subscribe, register and tap say so, connect again and go on", async () => {
    const [subscribe, register, tap] = await loseConnection(
      {
        "subscribe com.example.news --count 2 --json": "\n",
        "register com.example.echo --echo --count 2 --json": "\n",
        [`tap com.example.news --session ${otherId} --count 3 --json`]: "PUBLISHED",
      },
      async (number) => {
        await other.send([16, number, { acknowledge: true }, "com.example.news", [number]]);
        await other.expect([17, number, expect.any(Number)]);
        await other.send([48, number + 10, {}, "com.example.echo", [number]]);
        await other.expect([50, number + 10, {}, [number]]);
      },
    );
    for (const command of [subscribe!, register!, tap!]) {
      const { code, stdout, stderr } = await endOf(command);
      expect({ code, stderr }).toStrictEqual({ code: 0, stderr: expect.stringMatching(LOST) });
      const lines = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      const shown = lines.map(({ type, args }) => type ?? args[0]);
      expect(shown).toStrictEqual(command === tap ? ["PUBLISH", "PUBLISHED", "PUBLISH"] : [1, 2]);
    }
  });

  it("--no-reconnect ends with code 1", async () => {
    const relay = await startRelay();
    const words = ["top", "--no-reconnect", "--interval", "1h", "--json", "--url", `ws://localhost:${relay.port}`];
    const top = startClient(served, words);
    while (top.stdout === "") await new Promise((resolve) => top.process.stdout!.once("data", resolve));
    relay.cut();
    expect(await endOf(top)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^wamp-edge: the connection to \S+ was lost.*; run the command again\n$/),
    });
  });

  it("by a kill, the command ends with code 1", async () => {
    const subscribe = startClient(served, ["subscribe", "com.example.x", "--authid", "joe"], {
      env: { WAMP_SECRET: PASSWORD },
    });
    await printed(subscribe, "subscribed");
    await other.send([48, 30, {}, "wamp.session.kill_by_authid", ["joe"], { message: "bye" }]);
    expect(await endOf(subscribe)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("the router ended the session: wamp.close.killed, bye; run the command again\n"),
    });
  });
});
