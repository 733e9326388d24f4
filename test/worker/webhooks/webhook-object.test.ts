/** The object of a webhook: order of delivery, retries, dead letters. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { WebhookEvent } from "../../../src/worker/webhooks/webhook-batch.ts";

/** Received requests: topic, number, time. */
let had: [topic: string, number: number][];
/** How the receiver answers. */
let answer: (topic: string, number: number) => Response | Promise<Response>;
let time: number;
let realms = 0;
let publications = 0;

beforeEach(() => {
  had = [];
  answer = () => new Response();
  // The platform's alarms use the real clock, so the tests' clock starts at the real time and stands still.
  time = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => time);
  vi.spyOn(Math, "random").mockReturnValue(0);
  vi.spyOn(console, "error").mockImplementation(() => {});
  vi.spyOn(globalThis, "fetch").mockImplementation(async (_, init) => {
    const { topic, number, test } = JSON.parse(String(init?.body));
    // Alarms of earlier tests may still run.
    if (test !== realms) return new Response();
    had.push([topic, number]);
    return answer(topic, number);
  });
});
afterEach(() => vi.restoreAllMocks());

/** An event whose number is also its sequence. */
function event(topic: string, number: number): WebhookEvent {
  return {
    publication: ++publications,
    topic,
    sequence: number,
    body: JSON.stringify({ topic, number, test: realms }),
  };
}

function newWebhook(webhook = "orders") {
  realms += 1;
  const realm = `hooked-object-${realms}`;
  const stub = env.WEBHOOK.getByName(JSON.stringify([realm, webhook]));
  return {
    stub,
    accept: (events: readonly WebhookEvent[], after?: number) =>
      stub.accept({ kind: "webhook", realm, webhook, after, events }),
    /** The alarm: milliseconds from now. */
    wait: () =>
      runInDurableObject(stub, async (_, { storage }) => {
        const alarm = await storage.getAlarm();
        return alarm === null ? undefined : alarm - time;
      }),
    /** Runs the alarm, which sends due events. */
    run: () => runDurableObjectAlarm(stub),
    dead: () => stub.deadLetters(0, 100),
  };
}

/** Waits until the alarm set by `accept` has run. */
async function settled(count: number): Promise<void> {
  await vi.waitFor(() => expect(had).toHaveLength(count));
}

it("events of a topic are delivered in order, independently of other topics", async () => {
  const { accept, wait, dead } = newWebhook();
  await accept([event("a", 1), event("b", 2), event("a", 3), event("b", 4), event("a", 5)]);
  await settled(5);
  expect(had.filter(([topic]) => topic === "a")).toEqual([
    ["a", 1],
    ["a", 3],
    ["a", 5],
  ]);
  expect(had.filter(([topic]) => topic === "b")).toEqual([
    ["b", 2],
    ["b", 4],
  ]);
  expect([await wait(), await dead()]).toEqual([undefined, []]);
});

it("after a failure the next attempt waits 5 s, then twice as long each time; other topics continue", async () => {
  const { accept, wait, run, dead } = newWebhook();
  answer = (topic) => new Response(null, { status: topic === "a" ? 503 : 200 });
  await accept([event("a", 1), event("a", 2), event("b", 3)]);
  await settled(2);
  for (const expected of [5_000, 10_000, 20_000]) {
    await vi.waitFor(async () => expect(await wait()).toBe(expected));
    time += expected - 1;
    await run();
    expect(await wait()).toBe(1);
    time += 1;
    if (expected < 20_000) await run();
  }
  expect(had).toEqual([
    ["a", 1],
    ["b", 3],
    ["a", 1],
    ["a", 1],
  ]);
  answer = () => new Response();
  await run();
  expect(had.slice(4)).toEqual([
    ["a", 1],
    ["a", 2],
  ]);
  expect([await wait(), await dead()]).toEqual([undefined, []]);
});

it("jitter shortens a wait by up to half", async () => {
  const { accept, wait } = newWebhook();
  vi.mocked(Math.random).mockReturnValue(0.5);
  answer = () => new Response(null, { status: 500 });
  await accept([event("a", 1)]);
  await vi.waitFor(async () => expect(await wait()).toBe(3_750));
});

it.each([
  ["429 without a wish", new Response(null, { status: 429 }), 5_000],
  ["408", new Response(null, { status: 408 }), 5_000],
  ["429 with seconds", new Response(null, { status: 429, headers: { "Retry-After": "120" } }), 120_000],
  ["a wish shorter than its turn", new Response(null, { status: 503, headers: { "Retry-After": "1" } }), 5_000],
  ["a wish without end", new Response(null, { status: 503, headers: { "Retry-After": "9999999" } }), 86_400_000],
  ["nonsense", new Response(null, { status: 503, headers: { "Retry-After": "soon" } }), 5_000],
])("waits after %s", async (_, response, expected) => {
  const { accept, wait } = newWebhook();
  answer = () => response;
  await accept([event("a", 1)]);
  await vi.waitFor(async () => expect(await wait()).toBe(expected));
});

it("waits until the date of a Retry-After", async () => {
  const { accept, wait } = newWebhook();
  time = Math.ceil(time / 1000) * 1000;
  const date = new Date(time + 60_000).toUTCString();
  answer = () => new Response(null, { status: 503, headers: { "Retry-After": date } });
  await accept([event("a", 1)]);
  await vi.waitFor(async () => expect(await wait()).toBe(60_000), { timeout: 5_000 });
});

it("waits after a timeout", async () => {
  const { accept, wait } = newWebhook();
  answer = () => Promise.reject(new Error("unreachable"));
  await accept([event("a", 1)]);
  await vi.waitFor(async () => expect(await wait()).toBe(5_000));
});

const NOT_FOLLOWED = ": redirects are not followed; configure the address that it leads to";

it.each([[400], [401], [404], [410], [301, NOT_FOLLOWED], [307, NOT_FOLLOWED]])(
  "%i is final: the event is a dead letter, and the next one has its turn",
  async (status, why = "") => {
    const { accept, wait, dead } = newWebhook();
    answer = (_, number) => new Response(null, { status: number === 1 ? status : 204 });
    const events = [event("a", 1), event("a", 2)];
    await accept(events);
    await settled(2);
    const { publication, topic, body } = events[0]!;
    const letter = { id: 1, publication, topic, body, tries: 1, reason: `HTTP status ${status}${why}`, at: time };
    expect([await dead(), await wait()]).toEqual([[letter], undefined]);
  },
);

it("an event is given up after its last try, the next one gets as many, and both can be redelivered in order", async () => {
  const { stub, accept, wait, run, dead } = newWebhook();
  answer = () => new Response(null, { status: 500 });
  await accept([event("a", 1), event("a", 2)]);
  await settled(1);
  for (let tries = 0; tries < 6; tries++) {
    await vi.waitFor(async () => expect(await wait()).toBeGreaterThan(0));
    time += 20_000;
    await run();
  }
  expect(had.map(([, number]) => number)).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
  const letters = await dead();
  expect(letters.map(({ id, tries, reason }) => [id, tries, reason])).toEqual([
    [1, 4, "HTTP status 500"],
    [2, 4, "HTTP status 500"],
  ]);
  expect(await stub.deadLetters(1, 100)).toEqual(letters.slice(1));
  answer = () => new Response();
  expect(await stub.redeliver([7])).toBe(0);
  expect(await stub.redeliver()).toBe(2);
  await run();
  expect(had.slice(8)).toEqual([
    ["a", 1],
    ["a", 2],
  ]);
  expect(await dead()).toEqual([]);
});

it("a batch that is sent again, while its events are pending, delivered or dead, has no effect", async () => {
  const { accept, run, dead } = newWebhook("once");
  const events = [event("a", 1), event("b", 2)];
  answer = (topic) => new Response(null, { status: topic === "a" ? 500 : 200 });
  await accept(events);
  await accept(events);
  await settled(2);
  await vi.waitFor(async () => expect(await dead()).toHaveLength(1));
  await accept(events);
  await run();
  expect(had).toHaveLength(2);
  expect(await dead()).toHaveLength(1);
});

it("events wait for an earlier batch, but not forever", async () => {
  const { accept, wait, run } = newWebhook();
  const [first, second, third, fourth] = [event("a", 1), event("a", 2), event("a", 3), event("a", 4)];
  await accept([first]);
  await settled(1);
  await accept([third], second.publication);
  await vi.waitFor(async () => expect(await wait()).toBe(60_000));
  await accept([second], first.publication);
  await settled(3);
  expect(had.map(([, number]) => number)).toEqual([1, 2, 3]);
  await accept([fourth], 123_456);
  await vi.waitFor(async () => expect(await wait()).toBe(60_000));
  time += 60_000;
  await run();
  expect(had).toHaveLength(4);
});

it("pending events survive the object's sleep", async () => {
  const { stub, accept, wait, run } = newWebhook();
  answer = () => new Response(null, { status: 500 });
  await accept([event("a", 1)]);
  await vi.waitFor(async () => expect(await wait()).toBe(5_000));
  await evictDurableObject(stub);
  answer = () => new Response();
  time += 5_000;
  await run();
  expect(had).toHaveLength(2);
});

it("a slow topic delays no other topic, not even a later one", async () => {
  const { accept } = newWebhook();
  let isAnswered = false;
  answer = async (topic) => {
    if (topic === "slow") await scheduler.wait(300);
    isAnswered ||= topic === "slow";
    return new Response();
  };
  await accept([event("slow", 1)]);
  await settled(1);
  await accept([event("fast", 2)]);
  await settled(2);
  expect(isAnswered).toBe(false);
  await vi.waitFor(() => expect(isAnswered).toBe(true));
});

it("every event of a webhook that is not configured is a dead letter", async () => {
  const { accept, dead } = newWebhook("removed");
  await accept([event("a", 1)]);
  await vi.waitFor(async () => expect(await dead()).toHaveLength(1));
  expect(had).toEqual([]);
});
