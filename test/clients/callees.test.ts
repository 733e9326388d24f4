/** Callees in the configuration, with real clients: other Workers, and eviction during a call. */

import { join } from "node:path";
import autobahn, { type Session } from "autobahn";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { createTestHarness } from "wrangler";
import { joinAsCaller } from "./calling-client.ts";
import { anonymousRealm, freshRealm } from "./harness.ts";
import { RawClient } from "./raw-client.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

const root = join(import.meta.dirname, "../..");

let receiver: Receiver;
let server: ReturnType<typeof createTestHarness>;
let url: URL;

beforeAll(async () => {
  receiver = await startReceiver({});
  server = createTestHarness({
    root,
    workers: [router(receiver.origin), fixture, { configPath: "examples/worker-callee/wrangler.toml" }],
  });
  ({ url } = await server.listen());
});
afterAll(async () => {
  await server.close();
  receiver.close();
});

const fixture = {
  config: { name: "fixture", main: "test/clients/callee-fixture.ts", compatibility_date: "2026-10-01" },
};

function router(origin: string) {
  const { name: _, ...realm } = anonymousRealm("test-*") as { name: string };
  const callees = [
    { procedure: "api.wait", url: `${origin}/wait/a` },
    { procedure: "worker.", match: "prefix", binding: "FIXTURE" },
    { procedure: "worker.short.wait", binding: "FIXTURE", timeout: 300 },
    { procedure: "com.example.weather", binding: "WEATHER" },
  ];
  const checked = {
    name: "checked-*",
    roles: [{ name: "user" }],
    auth: { ticket: { type: "dynamic", authenticator: "worker.authenticate" } },
    callees: [{ procedure: "worker.authenticate", binding: "FIXTURE" }],
  };
  const realms = [{ ...realm, name: "test-*", limits: { message_bytes: 4_096 }, callees }, checked];
  const config = { version: 1, realms };
  return {
    config: {
      name: "wamp-edge",
      main: "src/index.ts",
      compatibility_date: "2026-10-01",
      compatibility_flags: ["no_web_socket_compression"],
      vars: { WAMP_CONFIG: JSON.stringify(config) },
      durable_objects: {
        bindings: [
          { name: "REALM", class_name: "RealmObject" },
          { name: "LONG_POLL", class_name: "LongPollObject" },
          { name: "WEBHOOK", class_name: "WebhookObject" },
        ],
      },
      migrations: [{ tag: "v1", new_sqlite_classes: ["RealmObject", "LongPollObject", "WebhookObject"] }],
      services: [
        { binding: "FIXTURE", service: "fixture", entrypoint: "Fixture" },
        { binding: "WEATHER", service: "weather", entrypoint: "Weather" },
      ],
    },
  };
}

const evict = (realm: string) =>
  server.getWorker("wamp-edge").evictDurableObject("RealmObject", { name: realm, webSockets: "hibernate" });

describe("a call of a slow API", () => {
  it("lets the realm sleep, and is answered after it wakes", async () => {
    const { client, realm } = await joinAsCaller(url);
    await client.send([48, 1, {}, "api.wait"]);
    const answer = await receiver.waiting("/wait/a");
    const start = performance.now();
    await evict(realm);
    expect(performance.now() - start).toBeLessThan(1_000);
    answer('"awake"');
    await client.expect([50, 1, {}, ["awake"]]);
    await client.send([48, 2, {}, "worker.nothing"]);
    expect((await client.next()).slice(0, 2)).toEqual([50, 2]);
  });

  it("is canceled before it has started", async () => {
    const { client, call } = await joinAsCaller(url);
    await client.send([48, 1, {}, "worker.wait", ["early"]], [49, 1, { mode: "kill" }]);
    await client.expectError(48, 1, "wamp.error.canceled");
    await client.expectNothing();
    expect((await call("worker.nothing"))[0]).toBe(1);
  });

  it("is answered among 200 calls", async () => {
    const { client } = await joinAsCaller(url);
    for (let i = 1; i <= 200; i++) await client.send([48, i, {}, "worker.echo", [i]]);
    const results = [];
    for (let i = 1; i <= 200; i++) results.push(await client.next());
    const ordered = results.toSorted((a, b) => (a[1] as number) - (b[1] as number));
    expect(ordered).toEqual(Array.from({ length: 200 }, (_, i) => [50, i + 1, {}, [i + 1]]));
  });
});

describe("a procedure of another Worker", () => {
  it("returns the value of its method, which gets procedure and details", async () => {
    const { call } = await joinAsCaller(url);
    expect(await call("worker.echo", [1, { a: "b" }], { c: null })).toEqual([1, {}, [1, { a: "b" }], { c: null }]);
    expect(await call("worker.nothing")).toEqual([2, {}]);
    expect(await call("worker.inspect")).toEqual([
      3,
      {},
      [{ procedure: "worker.inspect", details: { procedure: "worker.inspect" } }],
    ]);
    const binary = await joinAsCaller(url, undefined, "wamp.2.msgpack");
    expect(await binary.call("worker.bytes")).toEqual([1, {}, [Uint8Array.from([0, 1, 255])]]);
    expect(await binary.call("worker.echo", [Uint8Array.from([7])])).toEqual([2, {}, [Uint8Array.from([7])]]);
  });

  it("fails with the thrown error: with its URI, or with its message and no stack", async () => {
    const { call } = await joinAsCaller(url);
    expect(await call("worker.refuse")).toEqual([48, 1, {}, "com.example.error.no", ["no", 7], { why: "so" }]);
    expect(await call("worker.fail")).toEqual([48, 2, {}, "wamp.error.runtime_error", ["broken"]]);
    expect(await call("worker.die")).toEqual([48, 3, {}, "wamp.error.network_failure", ["the callee was lost"]]);
  });

  it("sends progressive results", async () => {
    const { client, call } = await joinAsCaller(url);
    expect(await call("worker.count", [], {}, { receive_progress: true })).toEqual([1, { progress: true }, [1]]);
    await client.expect([50, 1, { progress: true }, [2], { half: true }]);
    await client.expect([50, 1, {}, [3]]);
    expect(await call("worker.count")).toEqual([2, {}, [3]]);
  });

  it("is interrupted after a time-out and a cancel, also when the realm sleeps", async () => {
    const waiting = await joinAsCaller(url);
    const { client, realm, call } = await joinAsCaller(url);
    expect((await call("worker.short.wait", ["late"]))[3]).toBe("wamp.error.timeout");
    expect((await call("worker.wait", ["overdue"], {}, { timeout: 100 }))[3]).toBe("wamp.error.timeout");
    await client.send([48, 3, {}, "worker.wait", ["canceled"]]);
    await vi.waitFor(async () => expect((await waiting.call("worker.waiting"))[2]).toEqual([["canceled"]]));
    await evict(realm);
    await client.send([49, 3, { mode: "kill" }]);
    await client.expectError(48, 3, "wamp.error.canceled");
    await vi.waitFor(async () =>
      expect((await waiting.call("worker.over"))[2]).toEqual([expect.arrayContaining(["late", "overdue", "canceled"])]),
    );
  });

  it("can be the realm's authenticator", async () => {
    const realm = freshRealm("checked");
    for (const [ticket, answer] of [
      ["sesame", 2],
      ["barley", 3],
    ] as const) {
      const client = await RawClient.connect(`ws://${url.host}/ws/${realm}`, "wamp.2.json");
      onTestFinished(() => client.socket.terminate());
      await client.send([1, realm, { roles: { caller: {} }, authmethods: ["ticket"], authid: "ali" }]);
      expect((await client.next())[0]).toBe(4);
      await client.send([5, ticket, {}]);
      expect((await client.next())[0]).toBe(answer);
    }
  });

  it("answers calls of Autobahn", async () => {
    const session = await opened();
    expect(await session.call("com.example.weather", ["Bern"], { unit: "F" })).toEqual({ city: "Bern", degrees: 57.2 });
    await expect(session.call("com.example.weather")).rejects.toMatchObject({ error: "com.example.error.no_city" });
  });
});

function opened(): Promise<Session> {
  const realm = freshRealm();
  const connection = new autobahn.Connection({ url: `ws://${url.host}/ws/${realm}`, realm });
  onTestFinished(() => connection.close());
  return new Promise((resolve) => {
    connection.onopen = resolve;
    connection.open();
  });
}
