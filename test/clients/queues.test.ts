/**
 * Cron triggers and queues, with the settings in the comments of wrangler.toml: from the platform to a client's socket.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestHarness } from "wrangler";
import { anonymousRealm } from "./harness.ts";
import { RawClient } from "./raw-client.ts";
import { type Receiver, signatures, startReceiver } from "./webhook-receiver.ts";

const root = join(import.meta.dirname, "../..");
const SECRET = "a secret of the shop's";
const REALM = "realm1";
const PLACE = { realm: REALM, role: "anonymous" };

/** Returns wrangler.toml with its cron and queues; batches are delivered at once, with few retries. */
function settings(): string {
  const text = readFileSync(join(root, "wrangler.toml"), "utf8");
  const example = /# The crons of.+?\n(?!#)/s.exec(text)![0].replace(/^# ?(?=\[|\w+ =|$)/gm, "");
  const more = ["orders-dead", "wamp-webhooks-dead"].map((name) => `\n[[queues.consumers]]\nqueue = "${name}"\n`);
  const forbidden = '\n[[queues.consumers]]\nqueue = "forbidden"\nmax_retries = 1\ndead_letter_queue = "orders-dead"\n';
  const immediate = (example + more.join("") + forbidden)
    .replace("max_batch_timeout = 1\n", "")
    .replaceAll("[[queues.consumers]]", "$&\nmax_batch_timeout = 0");
  const main = JSON.stringify(join(root, "src/index.ts"));
  return text.replace(/^main = .*$/m, `main = ${main}`) + immediate;
}

/** A Worker that sends messages to the queues. */
const SHOP = {
  name: "shop",
  main: "shop.js",
  compatibility_date: "2026-10-01",
  queues: { producers: ["orders", "forbidden"].map((queue) => ({ binding: queue.toUpperCase(), queue })) },
};

let directory: string;
let server: ReturnType<typeof createTestHarness>;
let receiver: Receiver;
let client: RawClient;

beforeAll(async () => {
  receiver = await startReceiver();
  directory = mkdtempSync(join(tmpdir(), "queues-"));
  writeFileSync(join(directory, "wrangler.toml"), settings());
  writeFileSync(join(directory, "shop.js"), "export default { fetch: () => new Response() };");
  writeFileSync(join(directory, "shop.json"), JSON.stringify(SHOP));
  const hook = { match: "prefix", role: "anonymous", secret: SECRET, url: receiver.url };
  const webhooks_out = [
    { ...hook, name: "shop", uri: "shop." },
    { ...hook, name: "once", uri: "once.", retries: 0 },
  ];
  const allow = { subscribe: true, publish: true };
  const rules = [
    { uri: "", match: "prefix", allow },
    { uri: "com.forbidden", allow: {} },
  ];
  const vars = {
    WAMP_CONFIG: JSON.stringify({
      version: 1,
      realms: [anonymousRealm(REALM, { webhooks_out }, rules)],
      schedules: [
        { ...PLACE, cron: "*/5 * * * *", publish: "com.example.tick", args: ["tock"] },
        { ...PLACE, cron: "0 0 * * *", publish: "com.forbidden" },
      ],
      queues: [
        { ...PLACE, queue: "orders", topic: "com.example.order" },
        { ...PLACE, queue: "forbidden", topic: "com.forbidden" },
        { ...PLACE, queue: "orders-dead", topic: "com.example.dead" },
        { ...PLACE, queue: "wamp-webhooks-dead", topic: "com.example.undelivered" },
      ],
    }),
  };
  const workers = [{ configPath: "wrangler.toml", vars }, { configPath: "shop.json" }];
  server = createTestHarness({ root: directory, workers });
  const { url } = await server.listen();
  client = await RawClient.connect(`ws://${url.host}/ws/${REALM}`, "wamp.2.json");
  await client.join(REALM);
  await client.send([32, 1, { match: "prefix" }, "com.example."]);
  await client.next();
});
afterAll(async () => {
  await server.close();
  receiver.close();
  rmSync(directory, { recursive: true });
});

it("a cron trigger publishes", async () => {
  const result = await server.getWorker("wamp-edge").scheduled({ cron: "*/5 * * * *" });
  expect(result.outcome).toBe("ok");
  expect((await client.next()).slice(3)).toEqual([{ topic: "com.example.tick" }, ["tock"]]);
});

it("a cron trigger whose request is refused fails for the platform", async () => {
  const result = await server.getWorker("wamp-edge").scheduled({ cron: "0 0 * * *" });
  expect(result.outcome).toBe("exception");
});

it("a queue message of another Worker becomes an event", async () => {
  const { ORDERS } = await server.getWorker<{ ORDERS: Queue }>("shop").getEnv();
  await ORDERS.send({ args: ["tea"], kwargs: { cups: 2 } });
  expect((await client.next()).slice(3)).toEqual([{ topic: "com.example.order" }, ["tea"], { cups: 2 }]);
});

it("a message whose event is refused becomes a dead letter of the queue", async () => {
  const { FORBIDDEN } = await server.getWorker<{ FORBIDDEN: Queue }>("shop").getEnv();
  await FORBIDDEN.send("tea");
  expect((await client.next()).slice(3)).toEqual([{ topic: "com.example.dead" }, ["tea"]]);
});

it("events reach webhooks through the queue, in order", async () => {
  for (let n = 1; n <= 20; n++) await client.send([16, 100 + n, {}, "shop.ordered", [n]]);
  const requests = await receiver.arrived(20);
  expect(requests.map(({ body }) => body.args)).toEqual(Array.from({ length: 20 }, (_, index) => [index + 1]));
  const [ofBody, ofAll] = signatures(SECRET, requests[0]!);
  expect(requests[0]!.headers).toMatchObject({ "x-hub-signature-256": ofBody, "webhook-signature": ofAll });
});

it("an event too large for the queue is delivered in order", async () => {
  receiver.received.length = 0;
  const large = "x".repeat(200_000);
  for (const arg of [1, large, 3]) await client.send([16, 200, {}, "shop.mixed", [arg]]);
  const requests = await receiver.arrived(3);
  expect(requests.map(({ body }) => body.args)).toEqual([[1], [large], [3]]);
});

it("an event that a webhook does not accept reaches the dead letter queue", async () => {
  receiver.received.length = 0;
  receiver.answer = () => 410;
  await client.send([16, 300, {}, "once.ordered", ["tea"]]);
  const [request] = await receiver.arrived(1);
  const [, , , details, args] = await client.next();
  expect(details).toEqual({ topic: "com.example.undelivered" });
  const { publication } = request!.body;
  const letter = {
    id: 1,
    publication,
    topic: "once.ordered",
    tries: 1,
    reason: "HTTP status 410",
    at: expect.any(Number),
  };
  expect(args).toEqual([{ realm: REALM, webhook: "once", ...letter, body: request!.text }]);
});
