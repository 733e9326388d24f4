/** Sessions of the core whose SUBSCRIBE waits for relays. */

import { describe, expect, test } from "vitest";
import { IDS } from "../relay-stores.ts";
import { RelayedRealm } from "../relayed-realm.ts";

/** A realm whose relay believes that no other object has a use for `com.a`, and a session of the core. */
function newRealm(limits: object = {}) {
  const realm = new RelayedRealm(1, { limits });
  realm.join(1).send([16, 1, {}, "com.a"]);
  return { realm, client: realm.join(0) };
}

describe("messages behind a SUBSCRIBE that waits for relays", () => {
  test("are processed once it is answered, in order", () => {
    const { realm, client } = newRealm();
    const id = IDS.subscription("exact", "com.a");
    client.say([32, 1, {}, "com.a"], [16, 2, { acknowledge: true, exclude_me: false }, "com.a"], [34, 3, id]);
    expect(client.take()).toStrictEqual([]);
    realm.deliver();
    const publication = expect.any(Number);
    expect(client.take()).toStrictEqual([
      [33, 1, id],
      [17, 2, publication],
      [36, id, publication, {}],
      [35, 3],
    ]);
  });

  test("and GOODBYE among them", () => {
    const { realm, client } = newRealm();
    client.say([32, 1, {}, "com.a"], [6, {}, "wamp.close.close_realm"]);
    realm.deliver();
    expect((client.take() as unknown[][]).map(([type]) => type)).toStrictEqual([33, 6]);
  });

  test("wait for all SUBSCRIBEs in front of them", () => {
    const { realm, client } = newRealm();
    client.say([32, 1, {}, "com.a"], [32, 2, { match: "prefix" }, "com."], [16, 3, { exclude_me: false }, "com.a"]);
    realm.deliver();
    expect((client.take() as unknown[][]).map(([type]) => type)).toStrictEqual([33, 33, 36, 36]);
  });

  test("end the connection beyond limits.undecided_bytes", () => {
    const { client, realm } = newRealm({ undecided_bytes: 1_000 });
    client.say([32, 1, {}, "com.a"], [16, 2, {}, "com.a", ["x".repeat(1_000)]]);
    expect(client.take()).toStrictEqual([
      [3, { message: "too much waits for a subscription" }, "wamp.edge.error.limit_exceeded"],
      ["closed", 1008],
    ]);
    realm.deliver();
    expect([client.take(), realm.core.realm.broker.subscriptions.size]).toStrictEqual([[], 0]);
  });
});
