/** The interface of `testRealm` and of the realms of `startRouter`: the same tests in memory and in workerd. */

import { beforeAll, describe, expect, it } from "vitest";
import { type RealmUnderTest, startRouter, type TestRouter, testRealm } from "wamp-edge/testing";
import components from "../shop/src/components.ts";
import config from "../shop/src/realm.ts";

describe("in memory", () => {
  testRealms(() => testRealm(config, { components }));
});

describe("in workerd", () => {
  let router: TestRouter;
  beforeAll(async () => {
    router = await startRouter({ wranglerToml: new URL("../shop/wrangler.toml", import.meta.url) });
    return () => router.stop();
  });
  testRealms(() => router.realm("shop"));
});

function testRealms(open: () => RealmUnderTest | Promise<RealmUnderTest>): void {
  it("takes an order and tells subscribers", async () => {
    await using realm = await open();
    const alice = await realm.join({ authid: "alice", role: "customer" });
    const bob = await realm.join({ authid: "bob", role: "customer" });
    const ordered = await bob.subscribe("shop.ordered");
    expect((await alice.call("shop.order", ["tea"])).args).toEqual(["ordered tea"]);
    expect((await ordered.next()).args).toEqual(["tea"]);
  });

  it("refuses an order without an item", async () => {
    await using realm = await open();
    const alice = await realm.join({ role: "customer" });
    await expect(alice.call("shop.order")).rejects.toMatchObject({ uri: "shop.error.no_item" });
  });

  it("refuses what the role may not do", async () => {
    await using realm = await open();
    const alice = await realm.join({ role: "customer" });
    await expect(alice.publish("shop.ordered", ["tea"])).rejects.toMatchObject({ uri: "wamp.error.not_authorized" });
  });

  it("checks tickets", async () => {
    await using realm = await open();
    const joe = await realm.login({ method: "ticket", authid: "joe", ticket: "secret!!!" });
    expect(joe.details).toMatchObject({ authid: "joe", authrole: "customer", authmethod: "ticket" });
    const denied = realm.login({ method: "ticket", authid: "joe", ticket: "wrong" });
    await expect(denied).rejects.toMatchObject({ uri: "wamp.error.authentication_denied" });
  });

  it("keeps sessions and subscriptions while the realm sleeps", async () => {
    await using realm = await open();
    const alice = await realm.join({ authid: "alice", role: "customer" });
    const ordered = await alice.subscribe("shop.ordered");
    await realm.sleep();
    await alice.call("shop.order", ["tea"]);
    expect((await ordered.next()).args).toEqual(["tea"]);
    expect((await realm.sessions()).map(({ authid }) => authid).sort()).toEqual(["alice", "orders"]);
  });

  it("ends all sessions at a restart", async () => {
    await using realm = await open();
    const alice = await realm.join({ authid: "alice", role: "customer" });
    await realm.restart();
    expect((await alice.ended).reason).toBe("wamp.error.network_failure");
    expect((await realm.sessions()).map(({ authid }) => authid)).toEqual(["orders"]);
  });
}
