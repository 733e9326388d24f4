/** The Path of the realm's cookie: the path by which the client connected. */

import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import WebSocket from "ws";
import { anonymousRealm, type Router, startRouter } from "./harness.ts";

let router: Router;
beforeAll(async () => {
  const auth = { anonymous: { type: "static", role: "anonymous" }, cookie: {} };
  router = await startRouter({ version: 1, realms: [anonymousRealm("realm1", { auth })] });
});
afterAll(() => router.close());

it.each([
  ["/", "/"],
  ["/ws", "/ws"],
  ["/ws/realm1", "/ws/realm1"],
])("a WebSocket at %s gets a cookie for %s", async (path, expected) => {
  const socket = new WebSocket(`${router.origin}${path}`, "wamp.2.json");
  const [{ headers }] = (await once(socket, "upgrade")) as [IncomingMessage];
  expect(headers["set-cookie"]?.[0]).toContain(`; Path=${expected};`);
  socket.terminate();
});

it.each([
  ["/lp/open", "/lp"],
  ["/lp/realm1/open", "/lp/realm1"],
])("a long-poll transport opened at %s gets a cookie for %s", async (path, expected) => {
  const response = await router.fetch(path, { method: "POST", body: '{"protocols":["wamp.2.json"]}' });
  expect(response.headers.get("Set-Cookie")).toContain(`; Path=${expected};`);
});
