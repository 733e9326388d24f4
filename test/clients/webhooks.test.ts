/** Outgoing webhooks over real HTTP, without a queue, and dead letters for other Workers. */

import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestHarness } from "wrangler";
import type { WampService } from "../../src/public/service.ts";
import { anonymousRealm } from "./harness.ts";
import { RawClient } from "./raw-client.ts";
import { type Receiver, signatures, startReceiver } from "./webhook-receiver.ts";

const root = join(import.meta.dirname, "../..");
const SECRET = "a secret of the shop's";

let server: ReturnType<typeof createTestHarness>;
let receiver: Receiver;
let url: URL;
let realms = 0;

beforeAll(async () => {
  receiver = await startReceiver();
  const webhook = { match: "prefix", role: "anonymous", secret: SECRET, retries: 2, timeout: 500 };
  const hook = (name: string, more: object = {}) => ({
    ...webhook,
    name,
    uri: `${name}.`,
    url: `${receiver.url}/${name}`,
    ...more,
  });
  const realm = anonymousRealm("test-*", { webhooks_out: [hook("shop"), hook("once", { retries: 0 })] });
  const config = { version: 1, realms: [realm], http: { service: { role: "anonymous" } } };
  const other = { configPath: "examples/service-binding/wrangler.toml" };
  const vars = { WAMP_CONFIG: JSON.stringify(config) };
  server = createTestHarness({ root, workers: [{ configPath: "wrangler.toml", vars }, other] });
  ({ url } = await server.listen());
});
afterAll(async () => {
  await server.close();
  receiver.close();
});

/** Joins an unused realm, and resets the receiver. */
async function publisher(): Promise<{ realm: string; client: RawClient }> {
  receiver.received.length = 0;
  receiver.answer = () => 204;
  realms += 1;
  const realm = `test-${realms}`;
  const client = await RawClient.connect(`ws://${url.host}/ws/${realm}`, "wamp.2.json");
  await client.join(realm);
  return { realm, client };
}

const service = async () => (await server.getWorker<{ WAMP: WampService }>("shop").getEnv()).WAMP;
const evict = (realm: string) => server.getWorker("wamp-edge").evictDurableObject("RealmObject", { name: realm });

it("an event arrives as a signed request", async () => {
  const { realm, client } = await publisher();
  await client.send([16, 1, { acknowledge: true }, "shop.ordered", ["tea"], { cups: 2 }]);
  const [, , publication] = await client.next();
  const [request] = await receiver.arrived(1);
  const [ofBody, ofAll] = signatures(SECRET, request!);
  expect(request!.headers).toMatchObject({
    "content-type": "application/json",
    "webhook-id": String(publication),
    "x-hub-signature-256": ofBody,
    "webhook-signature": ofAll,
  });
  const event = { realm, topic: "shop.ordered", publication, args: ["tea"], kwargs: { cups: 2 } };
  expect(request!.body).toEqual({ ...event, details: { topic: "shop.ordered" } });
});

it("order is kept per topic while the receiver fails and the realm sleeps; other topics go on", async () => {
  const { realm, client } = await publisher();
  let failures = 0;
  receiver.answer = ({ body }) => (body.topic === "shop.slow" && failures++ === 0 ? 503 : 204);
  for (const n of [1, 2, 3]) await client.send([16, n, {}, "shop.slow", [n]], [16, 10 + n, {}, "shop.fast", [n]]);
  await receiver.arrived(4);
  await evict(realm);
  const requests = await receiver.arrived(7);
  const argsOn = (topic: string) => requests.filter(({ body }) => body.topic === topic).map(({ body }) => body.args[0]);
  expect([argsOn("shop.slow"), argsOn("shop.fast")]).toEqual([
    [1, 1, 2, 3],
    [1, 2, 3],
  ]);
  expect(requests.findLastIndex(({ body }) => body.topic === "shop.fast")).toBeLessThan(5);
});

it.each([
  ["a status of 404", () => 404, "HTTP status 404"],
  [
    "no answer in time",
    () => new Promise<number>((resolve) => setTimeout(resolve, 2_000, 204)),
    "no answer within 500 ms",
  ],
])("%s is a failed delivery: the event becomes a dead letter, and can be redelivered", async (_, answer, reason) => {
  const { realm, client } = await publisher();
  receiver.answer = answer;
  await client.send([16, 1, {}, "once.ordered", ["tea"]]);
  const [first] = await receiver.arrived(1);
  const wamp = await service();
  await expect.poll(() => wamp.deadLetters(realm, "once"), { timeout: 5_000 }).toHaveLength(1);
  const letters = await wamp.deadLetters(realm, "once");
  const { publication } = first!.body;
  expect(letters).toEqual([
    { id: 1, publication, topic: "once.ordered", body: first!.text, tries: 1, reason, at: expect.any(Number) },
  ]);
  receiver.answer = () => 204;
  expect(await wamp.redeliver(realm, "once", [1])).toBe(1);
  const requests = await receiver.arrived(2);
  expect(requests.map(({ path, headers }) => [path, headers["webhook-id"]])).toEqual([
    ["/once", String(publication)],
    ["/once", String(publication)],
  ]);
  expect(await wamp.deadLetters(realm, "once")).toEqual([]);
});

it.each([
  ["test-1", "nowhere", "wamp.error.invalid_argument"],
  ["nowhere", "shop", "wamp.error.no_such_realm"],
])("other Workers get an error in realm %s for webhook %s", async (realm, webhook, uri) => {
  const wamp = await service();
  await expect(async () => await wamp.deadLetters(realm, webhook)).rejects.toMatchObject({ uri });
  await expect(async () => await wamp.redeliver(realm, webhook)).rejects.toMatchObject({ uri });
});
