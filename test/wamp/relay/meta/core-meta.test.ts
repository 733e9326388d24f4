/** The procedures of the router over relays answer as those of a realm of one object. */

import { describe, expect, test } from "vitest";
import { COUNT_INTERVAL_MS } from "../../../../src/wamp/relay/meta/session-counts.ts";
import { type ComparedClient, type ComparedRealm, compare } from "./compared-realms.ts";

/** Clients at the core and at two relays; the caller is at the first relay, or where it is told to be. */
function cast(realm: ComparedRealm, place = 1): Record<"ann" | "ben" | "cid" | "dan" | "eve", ComparedClient> {
  const ann = realm.join(0, "ann");
  const ben = realm.join(1, "ben");
  const cid = realm.join(2, "cid", "guest");
  const dan = realm.join(2, "dan");
  const eve = realm.join(place, "eve");
  realm.advance(COUNT_INTERVAL_MS);
  return { ann, ben, cid, dan, eve };
}

type Cast = ReturnType<typeof cast>;
type Story = (clients: Cast, realm: ComparedRealm) => void;

const UNKNOWN = 5_000_000_000_000_000;

const STORIES: readonly (readonly [title: string, story: Story])[] = [
  [
    "wamp.session.count",
    ({ eve }) => {
      eve.call("wamp.session.count");
      eve.call("wamp.session.count", [["guest", "other"]]);
      eve.call("wamp.session.count", ["guest"]);
    },
  ],
  [
    "wamp.session.list with roles",
    ({ eve }) => {
      eve.call("wamp.session.list", [["guest"]]);
      eve.call("wamp.session.list", [["other"]]);
      eve.call("wamp.session.list", [7]);
    },
  ],
  [
    "wamp.session.get",
    ({ ann, ben, cid, eve }) => {
      for (const { id } of [ann, ben, cid, eve]) eve.call("wamp.session.get", [id]);
      eve.call("wamp.session.get", [UNKNOWN]);
      eve.call("wamp.session.get", []);
      eve.call("wamp.session.get", ["x"]);
    },
  ],
  [
    "wamp.session.modify_details",
    ({ ann, cid, eve }) => {
      for (const { id } of [ann, cid, eve]) {
        eve.call("wamp.session.modify_details", [id, { room: 7 }]);
        eve.call("wamp.session.get", [id]);
        eve.call("wamp.session.modify_details", [id, { authid: "root" }]);
      }
    },
  ],
  [
    "wamp.session.kill",
    ({ ann, ben, cid, eve }) => {
      for (const { id } of [ann, ben, cid]) {
        eve.call("wamp.session.kill", [id], { reason: "com.example.reason", message: "bye" });
        eve.call("wamp.session.get", [id]);
      }
      eve.call("wamp.session.kill", [eve.id]);
      eve.call("wamp.session.kill", [UNKNOWN]);
      eve.call("wamp.session.kill", [eve.id], { reason: "no uri" });
    },
  ],
  [
    "wamp.session.kill_by_authrole",
    ({ eve }) => {
      eve.call("wamp.session.kill_by_authrole", ["guest"]);
      eve.call("wamp.session.kill_by_authrole", ["other"]);
      eve.call("wamp.session.list", [["guest"]]);
      eve.call("wamp.session.kill_by_authrole", ["user"], { reason: "com.example.reason" });
      eve.call("wamp.session.list");
      eve.call("wamp.session.kill_by_authrole", ["user"], { reason: "no uri" });
    },
  ],
  [
    "wamp.session.kill_by_authid",
    ({ eve }, realm) => {
      const [one, two] = [realm.join(0, "fay"), realm.join(2, "fay")];
      eve.call("wamp.session.kill_by_authid", ["fay"], { message: "bye" });
      expect([one, two].map(({ received }) => received)).toStrictEqual(
        [1, 2].map(() => [[6, { message: "bye" }, "wamp.close.killed"]]),
      );
      eve.call("wamp.session.kill_by_authid", ["eve"]);
    },
  ],
  [
    "wamp.session.kill_all",
    ({ eve }) => {
      eve.call("wamp.session.kill_all", [], { reason: "com.example.reason" });
      eve.call("wamp.session.list");
    },
  ],
  [
    "wamp.registration.list of a session, and remove_callee",
    ({ ann, ben, cid, eve }) => {
      ben.send([64, 1, { invoke: "roundrobin" }, "com.a"]);
      const id = ben.lastId;
      ann.send([64, 1, { invoke: "roundrobin" }, "com.a"]);
      for (const session of [ann.id, ben.id, cid.id, UNKNOWN]) {
        eve.call("wamp.registration.list", [session]);
        eve.call("wamp.registration.remove_callee", [id, session]);
      }
      eve.call("wamp.registration.remove_callee", [UNKNOWN, ben.id]);
      eve.call("wamp.registration.list");
    },
  ],
  [
    "wamp.registration.*",
    ({ ben, cid, eve }) => {
      ben.send([64, 1, { invoke: "roundrobin" }, "com.a"]);
      const id = ben.lastId;
      cid.send([64, 1, { invoke: "roundrobin" }, "com.a"], [64, 2, { match: "prefix" }, "com."]);
      eve.call("wamp.registration.list");
      eve.call("wamp.registration.lookup", ["com.a"]);
      eve.call("wamp.registration.lookup", ["com.", { match: "prefix" }]);
      eve.call("wamp.registration.match", ["com.b"]);
      eve.call("wamp.registration.get", [id]);
      eve.call("wamp.registration.list_callees", [id]);
      eve.call("wamp.registration.count_callees", [id]);
      eve.call("wamp.registration.count_callees", [UNKNOWN]);
    },
  ],
  [
    "wamp.subscription.list, lookup and match",
    ({ ann, ben, cid, eve }) => {
      ben.send([32, 1, {}, "com.a"]);
      cid.send([32, 1, {}, "com.a"], [32, 2, { match: "prefix" }, "com."]);
      ann.send([32, 1, { match: "wildcard" }, "com..x"]);
      for (const session of [ann.id, ben.id, cid.id, eve.id, UNKNOWN]) eve.call("wamp.subscription.list", [session]);
      eve.call("wamp.subscription.lookup", ["com.a"]);
      eve.call("wamp.subscription.lookup", ["com.", { match: "prefix" }]);
      eve.call("wamp.subscription.lookup", ["com..x", { match: "wildcard" }]);
      eve.call("wamp.subscription.lookup", ["com.none"]);
      eve.call("wamp.subscription.lookup", ["com.a", { match: "other" }]);
      eve.call("wamp.subscription.match", ["com.b"]);
      eve.call("wamp.subscription.match", ["org.b"]);
      eve.call("wamp.subscription.match", ["com.b.x"]);
    },
  ],
  [
    "wamp.subscription.get, its subscribers, and their removal",
    ({ ben, cid, dan, eve }, realm) => {
      ben.send([32, 1, {}, "com.a"]);
      const id = ben.lastId;
      realm.advance(1_500);
      cid.send([32, 1, {}, "com.a"], [32, 2, {}, "com.b"]);
      const other = cid.lastId;
      dan.send([32, 1, {}, "com.a"]);
      for (const subscription of [id, other, UNKNOWN]) {
        eve.call("wamp.subscription.get", [subscription]);
        eve.call("wamp.subscription.list_subscribers", [subscription]);
        eve.call("wamp.subscription.list_subscribers", [subscription], { limit: 1, after: 9_007_199_254_740_991 });
        eve.call("wamp.subscription.count_subscribers", [subscription]);
        eve.call("wamp.subscription.remove_subscriber", [subscription, eve.id]);
        eve.call("wamp.subscription.remove_subscriber", [subscription, ben.id], { reason: "enough" });
      }
      eve.call("wamp.subscription.remove_subscriber", [id, cid.id]);
      eve.call("wamp.subscription.remove_subscriber", [id, cid.id]);
      eve.call("wamp.subscription.count_subscribers", [id]);
      dan.send([34, 2, id]);
      eve.call("wamp.subscription.count_subscribers", [id]);
      eve.call("wamp.subscription.lookup", ["com.a"]);
    },
  ],
  [
    "testaments",
    ({ ann, ben, eve }) => {
      ann.send([32, 1, {}, "com.will"]);
      ben.call("wamp.session.add_testament", ["com.will", ["x"], {}]);
      eve.call("wamp.session.add_testament", ["com.will", ["y"], {}]);
      eve.call("wamp.session.flush_testaments");
      ben.leave();
      eve.leave();
    },
  ],
  [
    "what is no procedure",
    ({ eve }) => {
      eve.call("wamp.none");
      eve.call("wamp.session.toString");
      eve.send([48, 9, { progress: true }, "wamp.session.count"]);
    },
  ],
];

describe.each([
  ["a relay", 1],
  ["another relay", 2],
  ["the core", 0],
] as const)("a session at %s gets the answers of a realm of one object", (_, place) => {
  test.each(STORIES)("%s", (_, story) => {
    const { solo, spread } = compare((realm) => {
      const clients = cast(realm, place);
      story(clients, realm);
      return Object.values(clients);
    });
    expect(spread).toStrictEqual(solo);
  });
});
