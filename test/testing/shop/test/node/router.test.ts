/** The shop in workerd. */

import { expect, test } from "vitest";
import { startRouter } from "wamp-edge/testing";

test("a customer orders, while the stock is filled", async () => {
  await using router = await startRouter();
  const alice = await router.realm("shop").join({ authid: "alice", role: "customer" });
  expect((await alice.call("shop.order", ["tea"])).args).toEqual(["ordered tea"]);
  const added = await fetch(`${router.url}/stock/tea`, { method: "POST", body: "3" });
  expect(await added.json()).toEqual({ pieces: 3 });
});
