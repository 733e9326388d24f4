/** Attacks on a realm's memory; calls of other sessions must be answered meanwhile. */

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { freshRealm, type Router, startRouter } from "./harness.ts";
import { ALL_ROLES, ID, RawClient } from "./raw-client.ts";
import { watchMemory, workerdMemory } from "./workerd-memory.ts";

let router: Router;

beforeAll(async () => {
  router = await startRouter();
});

afterAll(() => router.close());

/**
 * MiB that an attack may add: the budgets of a realm (docs/limits.md), the sockets, and free memory that the allocator
 * keeps.
 */
const MOST_ADDED = 250;

async function joined(realm: string): Promise<RawClient> {
  const client = await RawClient.connect(router.realmUrl(realm), "wamp.2.json");
  onTestFinished(() => client.socket.terminate());
  await client.join(realm, { roles: ALL_ROLES });
  return client;
}

/** Calls a procedure of the realm until `stop`, which returns the number of answered calls. */
async function startCalls(realm: string): Promise<{ stop(): Promise<number> }> {
  const callee = await joined(realm);
  await callee.send([64, 1, {}, "test.ping"]);
  await callee.expect([65, 1, ID]);
  callee.socket.on("message", (data) => {
    const [type, request] = JSON.parse(data.toString()) as [number, number];
    if (type === 68) callee.socket.send(JSON.stringify([70, request, {}, ["pong"]]));
  });
  const caller = await joined(realm);
  let isOver = false;
  const calls = (async () => {
    let answered = 0;
    for (; !isOver; answered++) {
      await caller.send([48, answered + 1, {}, "test.ping"]);
      await caller.expect([50, answered + 1, {}, ["pong"]]);
    }
    return answered;
  })();
  return {
    stop: () => {
      isOver = true;
      return calls;
    },
  };
}

/** Stops reading from the socket. */
function stall(client: RawClient): void {
  client.socket.pause();
}

describe("a client that does not read", () => {
  it("stays within the realm's budget when it receives every event through twelve subscriptions", async () => {
    const realm = freshRealm();
    const calls = await startCalls(realm);
    const attacker = await joined(realm);
    for (let pattern = 0; pattern < 12; pattern++) {
      const topic = ["a", "b", "c", "d"].map((part, bit) => ((pattern >> bit) & 1 ? "" : part)).join(".");
      await attacker.send([32, pattern + 1, { match: "wildcard" }, topic]);
      await attacker.expect([33, pattern + 1, ID]);
    }
    stall(attacker);
    const before = workerdMemory();
    const memory = watchMemory();
    const event = JSON.stringify([16, 100, { exclude_me: false }, "a.b.c.d", ["x".repeat(900_000)]]);
    for (let sent = 0; sent < 60; sent++) attacker.socket.send(event);
    // The router has read all frames, or has ended the session.
    await expect.poll(() => attacker.socket.bufferedAmount, { timeout: 15_000 }).toBe(0);
    expect(memory.stop() - before).toBeLessThan(MOST_ADDED);
    expect(await calls.stop()).toBeGreaterThan(0);
  });

  it("stays within the budget in a group of 200, while a client that reads receives every event", async () => {
    const realm = freshRealm();
    const calls = await startCalls(realm);
    const reader = await joined(realm);
    const stalled = await Promise.all(Array.from({ length: 200 }, () => joined(realm)));
    for (const client of [reader, ...stalled]) {
      await client.send([32, 1, {}, "news"]);
      await client.expect([33, 1, ID]);
    }
    stalled.forEach(stall);
    const publisher = await joined(realm);
    const before = workerdMemory();
    const memory = watchMemory();
    const text = "x".repeat(200_000);
    for (let event = 1; event <= 70; event++) {
      await publisher.send([16, event, {}, "news", [event, text]]);
      await reader.expect([36, ID, ID, {}, [event, text]]);
      await proveReading(reader, 2 * event);
    }
    expect(memory.stop() - before).toBeLessThan(MOST_ADDED);
    expect(await calls.stop()).toBeGreaterThan(0);
  });
});

describe("a session with as many subscriptions as allowed", () => {
  it("stays within the size of a session record", { timeout: 30_000 }, async () => {
    const realm = freshRealm();
    const calls = await startCalls(realm);
    const attacker = await joined(realm);
    const before = workerdMemory();
    const memory = watchMemory();
    const answers: unknown[] = [];
    for (let request = 1; request <= 2_500; request++) {
      const topic = `t${request}.`.padEnd(1_990, "x");
      attacker.socket.send(JSON.stringify([32, request, { match: "prefix" }, topic]));
      // Other sessions get a turn.
      if (request % 250 === 0) for (let i = 0; i < 250; i++) answers.push((await attacker.next())[0]);
    }
    expect(answers.filter((type) => type === 33).length).toBe(510);
    expect(memory.stop() - before).toBeLessThan(MOST_ADDED);
    expect(await calls.stop()).toBeGreaterThan(0);
  });
});

describe("sockets without HELLO", () => {
  it("add no more than their sockets, in one realm and in many", { timeout: 30_000 }, async () => {
    const calls = await startCalls(freshRealm());
    const before = workerdMemory();
    const memory = watchMemory();
    const realm = freshRealm();
    for (let index = 0; index < 200; index++) {
      for (const name of [realm, freshRealm()]) {
        const client = await RawClient.connect(router.realmUrl(name), "wamp.2.json");
        onTestFinished(() => client.socket.terminate());
      }
    }
    expect(memory.stop() - before).toBeLessThan(MOST_ADDED);
    expect(await calls.stop()).toBeGreaterThan(0);
  });
});

/** Unsubscribes with an id that the client has read from the socket, which proves that all earlier events were read. */
async function proveReading(client: RawClient, request: number): Promise<void> {
  await client.send([32, request, {}, "other"]);
  const [, , subscription] = await client.expect([33, request, ID]);
  await client.send([34, request + 1, subscription as number]);
  await client.expect([35, request + 1]);
}
