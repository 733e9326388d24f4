/** Tests that run inside the Workers runtime, beside the Worker. */

import { evictDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import { testRealm } from "wamp-edge/testing";
import components from "../../src/components.ts";
import config from "../../src/realm.ts";

it("serves WebSockets, also after the realm has slept", async () => {
  const request = { headers: { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" } };
  const { webSocket: socket } = await exports.default.fetch("https://shop.example/ws/shop", request);
  socket?.accept();
  const ask = (message: unknown[]): Promise<unknown[]> =>
    new Promise((resolve) => {
      socket?.addEventListener("message", ({ data }) => resolve(JSON.parse(data)), { once: true });
      socket?.send(JSON.stringify(message));
    });
  const login = { roles: { caller: {} }, authid: "joe", authmethods: ["ticket"] };
  expect(await ask([1, "shop", login])).toEqual([4, "ticket", {}]);
  expect(await ask([5, "secret!!!", {}])).toMatchObject([2, expect.any(Number), { authrole: "customer" }]);
  await evictDurableObject(env.REALM.getByName("shop"));
  expect(await ask([48, 1, {}, "shop.order", ["tea"]])).toMatchObject([50, 1, {}, ["ordered tea"]]);
});

it("has the objects of the Worker", async () => {
  const stock = env.STOCK.getByName("tea");
  expect(await stock.add(3)).toBe(3);
  const added = await exports.default.fetch("https://shop.example/stock/tea", { method: "POST", body: "4" });
  expect(await added.json()).toEqual({ pieces: 7 });
});

it("has testRealm", async () => {
  await using realm = await testRealm(config, { components });
  const alice = await realm.join({ authid: "alice", role: "customer" });
  expect((await alice.call("shop.order", ["tea"])).args).toEqual(["ordered tea"]);
});
