/** Bindings that the configuration needs. */

import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { bindingFaults } from "../../src/worker/config/bindings.ts";
import type { ConfigInput } from "../../src/worker/config/config-schema.ts";
import { formatFaults, loadConfig } from "../../src/worker/config/load-config.ts";
import { realmFor } from "../../src/worker/config/realm-lookup.ts";
import type { Env } from "../../src/worker/platform/env.ts";
import { hasJurisdictions, namespaceIn } from "../../src/worker/platform/jurisdiction.ts";
import { realmObject } from "../../src/worker/routing/realm-stub.ts";
import { enqueue } from "../../src/worker/webhooks/webhook-stub.ts";
import { join } from "./socket.ts";

afterEach(() => vi.restoreAllMocks());

const ANYONE = { roles: [{ name: "anonymous" }], auth: { anonymous: { type: "static" } } } as const;
const HOOK = { name: "h", uri: "a", url: "https://shop.example/", secret: "s", role: "anonymous" };

function configOf(realm: object, http: object = {}) {
  const module = { version: 1, realms: [{ name: "a", ...ANYONE, ...realm }], http } as ConfigInput;
  const loaded = loadConfig({ module, env: {}, isDevelopment: false });
  if (!loaded.ok) throw new Error(formatFaults(loaded.faults));
  return loaded.config;
}

const linesFor = (name: string, className: string) =>
  `[[durable_objects.bindings]]\nname = "${name}"\nclass_name = "${className}"`;

describe("a Worker without its own bindings", () => {
  it("lists them as faults, with the lines that bind them", () => {
    const faults = bindingFaults(configOf({ webhooks_out: [HOOK] }), {});
    expect(faults.map(({ path }) => path)).toEqual(["", "", "realms[0].webhooks_out"]);
    const messages = faults.map(({ message }) => message).join("\n");
    for (const [name, className] of [
      ["REALM", "RealmObject"],
      ["LONG_POLL", "LongPollObject"],
      ["WEBHOOK", "WebhookObject"],
    ] as const) {
      expect(messages).toContain(linesFor(name, className));
    }
  });

  it("has no fault where the configuration needs none of them", () => {
    expect(bindingFaults(configOf({ webhooks_out: [HOOK] }), env)).toEqual([]);
    expect(bindingFaults({ version: 1, realms: [] }, {})).toEqual([]);
    const { WEBHOOK: _, ...others } = env;
    expect(bindingFaults(configOf({}), others)).toEqual([]);
  });
});

it("a static path without a folder of files is a fault at that path", () => {
  const paths = { "/": { type: "static" }, a: { type: "path", paths: { b: { type: "static" } } } };
  const faults = bindingFaults(configOf({}, { paths }), env);
  expect(faults.map(({ path }) => path)).toEqual(['http.paths["/"]', "http.paths.a.paths.b"]);
  expect(faults[0]!.message).toContain('[assets]\ndirectory = "./public"\nbinding = "ASSETS"');
  const ASSETS = { fetch: async () => new Response() } as unknown as Fetcher;
  expect(bindingFaults(configOf({}, { paths }), { ...env, ASSETS })).toEqual([]);
});

describe("a realm with a jurisdiction", () => {
  const realm = realmFor(configOf({ jurisdiction: "eu" }), "a")!;

  it("is an object of this machine where the runtime has no jurisdictions", async () => {
    const client = await join("jurisdiction-1", realmObject(env, "jurisdiction-1", realm));
    client.send([32, 1, {}, "com.example.topic"]);
    expect((await client.next()).slice(0, 2)).toEqual([33, 1]);
    const batch = { kind: "webhook", realm: "jurisdiction-1", webhook: "h", after: undefined, events: [] } as const;
    await enqueue(env, realm, batch);
  });

  it("stays in it if the runtime has jurisdictions; other errors are thrown", () => {
    const elsewhere = { getByName: () => ({}) };
    const runtime = { jurisdiction: vi.fn(() => elsewhere) } as unknown as Env["REALM"];
    expect(namespaceIn(runtime, "eu")).toBe(elsewhere);
    const refusal = new Error("the account may not use this jurisdiction");
    const refusing = {
      jurisdiction: () => {
        throw refusal;
      },
    } as unknown as Env["REALM"];
    expect(hasJurisdictions(refusing)).toBe(true);
    expect(() => namespaceIn(refusing, "eu")).toThrow(refusal);
  });
});
