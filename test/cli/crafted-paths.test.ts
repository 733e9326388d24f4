/** Upgrade requests with paths that URL parsers change, written by a raw socket. */

import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { anonymousRealm } from "../clients/harness.ts";
import { Command } from "./command.ts";

const commands: Command[] = [];

/** Starts a router with one realm, which may be a pattern. */
async function start(realm: string): Promise<URL> {
  const configuration = { version: 1, realms: [anonymousRealm(realm)] };
  const data = mkdtempSync(join(tmpdir(), "wamp-edge-"));
  const env = { WAMP_CONFIG: JSON.stringify(configuration), WAMP_DATA: data };
  const command = new Command([process.execPath, "src/cli/wamp-edge.ts", "serve"], env);
  commands.push(command);
  return command.origin();
}

let origin: URL;
let single: URL;
beforeAll(async () => {
  origin = await start("test-*");
  single = await start("test-1");
});
afterAll(async () => {
  for (const command of commands) command.process.kill("SIGTERM");
  for (const command of commands) await command.ended();
});

/** Upgrades `path`, sends a first message and returns the beginning of the answer. */
async function answerTo(path: string, hello: readonly unknown[], origin: URL, host = origin.host): Promise<string> {
  const socket = connect(Number(origin.port), origin.hostname);
  await once(socket, "connect");
  const head = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: wamp.2.json",
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  let answer = "";
  socket.on("data", (data: Buffer) => {
    answer += data.toString("latin1");
  });
  await once(socket, "data");
  const text = Buffer.from(JSON.stringify(hello));
  // One frame of text, masked with zeros.
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]));
  await expect.poll(() => answer.split("\r\n\r\n")[1]).not.toBe("");
  socket.destroy();
  return answer;
}

const HELLO = [1, "test-1", { roles: { caller: {} } }];

it("a path that a URL parser reads as another one opens no session without HELLO", async () => {
  const answer = await answerTo("/ws/test-\\..\\..\\watch\\trusted", HELLO, origin);
  expect(answer).toMatch(/^HTTP\/1.1 101 /);
  expect(answer).not.toContain("trusted");
  expect(answer).toContain("wamp.error.no_such_realm");
});

it("a path that a URL parser reads as another one does not reach the sockets of callees", async () => {
  const answer = await answerTo("/ws/test-\\..\\..\\callee\\5", HELLO, origin);
  expect(answer).toMatch(/^HTTP\/1.1 101 /);
  expect(answer).toContain("wamp.error.no_such_realm");
});

it("a realm name that no URL can contain gets no_such_realm", async () => {
  const answer = await answerTo("/ws", [1, "test-\ud800", HELLO[2]], origin);
  expect(answer).toContain("wamp.error.no_such_realm");
});

it.each([
  "x\\watch\\trusted?",
  "x/watch/trusted?",
  "x\\callee\\1?",
  "x\\ticket?ticket=trusted&",
  "realm\\client?ticket=trusted#",
  "x\\..\\watch\\trusted#",
])("the Host %s gives a client of the only realm no session without HELLO", async (host) => {
  const answer = await answerTo("/ws", [32, 1, {}, "com.example.topic"], single, host);
  expect(answer).not.toContain("trusted");
  // A request that the platform itself refuses is not upgraded.
  if (answer.startsWith("HTTP/1.1 101 ")) expect(answer).toContain("wamp.error.protocol_violation");
  else expect(answer).toMatch(/^HTTP\/1.1 (4\d\d|500) /);
});
