/** The router in an app whose middleware sets headers on every answer. */

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import { expect, it } from "vitest";
import { createApp, type Env } from "../../src/public/worker.ts";
import { join } from "./socket.ts";

const app = new Hono<{ Bindings: Env }>();
app.use(secureHeaders());
app.use(cors({ origin: "https://app.example", credentials: true }));
app.use(async (context, next) => {
  await next();
  context.res.headers.set("X-Mounted", "yes");
});
app.route("/", createApp());

/** The app as a fetcher. */
const router = {
  fetch: async (input: RequestInfo | URL, init?: RequestInit) =>
    app.fetch(new Request(input, init), env, createExecutionContext()),
};

const UPGRADE = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };

it.each([
  ["a realm's WebSocket", "/ws/mounted-1", { headers: UPGRADE }, 101],
  ["a WebSocket whose realm HELLO tells", "/ws", { headers: UPGRADE }, 101],
  ["a WebSocket at /", "/", { headers: UPGRADE }, 101],
  ["a WebSocket of a realm that does not exist", "/ws/a..b", { headers: UPGRADE }, 101],
  ["a stream of events", "/realms/watched-mounted/events?topic=news.today", { method: "HEAD" }, 200],
  ["a long-poll transport", "/lp/mounted-2/open", { method: "POST", body: '{"protocols":["wamp.2.json"]}' }, 200],
  ["a call over the bridge", "/realms/mounted-3/call", { method: "POST", body: "{}" }, 400],
  ["a page", "/", {}, 200],
])("%s gets the headers of the app around the router", async (_, path, init, status) => {
  const headers = { Origin: "https://app.example", ...("headers" in init ? init.headers : {}) };
  const response = await router.fetch(`http://router.test${path}`, { ...init, headers });
  expect(response.status).toBe(status);
  expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect(response.headers.get("X-Mounted")).toBe("yes");
  if (status === 101) expect(response.headers.get("Sec-WebSocket-Protocol")).toBe("wamp.2.json");
  response.webSocket?.accept();
  response.webSocket?.close();
});

it("a session below such an app works", async () => {
  const client = await join("mounted-4", router);
  client.send([32, 1, {}, "com.example.topic"]);
  expect((await client.next()).slice(0, 2)).toEqual([33, 1]);
});
