/** HTTP clients that disconnect before the response, by a raw socket. */

import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { anonymousRealm } from "../clients/harness.ts";
import { ID, RawClient } from "../clients/raw-client.ts";
import { Command } from "./command.ts";

// In plain workerd, because wrangler's server does not forward the disconnection of a client.
let command: Command;
let origin: URL;
beforeAll(async () => {
  const http = { bridge: { open: true, role: "anonymous" } };
  const configuration = { version: 1, realms: [anonymousRealm("test-*")], http };
  const data = mkdtempSync(join(tmpdir(), "wamp-edge-"));
  const env = { WAMP_CONFIG: JSON.stringify(configuration), WAMP_DATA: data };
  command = new Command([process.execPath, "src/cli/wamp-edge.ts", "serve"], env);
  origin = await command.origin();
});
afterAll(async () => {
  command.process.kill("SIGTERM");
  await command.ended();
});

/** A callee that can be interrupted, of `com.slow`. */
async function slowCallee(realm: string): Promise<RawClient> {
  const client = await RawClient.connect(`ws://${origin.host}/ws/${realm}`, "wamp.2.json");
  const features = { call_canceling: true, progressive_call_results: true };
  await client.send([1, realm, { roles: { callee: { features } } }]);
  await client.expect([2, ID, expect.any(Object)]);
  await client.send([64, 1, {}, "com.slow"]);
  await client.expect([65, 1, ID]);
  return client;
}

/** Calls `com.slow` by a socket of its own. */
async function callByHttp(realm: string, accept: string) {
  const socket = connect(Number(origin.port), origin.hostname);
  await once(socket, "connect");
  const body = JSON.stringify({ procedure: "com.slow" });
  const head = [
    `POST /realms/${realm}/call HTTP/1.1`,
    `Host: ${origin.host}`,
    `Accept: ${accept}`,
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  return socket;
}

it.each([
  ["one answer", "application/json"],
  ["lines", "application/x-ndjson"],
])(
  "a client that waits for %s and disconnects cancels its call, and the callee gets INTERRUPT",
  async (kind, accept) => {
    const callee = await slowCallee(`test-${kind.length}`);
    const socket = await callByHttp(`test-${kind.length}`, accept);
    const [, request] = (await callee.next()) as [number, number];
    socket.resetAndDestroy();
    expect(await callee.next()).toStrictEqual([69, request, { mode: "killnowait" }]);
    callee.socket.terminate();
  },
);

it("a client that disconnects after the response cancels nothing", async () => {
  const callee = await slowCallee("test-answered");
  const socket = await callByHttp("test-answered", "application/json");
  const [, request] = (await callee.next()) as [number, number];
  await callee.send([70, request, {}, [1]]);
  await once(socket, "data");
  socket.resetAndDestroy();
  const again = await callByHttp("test-answered", "application/json");
  expect((await callee.next())[0]).toBe(68);
  again.destroy();
  callee.socket.terminate();
});
