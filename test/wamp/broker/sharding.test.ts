/** Subscribers that share the events of a topic by key (Sharded Subscription). */

import { describe, expect, test } from "vitest";
import { ALL_ROLES, TestRealm } from "../host/test-realm.ts";

/** Three nodes and one subscriber without a node key; node c's key is given twice. */
function testRealmWithNodes() {
  const realm = new TestRealm();
  const nodes = ["a", "b", "c", "c2"].map((name) => {
    const client = realm.join(name);
    client.send([32, 1, { nkey: `node-${name.charAt(0)}` }, "sensors"]);
    return client;
  });
  const [all, pub] = realm.joinAll("all", "pub");
  all.send([32, 1, {}, "sensors"]);
  realm.take();
  const receivers = (options: object) => {
    pub.send([16, 1, options, "sensors"]);
    return realm.take().map(([name]) => name);
  };
  return { realm, nodes, receivers };
}

const KEYS = Array.from({ length: 60 }, (_, index) => `sn${index}`);

describe("PUBLISH with an rkey", () => {
  test("[SHS-01] PUBLISH with an rkey reaches the subscribers of one node key, always the same one, and those without a node key", () => {
    const { receivers } = testRealmWithNodes();
    const shares = KEYS.map((rkey) => receivers({ rkey }).filter((name) => name !== "all"));
    for (const share of shares) expect([["a"], ["b"], ["c", "c2"]]).toContainEqual(share);
    expect(new Set(shares.map((share) => share[0])).size).toBe(3);
    expect(KEYS.map((rkey) => receivers({ rkey }).filter((name) => name !== "all"))).toStrictEqual(shares);
    expect(KEYS.every((rkey) => receivers({ rkey }).includes("all"))).toBe(true);
  });

  test("[SHS-01] a subscriber that leaves moves only its own keys, and sleep moves none", () => {
    const { realm, nodes, receivers } = testRealmWithNodes();
    const nodeOf = (rkey: string) => receivers({ rkey })[0];
    const before = KEYS.map(nodeOf);
    realm.sleepAndWake();
    expect(KEYS.map(nodeOf)).toStrictEqual(before);
    nodes[0]?.disconnect();
    KEYS.forEach((rkey, index) => {
      if (before[index] !== "a") expect(nodeOf(rkey)).toBe(before[index]);
    });
  });

  test("[SHS-01] PUBLISH without an rkey reaches all subscribers; SUBSCRIBE without an nkey removes the node key", () => {
    const { nodes, receivers } = testRealmWithNodes();
    expect(receivers({})).toStrictEqual(["a", "b", "c", "c2", "all"]);
    for (const node of nodes) node.send([32, 2, {}, "sensors"]);
    expect(receivers({ rkey: "sn1" }).slice(-5)).toStrictEqual(["a", "b", "c", "c2", "all"]);
  });

  test("[FEAT-07] WELCOME announces sharded_subscription in both spellings", () => {
    const realm = new TestRealm();
    realm.connect("joe").send([1, "realm1", { roles: ALL_ROLES }]);
    const details = realm.take()[0]?.[1][2] as unknown as { roles: { broker: { features: object } } };
    const announced = { sharded_subscription: true, shareded_subscriptions: true };
    expect(details.roles.broker.features).toMatchObject(announced);
  });
});
