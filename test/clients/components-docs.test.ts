/** Runs every code block of docs/components.md: components, and configurations that name them. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { createTestHarness } from "wrangler";
import { loadConfig } from "../../src/worker/config/load-config.ts";
import { startRouter } from "./harness.ts";
import { ID, RawClient } from "./raw-client.ts";
import type { WireMessage } from "./wire.ts";

const PROJECT = join(import.meta.dirname, "../..");
const DOCUMENT = readFileSync(join(PROJECT, "docs/components.md"), "utf8");

/** "language name" → the text of that block. */
const blocks = new Map<string, string>();
for (const [, head = "", text = ""] of DOCUMENT.matchAll(/^```(\w+ .+)\n([\s\S]*?)^```$/gm)) blocks.set(head, text);

const COMPONENTS = ["counter", "visits", "authorizer"];

/** A Worker with all components of the page, in a folder from which it finds the router's sources. */
const directory = mkdtempSync(join(cache(), "docs-"));
for (const [head, text] of blocks) {
  const path = /^ts src\/(.+)$/.exec(head)?.[1];
  if (path === undefined) continue;
  writeFileSync(join(directory, path), text);
}
writeFileSync(
  join(directory, "index.ts"),
  `import { createApp } from "wamp-edge/worker";
   import components from "./components.ts";
   ${COMPONENTS.map((name) => `import { ${name} } from "./${name}.ts";`).join("\n")}
   export { LongPollObject, RealmObject, WebhookObject } from "wamp-edge/worker";
   export default createApp(${JSON.stringify(config())}, {
     ...components,
     ${COMPONENTS.join(", ")},
     careless: { onJoin: (session) => void session.register("com.other.procedure", () => 1) },
   });`,
);
writeFileSync(
  join(directory, "wrangler.toml"),
  `${readFileSync(join(PROJECT, "examples/chat/wrangler.toml"), "utf8")}
  [[kv_namespaces]]
  binding = "VISITS"
  id = "visits"`,
);
const server = createTestHarness({
  root: PROJECT,
  workers: [{ configPath: relative(PROJECT, join(directory, "wrangler.toml")) }],
});
let url: URL;

beforeAll(async () => {
  ({ url } = await server.listen());
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

test("every configuration is valid", () => {
  const heads = [...blocks.keys()].filter((head) => head.startsWith("json "));
  expect(heads).toHaveLength([...DOCUMENT.matchAll(/^```json/gm)].length);
  for (const head of heads) {
    const loaded = loadConfig({ text: block(head), module: undefined, env: {}, isDevelopment: false });
    expect(loaded).toMatchObject({ ok: true });
  }
});

test("an unknown component name is a fault, with its path", async () => {
  const { realms } = JSON.parse(block("json realm"));
  await expect(startRouter({ version: 1, realms })).rejects.toThrow(
    "realms[0].components[0].name is not in the registry",
  );
});

test("the first component greets, and receives events of arrivals", async () => {
  const client = await joined("realm1");
  expect(await client.ask([48, 1, {}, "com.example.greet", ["Ann"]])).toEqual([50, 1, {}, ["Hello, Ann!"]]);
  expect(await client.ask([32, 2, {}, "com.example.welcome"])).toEqual([33, 2, ID]);
  expect(await client.ask([16, 3, {}, "com.example.arrived", ["Ann"]])).toEqual([36, ID, ID, {}, ["Ann"]]);
});

test("the counter sends progressive results, stops on cancel, and refuses a wrong argument", async () => {
  const client = await joined("realm1");
  expect(await client.ask([48, 1, { receive_progress: true }, "com.example.count", [2]])).toEqual([
    50,
    1,
    { progress: true },
    [1],
  ]);
  expect(await client.next()).toEqual([50, 1, {}, [2], { unit: "sheep" }]);
  const refusal = [8, 48, 2, {}, "com.example.error.no_number", ["count to what?"]];
  expect(await client.ask([48, 2, {}, "com.example.count"])).toEqual(refusal);
});

test("the count of visits survives sleep", async () => {
  const client = await joined("realm1");
  expect(await client.ask([48, 1, {}, "com.example.visited", ["home"]])).toEqual([50, 1, {}, [1]]);
  await server.getWorker("chat").evictDurableObject("RealmObject", { name: "realm1" });
  expect(await client.ask([48, 2, {}, "com.example.visited", ["home"]])).toEqual([50, 2, {}, [2]]);
  expect((await client.ask([32, 3, { get_retained: true }, "com.example.visits"])).slice(0, 2)).toEqual([33, 3]);
  expect(await client.next()).toEqual([36, ID, ID, { retained: true }, ["home", 2]]);
});

test("the authorizer decides, also for the first message after a sleep", async () => {
  const client = await joined("authorizer", "joes-ticket");
  await server.getWorker("chat").evictDurableObject("RealmObject", { name: "authorizer" });
  expect(await client.ask([32, 1, {}, "com.example.inbox.joe"])).toEqual([33, 1, ID]);
  const words = "session (authid 'joe', authrole 'user') not authorized to subscribe to topic 'com.example.inbox.sue'";
  const denied = [8, 32, 2, {}, "wamp.error.not_authorized", [words]];
  expect(await client.ask([32, 2, {}, "com.example.inbox.sue"])).toEqual(denied);
});

test("a refusal that a component does not handle is logged", async () => {
  await joined("careless");
  const expected = /"rejection\.uncaught".*wamp\.error\.not_authorized.*"careless in careless: com\.other\.procedure"/;
  await vi.waitFor(() => {
    expect(server.getLogs().map(({ message }) => message)).toContainEqual(expect.stringMatching(expected));
  });
});

/** Realms of the page, the first one with the components of the later sections, too. */
function config(): object {
  const [realm] = JSON.parse(block("json realm")).realms;
  const [authorized] = JSON.parse(block("json authorizer")).realms;
  const others = ["counter", "visits"].map((name) => ({ name, role: "backend" }));
  const realms = [
    { ...realm, components: [...realm.components, ...others] },
    { ...authorized, name: "authorizer" },
    { ...realm, name: "careless", components: [{ name: "careless", role: "backend" }] },
  ];
  return { version: 1, realms };
}

async function joined(realm: string, ticket?: string) {
  const client = await RawClient.connect(`ws://${url.host}/ws/${realm}`, "wamp.2.json");
  onTestFinished(() => client.socket.terminate());
  if (ticket === undefined) await client.join(realm);
  else {
    await client.send([1, realm, { roles: { caller: {}, subscriber: {} }, authmethods: ["ticket"], authid: "joe" }]);
    expect((await client.next())[0]).toBe(4);
    await client.send([5, ticket, {}]);
    expect((await client.next())[0]).toBe(2);
  }
  const next = () => client.next();
  const ask = async (message: WireMessage) => {
    await client.send(message);
    return next();
  };
  return { ask, next };
}

function block(head: string): string {
  const text = blocks.get(head);
  if (text === undefined) throw new Error(`no block ${head} in the document`);
  return text;
}

function cache(): string {
  const path = join(PROJECT, ".wrangler/docs");
  mkdirSync(path, { recursive: true });
  return path;
}
