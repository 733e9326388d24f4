/** Outgoing webhooks: which events they deliver, what the requests contain, and that the realm sleeps meanwhile. */

import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { hmac } from "../../../src/wamp/crypto/digest.ts";
import { toBase64, toHex, utf8 } from "../../../src/wamp/crypto/encoding.ts";
import { join } from "../socket.ts";

interface Received {
  readonly url: string;
  readonly init: RequestInit;
  readonly headers: Headers;
  readonly text: string;
  readonly body: { readonly [key: string]: unknown };
}

let received: Received[];
let status: number;
let realms = 0;

beforeEach(() => {
  received = [];
  status = 200;
  vi.spyOn(console, "error").mockImplementation(() => {});
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init = {}) => {
    const text = String(init.body);
    const body = JSON.parse(text) as Received["body"];
    if (body.realm === realmNow())
      received.push({ url: String(url), init, headers: new Headers(init.headers), text, body });
    return new Response(null, { status });
  });
});
afterEach(() => vi.restoreAllMocks());

const realmNow = () => `hooked-${realms}`;

function freshRealm(): string {
  realms += 1;
  return realmNow();
}

async function arrived(count: number): Promise<void> {
  await vi.waitFor(() => expect(received).toHaveLength(count), { timeout: 3_000 });
}

it("an event on a matching topic becomes a request, without acknowledgment, too", async () => {
  const realm = freshRealm();
  const publisher = await join(realm);
  publisher.send([16, 1, {}, "com.other", ["unmatched"]]);
  publisher.send([16, 2, { acknowledge: true }, "com.order.new", ["tea", "\0AQI="], { cups: 2 }]);
  const [, , publication] = await publisher.next();
  await arrived(1);
  const [{ url, init, body, text }] = received as [Received];
  expect([url, init.method, init.redirect]).toEqual(["https://shop.example/hook", "POST", "manual"]);
  const event = { realm, topic: "com.order.new", publication, args: ["tea", "\0AQI="], kwargs: { cups: 2 } };
  expect(body).toEqual({ ...event, details: { topic: "com.order.new" } });
  expect(text).toContain('"\\u0000AQI="');
});

it("the request is signed: its body by the first secret, and its body with id and time by each secret", async () => {
  const publisher = await join(freshRealm());
  publisher.send([16, 1, {}, "com.order.new", ["tea"]]);
  await arrived(1);
  const [{ headers, text, body }] = received as [Received];
  const id = String(body.publication);
  const timestamp = headers.get("Webhook-Timestamp")!;
  const sign = (content: string, secret = "s3cret") => hmac(utf8(secret), utf8(content));
  const signature = async (secret: string) => `v1,${toBase64(await sign(`${id}.${timestamp}.${text}`, secret))}`;
  expect(Object.fromEntries(headers)).toEqual({
    "content-type": "application/json",
    "user-agent": "wamp-edge",
    "x-shop": "tea",
    "x-hub-signature-256": `sha256=${toHex(await sign(text))}`,
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `${await signature("s3cret")} ${await signature("an older one")}`,
  });
  expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(5);
});

it("an exact topic matches, too, and a publisher's eligible and exclude lists apply to the webhook's role", async () => {
  const publisher = await join(freshRealm());
  publisher.send([16, 1, { exclude_authrole: ["anonymous"] }, "com.once", [1]]);
  publisher.send([16, 2, { eligible_authrole: ["anonymous"] }, "com.once", [2]]);
  publisher.send([16, 3, { eligible_authrole: ["other"] }, "com.once", [3]]);
  publisher.send([16, 4, {}, "com.once", [4]]);
  await arrived(2);
  expect(received.map(({ body }) => [body.topic, body.args])).toEqual([
    ["com.once", [2]],
    ["com.once", [4]],
  ]);
});

it("events are delivered in order", async () => {
  const realm = freshRealm();
  const publisher = await join(realm);
  for (let n = 1; n <= 50; n++) publisher.send([16, n, {}, "com.order.many", [n]]);
  await arrived(50);
  expect(received.map(({ body }) => (body.args as number[])[0])).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
});

it("the realm sleeps while deliveries are pending, stores nothing for them, and continues after its sleep", async () => {
  const realm = freshRealm();
  const publisher = await join(realm);
  status = 503;
  for (const n of [1, 2, 3]) publisher.send([16, n, {}, "com.order.new", [n]]);
  await arrived(1);
  const object = env.REALM.getByName(realm);
  await evictDurableObject(object);
  await runInDurableObject(object, async (_, { storage }) => {
    const tables = storage.sql
      .exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")
      .toArray();
    expect([tables, await storage.getAlarm()]).toEqual([[], null]);
  });
  publisher.send([16, 4, {}, "com.order.new", [4]]);
  publisher.send([16, 5, {}, "com.order.other", [5]]);
  await arrived(2);
  const pending = await runInDurableObject(env.WEBHOOK.getByName(JSON.stringify([realm, "orders"])), (_, { storage }) =>
    storage.sql.exec<{ body: string }>("SELECT body FROM pending ORDER BY sequence").toArray(),
  );
  expect(pending.map(({ body }) => JSON.parse(body).args)).toEqual([[1], [2], [3], [4], [5]]);
});

it("acknowledged events outlive a crash of the object, and its alarm hands them over", async () => {
  const realm = freshRealm();
  const publisher = await join(realm);
  const sent: unknown[] = [];
  for (let n = 1; n <= 3; n++) {
    publisher.send([16, n, { acknowledge: true }, "com.order.new", [n]]);
    sent.push((await publisher.next())[2]);
  }
  await abortAllDurableObjects();
  expect(received).toEqual([]);
  expect(await runDurableObjectAlarm(env.REALM.getByName(realm))).toBe(true);
  await arrived(3);
  expect(received.map(({ body }) => body.publication)).toEqual(sent);
  await vi.waitFor(() =>
    runInDurableObject(env.REALM.getByName(realm), async (_, { storage }) => {
      expect(storage.sql.exec("SELECT * FROM outgoing").toArray()).toEqual([]);
      expect(await storage.getAlarm()).toBeNull();
    }),
  );
});

it("neither killing sessions nor revoking subscriptions stops a webhook", async () => {
  const client = await join(freshRealm());
  client.send([48, 1, {}, "wamp.session.kill_all"]);
  expect((await client.next())[0]).toBe(50);
  client.send([16, 2, {}, "com.order.new", [1]]);
  await arrived(1);
  client.send([48, 3, {}, "wamp.subscription.match", ["com.order.new"]]);
  const [, , , [[subscription]]] = (await client.next()) as [number, number, object, [[number]]];
  client.send([48, 4, {}, "wamp.subscription.list_subscribers", [subscription]]);
  const [, , , [[webhook]]] = (await client.next()) as [number, number, object, [[number]]];
  client.send([48, 5, {}, "wamp.subscription.remove_subscriber", [subscription, webhook]]);
  expect((await client.next())[0]).toBe(50);
  client.send([16, 6, {}, "com.order.new", [2]]);
  await arrived(2);
});

it("an event that no table can store is lost with a line in the log, and delays no other", async () => {
  const publisher = await join(freshRealm());
  publisher.send([16, 1, {}, "com.order.large", ["€".repeat(340_000), "€".repeat(300_000)]]);
  publisher.send([16, 2, {}, "com.order.small", [2]]);
  await arrived(1);
  expect(received[0]!.body.args).toEqual([2]);
});
