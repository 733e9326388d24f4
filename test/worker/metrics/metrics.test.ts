/** `GET /metrics`: who may read it, and what it has of realms that are or were awake. */

import { evictDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import families from "../../../src/worker/metrics/families.txt";
import { join } from "../socket.ts";
import { readExposition, sampleValue } from "./exposition.ts";

const TOKEN = { Authorization: "Bearer scrape-me" };

function ask(headers: HeadersInit = TOKEN, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch("http://router.test/metrics", { headers, ...init });
}

async function scrape(): Promise<string> {
  return (await ask()).text();
}

describe("GET /metrics", () => {
  it.each([
    ["no token", {}],
    ["another token", { Authorization: "Bearer scrape-us" }],
    ["an empty token", { Authorization: "Bearer " }],
    ["another scheme", { Authorization: "Basic scrape-me" }],
  ])("with %s is answered with 401", async (_, headers) => {
    const response = await ask(headers);
    expect(response.status).toBe(401);
    expect(response.headers.get("WWW-Authenticate")).toBe("Bearer");
  });

  it.each(["scrape-me", "scrape-me-of-old"])("takes each token of the configuration (%s)", async (token) => {
    const response = await ask({ Authorization: `Bearer ${token}` });
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(response.headers.get("Cache-Control")).toBe("no-store");
  });

  it("takes no other method than GET and HEAD", async () => {
    expect((await ask(TOKEN, { method: "POST" })).status).toBe(405);
    const head = await ask(TOKEN, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  it("has the event that woke a realm, in the format of Prometheus", async () => {
    await join("measured");
    await vi.waitFor(async () => {
      const text = await scrape();
      expect(readExposition(text).length).toBeGreaterThan(10);
      expect(sampleValue(text, "wamp_edge_awake_realms", { realm: "measured" })).toBe(1);
      expect(sampleValue(text, "wamp_edge_wakes_total", { realm: "measured" })).toBe(1);
    });
  });

  it("has counters that grow over sleep, and wakes no sleeping realm", async () => {
    const realm = env.REALM.getByName("measured-sleeper");
    const received = async () => {
      const labels = { realm: "measured-*", direction: "received", type: "PUBLISH" };
      return sampleValue(await scrape(), "wamp_edge_messages_total", labels);
    };
    const client = await join("measured-sleeper");
    for (const count of [1, 2]) {
      await evictDurableObject(realm);
      client.send([16, count, { acknowledge: true }, "com.topic"]);
      expect((await client.next())[0]).toBe(17);
      await vi.waitFor(async () => expect(await received()).toBe(count));
    }
    await evictDurableObject(realm);
    for (let scrapes = 0; scrapes < 3; scrapes++) expect(await received()).toBe(2);
    // One when the client joined, one for each PUBLISH, none for the scrapes.
    expect(sampleValue(await scrape(), "wamp_edge_wakes_total", { realm: "measured-*" })).toBe(3);
  });

  it("has every metric of the router", async () => {
    const client = await join("measured-errors");
    await evictDurableObject(env.REALM.getByName("measured-errors"));
    client.send([48, 1, {}, "com.nowhere"]);
    await vi.waitFor(async () => {
      const names = readExposition(await scrape()).map(({ name }) => name);
      expect(names).toEqual(readExposition(families).map(({ name }) => name));
    });
  });

  it("sums the realms of a pattern up under the pattern", async () => {
    await join("measured-a");
    await join("measured-b");
    await vi.waitFor(async () => {
      const text = await scrape();
      expect(sampleValue(text, "wamp_edge_awake_realms", { realm: "measured-*" })).toBeGreaterThanOrEqual(2);
      expect(text).not.toContain("measured-a");
    });
  });
});

describe("the registry", () => {
  it("cannot be reached by clients", async () => {
    const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };
    const response = await exports.default.fetch("http://router.test/ws/%23metrics", { headers });
    const socket = response.webSocket!;
    const messages: unknown[] = [];
    socket.addEventListener("message", ({ data }) => messages.push(JSON.parse(String(data))));
    socket.accept();
    socket.send(JSON.stringify([1, "#metrics", { roles: { caller: {} } }]));
    await vi.waitFor(() => expect(messages).toEqual([[3, expect.anything(), expect.anything()]]));
  });
});
