/** The procedures of the router while a relay cannot be reached, or has lost its sessions, and what they cost. */

import { describe, expect, test } from "vitest";
import { LocalSession } from "../../../../src/wamp/local/local-session.ts";
import { Payload } from "../../../../src/wamp/protocol/payload.ts";
import { ANSWER_MS } from "../../../../src/wamp/relay/meta/gatherings.ts";
import { COUNT_INTERVAL_MS } from "../../../../src/wamp/relay/meta/session-counts.ts";
import { SpreadRealm } from "./compared-realms.ts";

const UNAVAILABLE = [8, 48, 1, {}, "wamp.error.unavailable", ["relays of the realm cannot be reached: weur.3"]];

/** A caller at the first relay and a client at each of the two others, of which the last cannot be reached. */
function withCutRelay() {
  const realm = new SpreadRealm(3);
  const [eve, ben, cid] = [realm.join(1, "eve"), realm.join(2, "ben"), realm.join(3, "cid")];
  realm.advance(COUNT_INTERVAL_MS);
  realm.cut.add(3);
  return { realm, eve, ben, cid };
}

describe("a relay that cannot be reached", () => {
  test("is left out of a list after two seconds, and the details of the answer say so", () => {
    const { realm, eve, ben } = withCutRelay();
    eve.call("wamp.session.list");
    realm.advance(ANSWER_MS - 1);
    expect(eve.received).toStrictEqual([]);
    realm.advance(1);
    expect(eve.received).toStrictEqual([[50, 1, { _unanswered_relays: ["weur.3"] }, [[eve.id, ben.id]]]]);
  });

  test.each([
    ["wamp.session.kill_all", []],
    ["wamp.session.kill_by_authrole", ["user"]],
    ["wamp.session.kill_by_authid", ["ben"]],
  ])("lets %s fail, which then ends no session", (procedure, args) => {
    const { realm, eve, ben, cid } = withCutRelay();
    eve.call(procedure, args);
    realm.advance(ANSWER_MS);
    realm.cut.clear();
    realm.advance(60_000);
    expect([eve, ben, cid].map(({ received }) => received)).toStrictEqual([[UNAVAILABLE], [], []]);
    expect(realm.relays.map(({ due, isIdle }) => [due, isIdle])).toStrictEqual([1, 2, 3].map(() => [undefined, true]));
  });

  test.each(["wamp.session.get", "wamp.session.kill", "wamp.subscription.list", "wamp.registration.list"])(
    "lets %s of one of its sessions fail",
    (procedure) => {
      const { realm, eve, cid } = withCutRelay();
      eve.call(procedure, [cid.id]);
      realm.advance(ANSWER_MS);
      expect(eve.received).toStrictEqual([UNAVAILABLE]);
    },
  );

  test("is counted with the sessions that it had, without being asked", () => {
    const { eve } = withCutRelay();
    eve.call("wamp.session.count");
    expect(eve.received).toStrictEqual([[50, 1, {}, [3]]]);
  });
});

test("a relay that has lost its sessions has no part in the answer that finds it so, and is counted no more", () => {
  const realm = new SpreadRealm(2);
  const [eve] = [realm.join(1, "eve"), realm.join(2, "ben")];
  realm.relays[1]!.crash();
  eve.call("wamp.session.count");
  eve.call("wamp.session.list");
  eve.call("wamp.session.count");
  expect(eve.received).toStrictEqual([
    [50, 1, {}, [2]],
    [50, 2, {}, [[eve.id]]],
    [50, 3, {}, [1]],
  ]);
  expect([...realm.core.relaySessions.all()]).toStrictEqual([{ relay: 1, byRole: { user: 1 } }]);
});

test("a call that waits for a relay when the core restarts fails", () => {
  const { realm, eve } = withCutRelay();
  eve.call("wamp.session.list");
  realm.core.crash();
  realm.advance(10_000);
  expect(eve.received).toStrictEqual([[8, 48, 1, {}, "wamp.error.canceled", ["the router has restarted"]]]);
});

describe("the counts of a relay", () => {
  test("are told with its first session, and then every five seconds while they change", () => {
    const realm = new SpreadRealm(1);
    const stored = (): unknown[] => [...realm.core.relaySessions.all()].map(({ byRole }) => byRole);
    realm.join(1);
    expect(stored()).toStrictEqual([{ user: 1 }]);
    const guest = realm.join(1, "gil", "guest");
    realm.join(1);
    realm.advance(COUNT_INTERVAL_MS - 1);
    expect(stored()).toStrictEqual([{ user: 1 }]);
    realm.advance(1);
    expect(stored()).toStrictEqual([{ user: 2, guest: 1 }]);
    guest.leave();
    realm.advance(COUNT_INTERVAL_MS);
    expect(stored()).toStrictEqual([{ user: 2 }]);
    expect([realm.relays[0]!.due, realm.relays[0]!.isIdle]).toStrictEqual([undefined, true]);
  });

  test("survive the sleep of relay and core, and a count then wakes no relay", () => {
    const realm = new SpreadRealm(2);
    const eve = realm.join(0, "eve");
    realm.join(1);
    realm.join(2);
    realm.advance(10_000);
    for (const object of [realm.core, ...realm.relays]) object.sleepAndWake();
    expect(realm.deliver()).toBe(0);
    eve.say([48, 1, {}, "wamp.session.count"]);
    expect([realm.deliver(), eve.received]).toStrictEqual([0, [[50, 1, {}, [3]]]]);
  });

  test("of the caller's own relay are those of the moment", () => {
    const realm = new SpreadRealm(1);
    realm.join(1);
    const eve = realm.join(1, "eve");
    eve.call("wamp.session.count");
    expect(eve.received).toStrictEqual([[50, 1, {}, [2]]]);
  });
});

describe("a call", () => {
  test("about a session of the caller's relay, or of no procedure, does not wake the core", () => {
    const realm = new SpreadRealm(1);
    const eve = realm.join(1, "eve");
    eve.say([48, 1, {}, "wamp.session.get", [eve.id]]);
    eve.say([48, 2, {}, "wamp.none"]);
    expect([realm.deliver(), eve.received.length]).toStrictEqual([0, 2]);
  });

  test("about a subscription asks only the relays that have it", () => {
    const realm = new SpreadRealm(3);
    const eve = realm.join(0, "eve");
    const [ben] = [realm.join(2, "ben"), realm.join(1), realm.join(3)];
    ben.send([32, 1, {}, "com.a"]);
    eve.say([48, 1, {}, "wamp.subscription.lookup", ["com.a"]]);
    // The question and the answer.
    expect(realm.deliver()).toBe(2);
    expect(eve.received).toStrictEqual([[50, 1, {}, [ben.lastId]]]);
  });
});

test("sessions are ended once every relay has answered", () => {
  const { realm, eve, ben, cid } = withCutRelay();
  eve.call("wamp.session.kill_all");
  expect([eve, ben, cid].map(({ received }) => received)).toStrictEqual([[], [], []]);
  realm.cut.clear();
  realm.deliver();
  const goodbye = [[6, {}, "wamp.close.killed"]];
  expect([eve, ben, cid].map(({ received }) => received)).toStrictEqual([[[50, 1, {}, [2]]], goodbye, goodbye]);
});

test("a request without a session, as the HTTP bridge makes it, gets its answer when the relays have answered", async () => {
  const { realm, eve, ben } = withCutRelay();
  realm.cut.clear();
  const { core } = realm;
  const identity = { authid: "web", authrole: "user", authmethod: "ticket", authprovider: "static" };
  const request = new LocalSession(core.realm, core.host, { identity, roles: { caller: {} } });
  const outcome = request.call("wamp.session.kill_by_authid", Payload.of(["ben"]), {});
  core.after();
  realm.deliver();
  expect(await outcome).toStrictEqual({ ok: true, args: [[ben.id]], kwargs: {} });
  expect([eve.received, ben.received]).toStrictEqual([[], [[6, {}, "wamp.close.killed"]]]);
});
