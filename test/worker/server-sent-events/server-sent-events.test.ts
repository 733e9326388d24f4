import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { join, type TestClient } from "../socket.ts";
import { type Block, getEvents, watch } from "./event-source.ts";

const realmOf = (name: string) => env.REALM.getByName(name);

let request = 0;

/** Publishes and returns the publication id. */
async function publish(client: TestClient, topic: string, ...payload: unknown[]): Promise<number> {
  request++;
  client.send([16, request, { acknowledge: true }, topic, ...payload]);
  const answer = await client.next();
  expect(answer.slice(0, 2)).toEqual([17, request]);
  return answer[2] as number;
}

const dataOf = (block: Block | undefined) => JSON.parse(block?.data ?? "null");

describe("GET /realms/:realm/events", () => {
  it("tells of every publication: its id, and topic, arguments and details as JSON", async () => {
    const events = await watch("watched-1", "topic=news.today");
    expect(events.response.headers.get("Content-Type")).toBe("text/event-stream");
    expect(events.response.headers.get("Cache-Control")).toBe("no-store, no-transform");
    expect(events.response.headers.get("X-Accel-Buffering")).toBe("no");
    expect(events.response.headers.get("Access-Control-Allow-Origin")).toBe("*");
    const publisher = await join("watched-1");
    const first = await publish(publisher, "news.today", ["a\nb", { deep: [null, 1.5] }], { key: "ü" });
    const second = await publish(publisher, "news.today");
    expect(await events.next()).toEqual({
      event: "message",
      id: String(first),
      data: '{"topic":"news.today","args":["a\\nb",{"deep":[null,1.5]}],"kwargs":{"key":"ü"},"details":{}}',
    });
    const { id, data } = (await events.next()) ?? {};
    expect(id).toBe(String(second));
    expect(JSON.parse(data ?? "")).toEqual({ topic: "news.today", args: [], kwargs: {}, details: {} });
  });

  it("keeps integers beyond 2^53 exact", async () => {
    const events = await watch("watched-2", "topic=news.today");
    const publisher = await join("watched-2");
    publisher.socket.send('[16,1,{},"news.today",[9007199254740993]]');
    expect((await events.next())?.data).toContain("[9007199254740993]");
  });

  it("matches by prefix and wildcard, and tells the topic that matched", async () => {
    const byPrefix = await watch("watched-3", "topic=news.&match=prefix");
    const byWildcard = await watch("watched-3", "topic=news..now&match=wildcard");
    const publisher = await join("watched-3");
    await publish(publisher, "news.sport.now", [1]);
    await publish(publisher, "other", [2]);
    await publish(publisher, "news.x", [3]);
    const told = { topic: "news.sport.now", args: [1], kwargs: {}, details: {} };
    expect(dataOf(await byPrefix.next())).toEqual(told);
    expect(dataOf(await byWildcard.next())).toEqual(told);
    expect(dataOf(await byPrefix.next())).toMatchObject({ topic: "news.x", args: [3] });
  });

  it("lets the realm sleep while nothing happens, and goes on when it wakes", async () => {
    const events = await watch("watched-4", "topic=news.today");
    const publisher = await join("watched-4");
    await evictDurableObject(realmOf("watched-4"));
    await publish(publisher, "news.today", ["awake"]);
    expect(dataOf(await events.next()).args).toEqual(["awake"]);
  });

  it("sends comments as heartbeats", async () => {
    const events = await watch("watched-5", "topic=news.today");
    expect(await events.nextOfAny()).toEqual({ "": "" });
    expect(await events.nextOfAny()).toEqual({ "": "" });
  });

  it("ends the session when the watcher leaves", async () => {
    const events = await watch("watched-6", "topic=news.today");
    const observer = await join("watched-6");
    observer.send([48, 1, {}, "wamp.session.count"]);
    expect((await observer.next())[3]).toEqual([2]);
    await events.cancel();
    await vi.waitFor(async () => {
      observer.send([48, 2, {}, "wamp.session.count"]);
      expect((await observer.next())[3]).toEqual([1]);
    });
  });

  it("leaves no session behind after HEAD", async () => {
    const { exports } = await import("cloudflare:workers");
    const url = "http://router.test/realms/watched-14/events?topic=";
    const head = (topic: string) => exports.default.fetch(`${url}${topic}`, { method: "HEAD" });
    const { status, headers } = await head("news.today");
    expect([status, headers.get("Content-Type")]).toEqual([200, "text/event-stream"]);
    expect((await head("secret.plans")).status).toBe(403);
    const observer = await join("watched-14");
    await vi.waitFor(async () => {
      observer.send([48, 1, {}, "wamp.session.count"]);
      expect((await observer.next())[3]).toEqual([1]);
    });
  });

  it("ends the stream when the session is killed, so that the client reconnects", async () => {
    const events = await watch("watched-7", "topic=news.today");
    const admin = await join("watched-7");
    admin.send([48, 1, {}, "wamp.session.kill_by_authrole", ["watcher"]]);
    expect((await admin.next()).slice(0, 2)).toEqual([50, 1]);
    expect(await events.next()).toBe(undefined);
  });
});

describe("the endpoint for events", () => {
  const ask = async (method: string, headers: HeadersInit = {}) => {
    const { exports } = await import("cloudflare:workers");
    return exports.default.fetch("http://router.test/realms/watched-30/events?topic=news.today", { method, headers });
  };

  it("answers the preflight of a page, which may then send Last-Event-ID", async () => {
    const asked = { "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "last-event-id" };
    const response = await ask("OPTIONS", { Origin: "https://page.example", ...asked });
    expect([response.status, Object.fromEntries(response.headers)]).toMatchObject([
      200,
      {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, HEAD, OPTIONS",
        "access-control-allow-headers": "last-event-id",
      },
    ]);
  });

  it("refuses other methods and tells which it takes", async () => {
    const response = await ask("POST");
    expect([response.status, response.headers.get("Allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
  });
});

describe("a watcher", () => {
  it("may watch what its role may subscribe to, and learns nothing of the rest", async () => {
    const denied = await getEvents("watched-10", "topic=secret.plans");
    expect(denied.status).toBe(403);
    expect(await denied.json()).toEqual({ error: "wamp.error.not_authorized" });
    expect((await getEvents("watched-10", "topic=&match=prefix")).status).toBe(403);
    const sold = await getEvents("watched-10", "topic=sold.news");
    expect([sold.status, await sold.json()]).toEqual([403, { error: "wamp.error.authorization_required" }]);
  });

  it.each([
    ["no topic", "", 400],
    ["a topic that is no URI", "topic=a%20b", 400],
    ["an unknown match", "topic=news.today&match=regex", 400],
  ])("is refused with %s", async (_, query, status) => {
    expect((await getEvents("watched-11", query)).status).toBe(status);
  });

  it("is refused in realms that have no such role", async () => {
    expect((await getEvents("unwatched", "topic=news.today")).status).toBe(403);
  });

  it("is refused with 503 where the realm is full", async () => {
    for (let i = 0; i < 5; i++) await join("watched-12");
    const refused = await getEvents("watched-12", "topic=news.today");
    expect(refused.status).toBe(503);
    expect(await refused.json()).toEqual({ error: "wamp.edge.error.limit_exceeded" });
  });

  it("cannot be opened through the Worker's internal path", async () => {
    const { exports } = await import("cloudflare:workers");
    const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };
    for (const path of ["/watch/anonymous", "/ws/../watch/anonymous", "/ws/%2e%2e/watch/anonymous"]) {
      expect((await exports.default.fetch(`http://router.test${path}`, { headers })).status).not.toBe(101);
    }
  });
});

describe("a watcher who comes back with Last-Event-ID", () => {
  it("gets missed events from the history, once and in order, then live ones", async () => {
    const publisher = await join("watched-20");
    const ids: number[] = [];
    for (let i = 0; i < 4; i++) ids.push(await publish(publisher, "news.kept", [i]));
    const events = await watch("watched-20", "topic=news.kept", String(ids[1]));
    ids.push(await publish(publisher, "news.kept", [4]));
    for (const i of [2, 3, 4]) {
      const block = await events.next();
      expect([block?.id, dataOf(block).args]).toEqual([String(ids[i]), [i]]);
    }
  });

  it("gets more than one page of it, while more is published", async () => {
    const publisher = await join("watched-21");
    const first = await publish(publisher, "news.kept", [0]);
    for (let i = 1; i <= 2500; i++) publisher.send([16, i, {}, "news.kept", [i]]);
    await publish(publisher, "news.kept", [2501]);
    const events = await watch("watched-21", "topic=news.kept", String(first));
    await publish(publisher, "news.kept", [2502]);
    const received: unknown[] = [];
    while (received.length < 2502) received.push(dataOf(await events.next()).args[0]);
    expect(received).toEqual(Array.from({ length: 2502 }, (_, i) => i + 1));
  });

  it.each([
    ["a topic without history", "topic=news.today", "1"],
    ["a publication the history does not know", "topic=news.kept", "4711"],
  ])("is told that there may be a gap after %s", async (_, query, id) => {
    const publisher = await join("watched-22");
    await publish(publisher, "news.kept", ["before"]);
    const events = await watch("watched-22", query, id);
    expect(await events.next()).toEqual({ event: "gap", data: "{}" });
    const topic = new URLSearchParams(query).get("topic")!;
    await publish(publisher, topic, ["after"]);
    expect(dataOf(await events.next()).args).toEqual(["after"]);
  });

  it("ignores an invalid id", async () => {
    const events = await watch("watched-23", "topic=news.kept", "yesterday");
    await publish(await join("watched-23"), "news.kept", [1]);
    expect(dataOf(await events.next()).args).toEqual([1]);
  });
});
