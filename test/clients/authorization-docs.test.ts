/** Runs the snippets of docs/authorization.md: configurations, authorizers, and calls that change roles. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { loadConfig } from "../../src/worker/config/load-config.ts";
import { type Router, startRouter } from "./harness.ts";
import { findPython } from "./python.ts";
import { ID, RawClient } from "./raw-client.ts";
import type { WireMessage } from "./wire.ts";

const PROJECT = join(import.meta.dirname, "../..");
const DOCUMENT = readFileSync(join(PROJECT, "docs/authorization.md"), "utf8");

/** "language name" → the text of that block. */
const blocks = new Map<string, string>();
for (const [, head = "", text = ""] of DOCUMENT.matchAll(/^```(\w+ .+)\n([\s\S]*?)^```$/gm)) blocks.set(head, text);

/** Realms with the document's configuration, one for each test. */
const REALMS = ["javascript", "python", "managed"];

let router: Router;

beforeAll(async () => {
  const { realms } = JSON.parse(block("json config"));
  // The realm without an authorizer fails only after this time.
  const limits = { authorizer_timeout: 2_000 };
  router = await startRouter({ version: 1, realms: REALMS.map((name) => ({ ...realms[0], name, limits })) });
  return () => router.close();
});

test("[AZ-08][WS-30] every configuration is valid", () => {
  const heads = [...blocks.keys()].filter((head) => head.startsWith("json "));
  expect(heads).toHaveLength([...DOCUMENT.matchAll(/^```json/gm)].length);
  for (const head of heads) {
    const loaded = loadConfig({ text: block(head), module: undefined, env: {}, isDevelopment: false });
    expect(loaded).toMatchObject({ ok: true });
  }
});

test("[AZ-10] an authorizer in JavaScript", async () => {
  await serve(spawn(process.execPath, [program("authorizer.js", block("js authorizer.js"), "javascript")]));
  await expectDecisions("javascript");
});

const python = findPython();
const reason = "reason" in python ? ` (${python.reason})` : "";

test.skipIf(reason !== "")(`[AZ-10] an authorizer in Python${reason}`, async () => {
  const path = program("authorizer.py", block("python authorizer.py"), "python");
  await serve(spawn("path" in python ? python.path : "", [path]));
  await expectDecisions("python");
});

describe("a change of roles", () => {
  test("[AZ-15] applies to open sessions", async () => {
    const joe = await joeIn("managed");
    expect(await joe.ask([32, 1, {}, "com.example.offers.summer"])).toStrictEqual([8, 32, 1, {}, FAILED, TEXT]);
    const path = program("manage.js", block("js manage.js"), "managed");
    const { stdout } = await promisify(execFile)(process.execPath, [path], { timeout: 15_000 });
    expect(stdout.trim()).toBe("[ 'backend', 'customer', 'manager' ]");
    expect(await joe.ask([32, 2, {}, "com.example.offers.summer"])).toStrictEqual([33, 2, ID]);
  });
});

const DENIED = "wamp.error.not_authorized";
const TEXT = [expect.stringMatching(/ authorize(d |.* )to .* 'com\.example\..+'/)];
const FAILED = "wamp.error.authorization_failed";

/** Checks the document's claims about its configuration with its authorizer. */
async function expectDecisions(realm: string): Promise<void> {
  const joe = await joeIn(realm);
  expect(await joe.ask([32, 1, {}, "com.example.news.sports"])).toStrictEqual([33, 1, ID]);
  expect(await joe.ask([32, 2, {}, "com.example.news.drafts"])).toStrictEqual([8, 32, 2, {}, DENIED, TEXT]);
  expect(await joe.ask([48, 3, {}, "com.example.eu.ping"])).toMatchObject([
    8,
    48,
    3,
    {},
    "wamp.error.no_such_procedure",
    ["no callee is registered for procedure com.example.eu.ping"],
  ]);
  expect(await joe.ask([32, 4, { match: "prefix" }, "com.example.news."])).toStrictEqual([8, 32, 4, {}, DENIED, TEXT]);
  expect(await joe.ask([32, 5, { match: "prefix" }, "com.example.news.sports."])).toStrictEqual([33, 5, ID]);
  for (const request of [6, 7]) {
    const publish = [16, request, { acknowledge: true }, "com.example.customers.joe.orders"];
    expect(await joe.ask(publish)).toStrictEqual([17, request, ID]);
  }
  expect(await joe.ask([64, 8, {}, "com.example.customers.sue.orders"])).toStrictEqual([8, 64, 8, {}, DENIED, TEXT]);
}

/** A customer's session, and the replies it gets. */
async function joeIn(realm: string) {
  const client = await RawClient.connect(router.realmUrl(realm), "wamp.2.json");
  onTestFinished(() => client.socket.terminate());
  const roles = { publisher: {}, subscriber: {}, caller: {}, callee: {} };
  await client.send([1, realm, { roles, authmethods: ["ticket"], authid: "joe" }]);
  expect((await client.next())[0]).toBe(4);
  await client.send([5, "joes-ticket", {}]);
  expect((await client.next())[0]).toBe(2);
  return {
    ask: async (message: WireMessage) => {
      await client.send(message);
      return client.next();
    },
  };
}

function block(head: string): string {
  const text = blocks.get(head);
  if (text === undefined) throw new Error(`no block ${head} in the document`);
  return text;
}

/** Writes a program of the document to a folder in which it finds the project's packages. */
function program(name: string, source: string, realm: string): string {
  const cache = join(PROJECT, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(join(cache, "docs-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
  const pointed = source
    .replace("ws://localhost:8787/ws/realm1", router.realmUrl(realm))
    .replace('"realm1"', `"${realm}"`);
  writeFileSync(join(directory, name), pointed);
  return join(directory, name);
}

/** Starts a program and resolves when it prints that it is ready; the program ends with the test. */
async function serve(child: ChildProcess): Promise<void> {
  onTestFinished(() => void child.kill());
  let printed = "";
  const ready = Promise.withResolvers<void>();
  child.stdout!.on("data", (chunk) => {
    printed += chunk;
    if (printed.includes("ready")) ready.resolve();
  });
  child.once("exit", () => ready.reject(new Error(`it ended: ${printed}`)));
  await ready.promise;
}
