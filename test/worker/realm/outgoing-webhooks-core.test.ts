/** Outgoing webhooks in the realm: how events are batched and handed over, and what happens if that fails. */

import * as v from "valibot";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { webhooksOutSchema } from "../../../src/worker/config/webhook-config.ts";
import { OutgoingWebhooks } from "../../../src/worker/realm/outgoing-webhooks.ts";
import type { WebhookBatch } from "../../../src/worker/webhooks/webhook-batch.ts";
import { type Client, TestRealm } from "../../wamp/host/test-realm.ts";

const HOOKS = v.parse(webhooksOutSchema, [
  {
    name: "shop",
    uri: "shop.",
    match: "prefix",
    url: "https://shop.example/",
    secret: "s",
    role: "anonymous",
  },
]);

let batches: WebhookBatch[];
let testRealm: TestRealm;
let webhooks: OutgoingWebhooks;
let client: Client;
/** Whether handing over fails. */
let isFailing: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  batches = [];
  isFailing = false;
  testRealm = new TestRealm();
  webhooks = new OutgoingWebhooks("realm1", HOOKS, testRealm, async (batch) => {
    batches.push(batch);
    if (isFailing) throw new Error("the queue fails");
  });
  testRealm.joinLocalSessions = (realm) => webhooks.join(realm);
  testRealm.restart();
  client = testRealm.join("ann");
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const publish = (...args: unknown[]) => client.send([16, 1, {}, "shop.ordered", args]);
const argsOf = ({ events }: WebhookBatch) => events.map(({ body }) => JSON.parse(body).args[0]);

/** Flushes the realm. */
async function flush(): Promise<void> {
  webhooks.flush();
  await vi.advanceTimersByTimeAsync(0);
}

it("events are handed over together, and each batch names the event before it", async () => {
  publish(1);
  publish(2);
  await flush();
  publish(3);
  await flush();
  await flush();
  expect(batches.map(argsOf)).toEqual([[1, 2], [3]]);
  const [first, second] = batches as [WebhookBatch, WebhookBatch];
  expect([first.after, second.after]).toEqual([undefined, first.events[1]!.publication]);
  const sequences = batches.flatMap(({ events }) => events.map(({ sequence }) => sequence));
  expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
});

it("a batch names no event that the delivery queue may have forgotten", async () => {
  publish(1);
  await flush();
  testRealm.time += 3_600_000;
  publish(2);
  await flush();
  expect(batches.map(({ after }) => after)).toEqual([undefined, undefined]);
});

it("a batch that is not taken is kept in order, and handed over again after one second, two, four", async () => {
  isFailing = true;
  publish(1);
  await flush();
  publish(2);
  await flush();
  expect(batches.map(argsOf)).toEqual([[1]]);
  await vi.advanceTimersByTimeAsync(999);
  expect(batches).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(batches.slice(1).map(argsOf)).toEqual([[1, 2]]);
  await vi.advanceTimersByTimeAsync(1_999);
  expect(batches).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  isFailing = false;
  await vi.advanceTimersByTimeAsync(4_000);
  expect(batches.slice(3).map(argsOf)).toEqual([[1, 2]]);
  expect(testRealm.logged.map(({ event }) => event)).toEqual(["webhook.stalled", "webhook.stalled", "webhook.stalled"]);
  expect(vi.getTimerCount()).toBe(0);
});

it("a batch is split at the limit of a queue, and an event is never split", async () => {
  for (const [index, size] of [40_000, 15_000, 10_000, 100_000, 1].entries()) publish(`${index}`.padEnd(size));
  await flush();
  expect(batches.map((batch) => argsOf(batch).map(Number))).toEqual([[0, 1], [2], [3], [4]]);
});

it("events that would take too much memory while batches are not taken are lost, with a line in the log", async () => {
  for (let n = 0; n < 5; n++) publish("x".repeat(900_000));
  const cause = "too many wait to be handed over";
  const publication = expect.any(Number);
  expect(testRealm.logged).toEqual([{ level: "error", event: "webhook.lost", cause, webhook: "shop", publication }]);
  await flush();
  expect(batches).toHaveLength(4);
});

it("an acknowledged event is stored from before PUBLISHED until it is handed over, others are not", async () => {
  publish(1);
  expect(testRealm.store.outgoing.texts("shop")).toEqual([]);
  client.send([16, 2, { acknowledge: true }, "shop.ordered", [2]]);
  expect(testRealm.take()).toMatchObject([["ann", [17, 2, expect.any(Number)]]]);
  expect(webhooks.waits).toBe(true);
  // The object ends without notice, before anything was handed over.
  webhooks = new OutgoingWebhooks("realm1", HOOKS, testRealm, async (batch) => void batches.push(batch));
  testRealm.restart();
  await flush();
  expect(batches.map(argsOf)).toEqual([[1, 2]]);
  expect([webhooks.waits, testRealm.store.outgoing.texts("shop")]).toEqual([false, []]);
});

it("stored events of a webhook that is no longer configured are dropped, with a line in the log", () => {
  client.send([16, 1, { acknowledge: true }, "shop.ordered", [1]]);
  new OutgoingWebhooks("realm1", [], testRealm, async () => {});
  expect(testRealm.store.outgoing.receivers()).toEqual([]);
  expect(testRealm.logged).toMatchObject([{ event: "webhook.dropped", webhook: "shop" }]);
});

it("an event that could not be stored is not handed over, and its publisher gets ERROR", async () => {
  testRealm.store.failsNext = true;
  client.send([16, 1, { acknowledge: true }, "shop.ordered", [1]]);
  expect(testRealm.take()).toMatchObject([["ann", [8, 16, 1, {}, "wamp.edge.error.storage_full", expect.anything()]]]);
  await flush();
  expect(batches).toEqual([]);
});

it("an acknowledged event is refused, not lost, if too many wait to be handed over", async () => {
  for (let n = 0; n < 4; n++) publish("x".repeat(900_000));
  client.send([16, 1, { acknowledge: true }, "shop.ordered", [1]], [16, 2, { acknowledge: true }, "other", [1]]);
  expect(testRealm.take()).toMatchObject([
    ["ann", [8, 16, 1, {}, "wamp.edge.error.storage_full", expect.anything()]],
    ["ann", [17, 2, expect.any(Number)]],
  ]);
  await flush();
  expect(batches).toHaveLength(4);
});
