/** Orders, in memory and in workerd. */

import { beforeAll, describe, expect, it } from "vitest";
import { type RealmUnderTest, startRouter, type TestRouter, testRealm } from "wamp-edge/testing";
import components from "../../src/components.ts";
import config from "../../src/realm.ts";

describe("in memory", () => {
  testOrders(() => testRealm(config, { components }));
});

describe("in workerd", () => {
  let router: TestRouter;
  beforeAll(async () => {
    router = await startRouter();
    return () => router.stop();
  });
  testOrders(() => router.realm("shop"));
});

function testOrders(open: () => RealmUnderTest | Promise<RealmUnderTest>): void {
  it("an order is told to subscribers, also after a sleep", async () => {
    await using realm = await open();
    const alice = await realm.join({ authid: "alice", role: "customer" });
    const bob = await realm.join({ authid: "bob", role: "customer" });
    const ordered = await bob.subscribe("shop.ordered");
    await realm.sleep();
    await alice.call("shop.order", ["tea"]);
    expect((await ordered.next()).args).toEqual(["tea"]);
  });

  it("an order without an item is refused", async () => {
    await using realm = await open();
    const alice = await realm.join({ role: "customer" });
    await expect(alice.call("shop.order")).rejects.toMatchObject({ uri: "shop.error.no_item" });
  });
}
