/** What relays do when they are full, and what they count. */

import { runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import { connect, type TestClient } from "../socket.ts";
import { leave, objectOf } from "./objects.ts";

/** Joins a realm at a relay of one region. */
async function joinAt(realm: string, region: string): Promise<TestClient> {
  const client = await connect(`${realm}?region=${region}`);
  client.send([1, realm, { roles: { publisher: {}, subscriber: {}, caller: {} } }]);
  expect((await client.next())[0]).toBe(2);
  return client;
}

it("a relay with limits.sessions sessions sends the next client to another one, until all are full", async () => {
  const realm = "spread-small-1";
  const sockets = () => {
    const ofRelay = (relay: string) =>
      runInDurableObject(objectOf(realm, relay), (_, ctx) => ctx.getWebSockets().length);
    return Promise.all(["weur.0", "apac.0"].map(ofRelay));
  };
  const first = await joinAt(realm, "weur");
  expect(await sockets()).toStrictEqual([1, 0]);
  await joinAt(realm, "weur");
  expect(await sockets()).toStrictEqual([1, 1]);
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };
  const refusal = await exports.default.fetch(`http://router.test/ws/${realm}?region=weur`, { headers });
  expect([refusal.status, refusal.headers.get("Retry-After")]).toStrictEqual([503, "5"]);
  const { webSocket: socket } = await exports.default.fetch("http://router.test/ws?region=weur", { headers });
  const closed = new Promise<CloseEvent>((resolve) => socket!.addEventListener("close", resolve));
  socket!.accept();
  socket!.send(JSON.stringify([1, realm, { roles: { caller: {} } }]));
  expect((await closed).code).toBe(1013);
  await leave(first);
  await joinAt(realm, "weur");
  expect(await sockets()).toStrictEqual([1, 1]);
});

it("the objects count the batches between them, and the messages in these", async () => {
  const realm = "observed-spread-1";
  const [near, far] = [await joinAt(realm, "weur"), await joinAt(realm, "apac")];
  near.send([32, 1, {}, "com.topic"]);
  await near.next();
  far.send([16, 2, {}, "com.topic"]);
  expect((await near.next())[0]).toBe(36);
  far.send([48, 3, {}, "wamp.edge.stats"]);
  const [, , , [stats]] = (await far.next()) as [50, 3, object, [{ links: Record<string, Record<string, number>> }]];
  // The interest of one relay and the publication of the other have come to the core, and have left it.
  for (const direction of ["received", "sent"] as const) {
    expect(stats.links.batches![direction]).toBeGreaterThanOrEqual(2);
    expect(stats.links.messages![direction]).toBeGreaterThanOrEqual(stats.links.batches![direction]!);
  }
});

it("a client that publishes faster than events leave the relay is held up, and no event is lost", async () => {
  const realm = "spread-narrow-1";
  const [publisher, subscriber] = [await joinAt(realm, "weur"), await joinAt(realm, "apac")];
  subscriber.send([32, 1, {}, "com.topic"]);
  await subscriber.next();
  const events = 100;
  for (let request = 1; request <= events; request++) publisher.send([16, request, {}, "com.topic", [request]]);
  const received: unknown[] = [];
  while (received.length < events) received.push(((await subscriber.next()) as unknown[][])[4]![0]);
  expect(received).toStrictEqual(Array.from({ length: events }, (_, index) => index + 1));
});

it("the objects carry the longest message that a realm with relays may allow, in the encoding that takes most", async () => {
  const realm = "spread-long-1";
  const [near, far] = [await joinAt(realm, "weur"), await joinAt(realm, "apac")];
  near.send([32, 1, {}, "com.topic"]);
  await near.next();
  // One character beyond Latin-1 doubles the bytes of the text between the objects.
  const text = `\u20ac${"x".repeat(15_728_640 - 40)}`;
  far.send([16, 2, {}, "com.topic", [text]]);
  const [type, , , , [received]] = (await near.next()) as [number, number, number, object, [string]];
  expect([type, received === text]).toStrictEqual([36, true]);
});
