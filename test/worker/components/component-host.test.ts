/** Components in the realm's object: they run after every eviction, and do not keep the object awake. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type CallHandler, type Component, defineComponent } from "../../../src/wamp/local/component.ts";
import { useConfig } from "../../../src/worker/config/deployment.ts";
import type { Env } from "../../../src/worker/platform/env.ts";
import { join, type TestClient } from "../socket.ts";

const ALL = { call: true, register: true, publish: true, subscribe: true };

/** Keeps a counter in memory. */
const counter = defineComponent<Env>({
  onJoin(session) {
    let count = 0;
    session.register("count", () => ++count);
    session.register("bindings", () => typeof session.env.REALM.getByName);
  },
});

/** Starts asynchronously and answers slowly, without a timer of its own. */
const slow = defineComponent({
  async onJoin(session) {
    await scheduler.wait(100);
    await session.register("late", () => "here");
    let release = (_: unknown): void => {};
    const hold: CallHandler = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    await session.register("hold", hold);
    await session.register("release", () => release("released"));
  },
});

let faultyStarts = 0;

/** Sends messages that violate the protocol. */
const faulty = defineComponent({
  onJoin(session) {
    faultyStarts++;
    session.publish("t", [], {}, { exclude: "all" }).catch(() => {});
  },
});

/** Never finishes its start. */
const stuck = defineComponent({ onJoin: () => new Promise(() => {}) });

const components: Record<string, Component<unknown>> = { counter, slow, stuck, faulty };

function realm(name: string, ...names: string[]) {
  return {
    name,
    roles: [{ name: "anonymous", permissions: [{ uri: "", match: "prefix" as const, allow: ALL }] }],
    auth: { anonymous: { type: "static" as const } },
    components: names.map((name) => ({ name, role: "anonymous" })),
  };
}

useConfig(
  {
    version: 1,
    realms: [
      realm("counter-*", "counter"),
      realm("slow-*", "slow"),
      realm("stuck-*", "stuck"),
      realm("faulty-*", "faulty"),
    ],
    http: { service: { role: "anonymous" } },
  },
  components,
);

const objectOf = (name: string) => env.REALM.getByName(name);
let requests = 0;

async function call(client: TestClient, procedure: string, ...payload: unknown[]): Promise<unknown[]> {
  client.send([48, ++requests, {}, procedure, ...payload]);
  return (await client.next()).slice(3);
}

afterEach(() => void vi.useRealTimers());

it("runs again after an eviction, without its memory, and stores nothing", async () => {
  const client = await join("counter-1");
  expect(await call(client, "count")).toEqual([[1]]);
  expect(await call(client, "count")).toEqual([[2]]);
  for (let sleeps = 0; sleeps < 3; sleeps++) {
    await evictDurableObject(objectOf("counter-1"));
    expect(await call(client, "count")).toEqual([[1]]);
  }
  expect(await call(client, "bindings")).toEqual([["function"]]);
  const state = await runInDurableObject(objectOf("counter-1"), async (_realm, { storage }) => ({
    tables: storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_%' ESCAPE '\\'").toArray(),
    alarm: await storage.getAlarm(),
  }));
  expect(state).toEqual({ tables: [], alarm: null });
});

describe("a component with an asynchronous start", () => {
  it("delays the first messages, which keep their order", async () => {
    const client = await join("slow-1");
    expect(await call(client, "late")).toEqual([["here"]]);
    await evictDurableObject(objectOf("slow-1"));
    const request = ++requests;
    client.send([48, request, {}, "late"]);
    client.send([48, ++requests, {}, "wamp.session.count"]);
    // The component's answer needs a turn of its own.
    expect(await client.next()).toEqual([50, request + 1, {}, [2]]);
    expect(await client.next()).toEqual([50, request, {}, ["here"]]);
  });

  it("delays the messages of clients that have left meanwhile, too", async () => {
    const listener = await join("slow-5");
    listener.send([32, 1, {}, "t"]);
    await listener.next();
    const client = await join("slow-5");
    await evictDurableObject(objectOf("slow-5"));
    client.send([16, 1, {}, "t", ["last words"]]);
    client.socket.close(1000);
    expect((await listener.next())[4]).toEqual(["last words"]);
    await vi.waitFor(async () => expect(await call(listener, "wamp.session.count")).toEqual([[2]]));
  });

  it("delays requests by RPC, too", async () => {
    const outcome = await objectOf("slow-2").call(
      { kind: "role", role: "anonymous", authid: "x", by: "test" },
      { uri: "late", args: [], kwargs: {}, options: {} },
    );
    expect(outcome).toMatchObject({ outcome: { ok: true, args: ["here"] } });
  });

  it("delays messages by at most a second", async () => {
    const client = await join("stuck-1");
    const before = Date.now();
    expect(await call(client, "wamp.session.count")).toEqual([[2]]);
    expect(Date.now() - before).toBeLessThan(1500);
  });
});

describe("a call in progress at a component", () => {
  it("keeps the realm awake until it is answered", async () => {
    const client = await join("slow-3");
    await call(client, "late");
    const held = ++requests;
    client.send([48, held, {}, "hold"]);
    let isAsleep = false;
    await scheduler.wait(1200);
    const eviction = evictDurableObject(objectOf("slow-3")).then(() => {
      isAsleep = true;
    });
    await scheduler.wait(500);
    expect(isAsleep).toBe(false);
    client.send([48, ++requests, {}, "release"]);
    const answers = [await client.next(), await client.next()];
    expect(answers).toContainEqual([50, held, {}, ["released"]]);
    await eviction;
    expect(await call(client, "late")).toEqual([["here"]]);
  });

  it("keeps it awake for a minute at most, and is canceled by the realm's sleep", async () => {
    const client = await join("slow-4");
    await call(client, "late");
    // What is pending by then has its own time.
    await scheduler.wait(1200);
    vi.useFakeTimers();
    const held = ++requests;
    client.send([48, held, {}, "hold"]);
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0));
    await vi.advanceTimersByTimeAsync(60_000);
    vi.useRealTimers();
    await evictDurableObject(objectOf("slow-4"));
    client.send([48, ++requests, {}, "late"]);
    const canceled = [8, 48, held, {}, "wamp.error.canceled", ["the component was interrupted"]];
    expect([await client.next(), await client.next()]).toEqual([canceled, [50, requests, {}, ["here"]]]);
  });
});

describe("a component whose session was killed", () => {
  it("restarts a second later", async () => {
    const client = await join("counter-2");
    client.send([32, ++requests, {}, "wamp.session.on_join"]);
    await client.next();
    await call(client, "wamp.session.kill_by_authid", ["counter"]);
    expect(await call(client, "count")).toEqual([
      {},
      "wamp.error.no_such_procedure",
      ["no callee is registered for procedure count"],
    ]);
    const [type, , , , args] = await client.next();
    expect([type, args]).toEqual([36, [expect.objectContaining({ authid: "counter" })]]);
    expect(await call(client, "count")).toEqual([[1]]);
  });

  it("stays ended after six times in a row, until the realm has slept", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const client = await join("faulty-1");
    await vi.waitFor(() => expect(faultyStarts).toBe(6), { timeout: 10_000 });
    await scheduler.wait(1500);
    expect(faultyStarts).toBe(6);
    await evictDurableObject(objectOf("faulty-1"));
    await call(client, "wamp.session.count");
    expect(faultyStarts).toBeGreaterThan(6);
    vi.restoreAllMocks();
  });
});
