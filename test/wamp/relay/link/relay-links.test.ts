/** What waits for the relays of a core, of which its clients are held up. */

import { expect, test } from "vitest";
import { RelayedRealm } from "../relayed-realm.ts";

const LIMIT = 100_000;

/** A core with a publisher, and relays with a subscriber each. */
function newRealm() {
  const realm = new RelayedRealm(3, { limits: { outgoing_bytes: LIMIT, realm_outgoing_bytes: LIMIT } });
  const publisher = realm.join(0);
  for (const relay of [1, 2, 3]) realm.join(relay).send([32, 1, {}, "com.a"]);
  const publish = (bytes: number) => publisher.say([16, 1, {}, "com.a", ["x".repeat(bytes)]]);
  return { realm, core: realm.core.core, publish };
}

test("the load of a core is that of the link with the most that waits, and 0 while little waits for all of them", () => {
  const { realm, core, publish } = newRealm();
  expect(core.load).toBe(0);
  publish(5_000);
  expect(core.load).toBe(0);
  realm.cut.add(1);
  for (let times = 0; times < 5; times++) {
    publish(10_000);
    realm.deliver();
  }
  expect(core.load).toBeGreaterThan(0.55);
  expect(core.load).toBeLessThan(0.7);
  realm.cut.clear();
  realm.deliver();
  expect(core.load).toBe(0);
});

test("what has waited for a relay that lost its sockets counts no more", () => {
  const { realm, core, publish } = newRealm();
  realm.cut.add(1);
  publish(60_000);
  expect(core.load).toBeGreaterThan(0.6);
  const [relay] = realm.relays;
  relay!.crash();
  relay!.relay.begin();
  relay!.after();
  realm.cut.clear();
  realm.deliver();
  expect(core.load).toBe(0);
});
