/** The requests of the long-poll transport (open, receive, send, close), and how a transport ends. */

import { evictDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { join } from "../socket.ts";
import { joinByPolling, openPoller, post } from "./poller.ts";

const realmOf = (name: string) => env.REALM.getByName(name);
const HELLO = (realm: string) => [1, realm, { roles: { subscriber: {}, publisher: {}, caller: {} } }];

/** A session on a WebSocket in the realm of a poller that has subscribed to `t`. */
async function subscribed(realm: string) {
  const poller = await joinByPolling(realm);
  await poller.send([32, 1, {}, "t"]);
  const subscription = (await poller.next())[2];
  return { poller, subscription, publisher: await join(realm) };
}

describe("open", () => {
  it("returns the transport's id and the first protocol of the list that the router supports [LP-01][LP-02]", async () => {
    const protocols = ["wamp.2.flatbuffers", "wamp.2.cbor.batched", "wamp.2.json"];
    const response = await post("/lp/lp-1/open", { body: JSON.stringify({ protocols }) });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      transport: expect.stringMatching(/^[0-9a-f]{64}$/),
      protocol: "wamp.2.cbor.batched",
    });
  });

  it.each([
    ["no JSON", "protocols"],
    ["an empty body", ""],
    ["null", "null"],
    ["a list", '["wamp.2.json"]'],
    ["no protocols", "{}"],
    ["protocols that are no list", '{"protocols":"wamp.2.json"}'],
    ["unknown protocols", '{"protocols":["wamp.2.ubjson", 7, null]}'],
    ["a body without end", JSON.stringify({ protocols: ["wamp.2.json"], padding: "x".repeat(10_000) })],
  ])("refuses %s with 400 [LP-02][LP-03]", async (_, body) => {
    expect((await post("/lp/lp-2/open", { body })).status).toBe(400);
  });

  it("needs no Content-Type, and ignores the query [LP-03][LP-09]", async () => {
    const body = new TextEncoder().encode('{"protocols":["wamp.2.json"]}');
    const opened = await post("/lp/lp-3/open?x=382913", { body });
    const { transport } = (await opened.json()) as { transport: string };
    expect((await post(`/lp/lp-3/${transport}/close?x=1`)).status).toBe(204);
  });

  it("gives each transport its own id [LP-04]", async () => {
    const pollers = await Promise.all(Array.from({ length: 20 }, () => openPoller("lp-4")));
    const halves = new Set(pollers.map(({ transport }) => transport.slice(0, 32)));
    expect(halves.size).toBe(20);
  });

  it("refuses a realm that is not configured, and a path without a realm if several are configured", async () => {
    expect((await post("/lp/open", { body: '{"protocols":["wamp.2.json"]}' })).status).toBe(404);
  });

  it("ends the transport with ABORT if HELLO names another realm than the path", async () => {
    const poller = await openPoller("lp-5");
    await poller.send(HELLO("lp-6"));
    expect(await poller.next()).toEqual([3, expect.any(Object), "wamp.error.no_such_realm"]);
    expect((await poller.post("receive")).status).toBe(404);
  });
});

describe("receive", () => {
  it("waits for a message, and returns one at a time in order [LP-05]", async () => {
    const { poller, subscription, publisher } = await subscribed("lp-10");
    const waiting = poller.post("receive");
    publisher.send([16, 1, {}, "t", [1]]);
    publisher.send([16, 2, {}, "t", [2]]);
    publisher.send([16, 3, { acknowledge: true }, "t", [3]]);
    expect(await publisher.next()).toEqual([17, 3, expect.any(Number)]);
    const response = await waiting;
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Type")).toBe("application/json");
    expect(await response.json()).toEqual([36, subscription, expect.any(Number), {}, [1]]);
    expect((await poller.next())[4]).toEqual([2]);
    expect((await poller.next())[4]).toEqual([3]);
  });

  it("lets the realm sleep while it waits, and returns a message after the realm has woken", async () => {
    const { poller, subscription, publisher } = await subscribed("lp-11");
    const waiting = poller.post("receive");
    await evictDurableObject(realmOf("lp-11"));
    publisher.send([16, 1, {}, "t", ["late"]]);
    expect(await (await waiting).json()).toEqual([36, subscription, expect.any(Number), {}, ["late"]]);
  });

  it("is refused with 400 while another one waits, which gets the next message [LP-10]", async () => {
    const { poller, publisher } = await subscribed("lp-13");
    const waiting = poller.post("receive");
    expect((await poller.post("receive")).status).toBe(400);
    publisher.send([16, 1, {}, "t", ["first"]]);
    expect((await (await waiting).json<unknown[]>())[4]).toEqual(["first"]);
  });

  it("returns all waiting messages as one batch if the protocol has batches [LP-05][LP-13]", async () => {
    const poller = await openPoller("lp-14", ["wamp.2.json.batched"]);
    const batch = `${JSON.stringify(HELLO("lp-14"))}\u001e${JSON.stringify([32, 1, {}, "t"])}\u001e`;
    expect((await poller.post("send", batch)).status).toBe(204);
    const publisher = await join("lp-14");
    for (let i = 1; i <= 3; i++) {
      publisher.send([16, i, { acknowledge: true }, "t", [i]]);
      await publisher.next();
    }
    const text = await (await poller.post("receive")).text();
    expect(text.endsWith("\u001e")).toBe(true);
    const types = text
      .split("\u001e")
      .slice(0, -1)
      .map((message) => JSON.parse(message)[0]);
    expect(types).toEqual([2, 33, 36, 36, 36]);
  });

  it.each([
    ["wamp.2.msgpack", "application/x-msgpack"],
    ["wamp.2.cbor", "application/cbor"],
    ["wamp.2.msgpack.batched", "application/x-msgpack"],
    ["wamp.2.cbor.batched", "application/cbor"],
  ])("returns %s as %s, batches with lengths before the messages [LP-02][LP-13]", async (protocol, contentType) => {
    const poller = await openPoller("lp-15", [protocol]);
    const { subprotocolByName } = await import("../../../src/wamp/serializers/subprotocols.ts");
    const { serializer, batching } = subprotocolByName.get(protocol)!;
    const frame = serializer.encode(HELLO("lp-15") as never);
    const body = batching === undefined ? frame : batching.join([frame]);
    expect((await poller.post("send", body as Uint8Array<ArrayBuffer>)).status).toBe(204);
    const response = await poller.post("receive");
    expect(response.headers.get("Content-Type")).toBe(contentType);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const batch = batching?.split(bytes);
    if (batch !== undefined && !("frames" in batch)) throw new Error(batch.reason);
    const welcome = serializer.decode(batch?.frames[0] ?? bytes, { depth: 64 });
    expect(welcome).toEqual([2, expect.any(Number), expect.objectContaining({ realm: "lp-15" })]);
  });
});

describe("send", () => {
  it("answers 204 and keeps the order of messages sent without waiting [LP-07]", async () => {
    const { poller, publisher } = await subscribed("lp-20");
    publisher.send([32, 1, {}, "u"]);
    await publisher.next();
    const numbers = Array.from({ length: 30 }, (_, i) => i);
    await Promise.all(numbers.map((i) => poller.send([16, i + 2, {}, "u", [i]])));
    const received: unknown[] = [];
    while (received.length < numbers.length) received.push(((await publisher.next())[4] as unknown[])[0]);
    expect(received).toEqual(numbers);
  });

  it.each([
    ["text that is no JSON", "[1"],
    ["nothing", ""],
    ["bytes that are no UTF-8", new Uint8Array([0x5b, 0xff, 0x5d])],
    ["JSON that is no list", "{}"],
  ])("refuses %s with 400, and the session continues [LP-07]", async (_, body) => {
    const poller = await joinByPolling("lp-21");
    expect((await poller.post("send", body)).status).toBe(400);
    await poller.send([32, 1, {}, "t"]);
    expect((await poller.next())[0]).toBe(33);
  });

  it("refuses with 413 a message larger than the realm's message_bytes", async () => {
    const poller = await joinByPolling("narrow-lp");
    const message = JSON.stringify([16, 1, {}, "t", ["x".repeat(2000)]]);
    expect((await poller.post("send", message)).status).toBe(413);
  });

  it("refuses a truncated batch with 400 [LP-13]", async () => {
    const poller = await openPoller("lp-22", ["wamp.2.json.batched"]);
    expect((await poller.post("send", JSON.stringify(HELLO("lp-22")))).status).toBe(400);
  });
});

describe("close", () => {
  it("answers 204, ends the waiting poll with an empty body, and the session as a lost transport [LP-08]", async () => {
    const { poller, publisher } = await subscribed("lp-30");
    await poller.send([64, 2, {}, "p"]);
    expect((await poller.next())[0]).toBe(65);
    publisher.send([48, 1, {}, "p"]);
    expect((await poller.next())[0]).toBe(68);
    const waiting = poller.post("receive");
    expect((await poller.post("close")).status).toBe(204);
    expect(await (await waiting).text()).toBe("");
    expect((await publisher.next()).slice(0, 5)).toEqual([8, 48, 1, {}, "wamp.error.canceled"]);
    for (const action of ["receive", "send", "close"]) expect((await poller.post(action)).status).toBe(404);
  });

  it("answers 204 after an answered GOODBYE, too [LP-08]", async () => {
    const poller = await joinByPolling("lp-31");
    await poller.send([6, {}, "wamp.close.close_realm"]);
    expect(await poller.next()).toEqual([6, {}, "wamp.close.goodbye_and_out"]);
    expect((await poller.post("close")).status).toBe(204);
  });
});

describe("a transport", () => {
  it("has status 404 for ids that were never issued [LP-10]", async () => {
    const { transport } = await openPoller("lp-40");
    const never = env.LONG_POLL.newUniqueId().toString();
    const forged = transport.slice(0, -1) + (transport.endsWith("0") ? "1" : "0");
    for (const id of ["nonsense", "0".repeat(64), forged, never]) {
      for (const action of ["receive", "send", "close"]) {
        expect((await post(`/lp/lp-40/${id}/${action}`)).status).toBe(404);
      }
    }
    expect((await post(`/lp/lp-40/${transport}/dance`)).status).toBe(404);
  });

  it("answers a refused request in JSON", async () => {
    const poller = await joinByPolling("narrow-lp-json");
    const waiting = poller.post("receive");
    const refusals = [
      [404, await post("/lp/open", { body: "{}" }), "no such realm"],
      [400, await post("/lp/lp-41/open", { body: "{}" }), expect.stringContaining("wamp.2.json, wamp.2.msgpack")],
      [404, await post("/lp/lp-41/nonsense/send"), "no such transport"],
      [404, await post(`/lp/lp-41/${env.LONG_POLL.newUniqueId()}/send`), "no such transport"],
      [400, await poller.post("receive"), "a receive is waiting already"],
      [400, await poller.post("send", "{"), expect.any(String)],
      [413, await poller.post("send", "x".repeat(3000)), "the message is too large"],
    ] as const;
    for (const [status, response, error] of refusals) {
      expect([response.status, await response.json()]).toEqual([status, { error }]);
    }
    await poller.post("close");
    await waiting;
  });

  it("ends when a client lets more than 100 messages wait [LP-11]", async () => {
    const { poller, publisher } = await subscribed("lp-42");
    for (let i = 1; i <= 100; i++) publisher.send([16, i, {}, "t", [i]]);
    publisher.send([16, 101, { acknowledge: true }, "t", [101]]);
    await publisher.next();
    await vi.waitFor(async () => expect((await poller.post("send", "?")).status).toBe(404));
  });

  it("ends when a client lets more than 128 KiB wait, but gets one message of any size [LP-11]", async () => {
    const { poller, publisher } = await subscribed("lp-43");
    const text = "x".repeat(200_000);
    publisher.send([16, 1, {}, "t", [text]]);
    expect((await poller.next())[4]).toEqual([text]);
    for (const request of [2, 3]) publisher.send([16, request, {}, "t", [text]]);
    await vi.waitFor(async () => expect((await poller.post("send", "?")).status).toBe(404));
  });

  it("delivers the realm's last messages before it ends", async () => {
    const poller = await joinByPolling("lp-44");
    await poller.send([6, {}, "wamp.close.close_realm"]);
    await poller.send([70, 1, {}]);
    expect((await poller.next())[0]).toBe(6);
    expect(await poller.next()).toEqual([3, expect.any(Object), "wamp.error.protocol_violation"]);
    await vi.waitFor(async () => expect((await poller.post("receive")).status).toBe(404));
  });

  it("may be used by pages of every origin, and is never cached [LP-12]", async () => {
    const headers = { Origin: "https://page.test", "Access-Control-Request-Headers": "content-type" };
    const preflight = await exports.default.fetch("http://router.test/lp/lp-45/open", { method: "OPTIONS", headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("Access-Control-Allow-Headers")).toBe("content-type");
    expect(preflight.headers.get("Access-Control-Allow-Methods")).toBe("POST");
    const opened = await post("/lp/lp-45/open", { headers, body: '{"protocols":["wamp.2.json"]}' });
    const { transport } = (await opened.json()) as { transport: string };
    const received = await post(`/lp/lp-45/${transport}/close`, { headers });
    const unknown = await post("/lp/lp-45/nonsense/receive", { headers });
    for (const response of [preflight, opened, received, unknown]) {
      expect(response.headers.get("Access-Control-Allow-Origin")).toBe("https://page.test");
      expect(response.headers.get("Access-Control-Allow-Credentials")).toBe("true");
      expect(response.headers.get("Cache-Control")).toBe("no-store");
    }
    const anonymous = await post("/lp/lp-45/nonsense/receive");
    expect(anonymous.headers.get("Access-Control-Allow-Origin")).toBe("*");
  });
});
