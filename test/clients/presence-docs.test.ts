/** Runs every code block of docs/presence.md: three ways to know who is online. */

import { readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import autobahn, { type Session } from "autobahn";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { createTestHarness } from "wrangler";
import { loadConfig } from "../../src/worker/config/load-config.ts";
import { importProgram, readPage, writeFolder } from "./docs-page.ts";

// Autobahn warns of every closed connection.
autobahn.log.warn = () => {};

const PROJECT = join(import.meta.dirname, "../..");
const { block } = readPage("presence.md");
const CONFIG = {
  version: 1,
  realms: ["meta", "component", "retained"].map((name) => JSON.parse(block(`json ${name}`))),
};

const directory = writeFolder({
  "presence.ts": block("ts src/presence.ts"),
  "index.ts": `
    import { createApp } from "wamp-edge/worker";
    import { presence } from "./presence.ts";
    export { LongPollObject, RealmObject, WebhookObject } from "wamp-edge/worker";
    export default createApp(${JSON.stringify(CONFIG)}, { presence });`,
  "wrangler.toml": readFileSync(join(PROJECT, "examples/chat/wrangler.toml"), "utf8"),
});
const configPath = relative(PROJECT, join(directory, "wrangler.toml"));
const server = createTestHarness({ root: PROJECT, workers: [{ configPath }] });
let url: URL;

beforeAll(async () => {
  ({ url } = await server.listen());
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

test("every configuration is valid", () => {
  const text = JSON.stringify(CONFIG);
  const loaded = loadConfig({ text, module: undefined, env: {}, isDevelopment: false });
  expect(loaded).toMatchObject({ ok: true });
});

test("with the meta API each tab is a session, and a realm that slept tells of the next one", async () => {
  const { watchSessions } = await load("watch-sessions.js");
  const ann = await joined("meta", "ann");
  const shown = vi.fn();
  await watchSessions(ann.session, shown);
  await vi.waitFor(() => expect(shown).toHaveBeenLastCalledWith(["ann"]));
  await sleep("meta");
  await joined("meta", "ben");
  const second = await joined("meta", "ben");
  await vi.waitFor(() => expect(shown).toHaveBeenLastCalledWith(["ann", "ben", "ben"]));
  second.close();
  await vi.waitFor(() => expect(shown).toHaveBeenLastCalledWith(["ann", "ben"]));
});

test("the rules of the meta API do not allow to end sessions", async () => {
  const { session } = await joined("meta", "ann");
  const killed = session.call("wamp.session.kill", [session.id]);
  await expect(killed).rejects.toMatchObject({ error: "wamp.error.not_authorized" });
});

test("with the component two tabs are one user, also when the realm sleeps in between", async () => {
  const { watchUsers } = await load("watch-users.js");
  const ann = await joined("component", "ann");
  const shown = vi.fn();
  await watchUsers(ann.session, shown);
  expect(shown).toHaveBeenLastCalledWith(["ann"]);
  const tabs = [await joined("component", "ben"), await joined("component", "ben")] as const;
  await vi.waitFor(() => expect(shown).toHaveBeenLastCalledWith(["ann", "ben"]));
  const changes = shown.mock.calls.length;
  await sleep("component");
  tabs[0].close();
  await sleep("component");
  expect(await ann.session.call("com.example.online")).toEqual(["ann", "ben"]);
  expect(shown).toHaveBeenCalledTimes(changes);
  tabs[1].close();
  await vi.waitFor(() => expect(shown).toHaveBeenLastCalledWith(["ann"]));
  expect(await ann.session.call("com.example.online")).toEqual(["ann"]);
});

test("with retained events a subscriber learns the states of those who came and went before", async () => {
  const { publishStatus, watchStatus } = await load("status.js");
  const ben = await joined("retained", "ben");
  await publishStatus(ben.session, "ben", "busy");
  const ann = await joined("retained", "ann");
  const shown = vi.fn();
  await watchStatus(ann.session, shown);
  await vi.waitFor(() => expect(shown).toHaveBeenLastCalledWith({ ben: "busy" }));
  await sleep("retained");
  ben.close();
  await vi.waitFor(() => expect(shown).toHaveBeenLastCalledWith({ ben: "offline" }));
  const late = vi.fn();
  await watchStatus((await joined("retained", "ann")).session, late);
  await vi.waitFor(() => expect(late).toHaveBeenLastCalledWith({ ben: "offline" }));
});

const load = (file: string) => importProgram(file, { [file]: block(`js ${file}`) });

const sleep = (realm: string) => server.getWorker("chat").evictDurableObject("RealmObject", { name: realm });

/** Joins a realm with Autobahn|JS; the connection closes with the test. */
async function joined(realm: string, authid: string): Promise<{ readonly session: Session; close(): void }> {
  const connection = new autobahn.Connection({
    ...{ url: `ws://${url.host}/ws/${realm}`, realm, max_retries: 0 },
    ...{ authmethods: ["ticket"], authid, onchallenge: () => authid.charAt(0) },
  });
  const session = await new Promise<Session>((resolve, reject) => {
    connection.onopen = resolve;
    connection.onclose = (reason) => {
      reject(new Error(reason));
      return true;
    };
    connection.open();
  });
  const close = () => {
    if (connection.isOpen) connection.close();
  };
  onTestFinished(close);
  return { session, close };
}
