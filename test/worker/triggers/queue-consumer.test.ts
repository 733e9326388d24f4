/** Queues: events of a batch, and the acknowledgment of each message. */

import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { RealmRpc } from "../../../src/worker/routing/realm-rpc.ts";
import { publishMessages } from "../../../src/worker/triggers/queue-consumer.ts";
import { queue } from "../../../src/worker/triggers/triggers.ts";
import { join } from "../socket.ts";

const REALM = "bridged-triggered";

/** A batch as the platform passes it to the Worker, with the message ids `m0`, `m1` … */
function batchOf(name: string, bodies: readonly unknown[]): MessageBatch {
  const messages = bodies.map((body, index) => ({ id: `m${index}`, timestamp: new Date(), attempts: 1, body }));
  return createMessageBatch(name, messages);
}

/** Consumes a batch; resolves to its acknowledgments and retries. */
async function consume(name: string, ...bodies: unknown[]) {
  const batch = batchOf(name, bodies);
  await queue(batch, env);
  return getQueueResult(batch, createExecutionContext());
}

async function subscriberOf(topic: string) {
  const subscriber = await join(REALM);
  subscriber.send([32, 1, {}, topic]);
  await subscriber.next();
  return subscriber;
}

it("publishes each message in the order of the batch, and acknowledges each one", async () => {
  const subscriber = await subscriberOf("com.orders");
  const bodies = [{ args: [1], kwargs: { a: 2 } }, { args: [3] }, { kwargs: { b: 4 } }, { order: 5 }, [6], null];
  const { explicitAcks, retryMessages } = await consume("orders", ...bodies);
  expect([explicitAcks, retryMessages]).toEqual([["m0", "m1", "m2", "m3", "m4", "m5"], []]);
  const payloads: unknown[] = [];
  while (payloads.length < bodies.length) payloads.push((await subscriber.next()).slice(4));
  expect(payloads).toEqual([[[1], { a: 2 }], [[3]], [[], { b: 4 }], [[{ order: 5 }]], [[[6]]], [[null]]]);
});

it("a value other than an object of args and kwargs becomes an argument", async () => {
  const subscriber = await subscriberOf("com.orders");
  const bodies = [{}, { args: "no list" }, { args: [1], other: 2 }, { kwargs: [] }];
  await consume("orders", ...bodies);
  for (const body of bodies) expect((await subscriber.next())[4]).toEqual([body]);
});

it("bytes become a binary argument", async () => {
  const subscriber = await subscriberOf("com.orders");
  await consume("orders", new Uint8Array([1, 2]).buffer);
  expect((await subscriber.next())[4]).toEqual(["\0AQI="]);
});

it("a refused message is retried, until the queue makes it a dead letter", async () => {
  const { explicitAcks, retryMessages } = await consume("forbidden", 1, 2);
  expect([explicitAcks, retryMessages]).toEqual([[], [{ msgId: "m0" }, { msgId: "m1" }]]);
});

it("the whole batch is retried if the realm cannot be reached", async () => {
  const batch = batchOf("orders", [1, 2]);
  // No realm of the configuration has this name, so its object does not even begin.
  const nowhere = env.REALM.getByName("") as unknown as RealmRpc;
  await publishMessages(batch, { queue: "orders", realm: "", role: "web", topic: "com.orders" }, nowhere);
  const { explicitAcks, retryMessages } = await getQueueResult(batch, createExecutionContext());
  expect([explicitAcks, retryMessages]).toEqual([[], [{ msgId: "m0" }, { msgId: "m1" }]]);
});

it("a batch of a queue that is not configured is retried", async () => {
  await expect(consume("unknown", 1)).rejects.toThrow("no queue unknown in the configuration");
});

it("a webhook batch goes to its object, and is retried if its realm does not exist", async () => {
  const batch = { kind: "webhook", webhook: "removed", after: undefined, events: [] };
  const { explicitAcks, retryMessages } = await consume(
    "any",
    { ...batch, realm: "hooked-1" },
    { ...batch, realm: "" },
  );
  expect([explicitAcks, retryMessages]).toEqual([["m0"], [{ msgId: "m1" }]]);
});
