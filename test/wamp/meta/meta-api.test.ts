/** What holds for the whole meta API: who may use it, where it is absent, and how its lists stay small (Meta API). */

import { describe, expect, test } from "vitest";
import { META_PROCEDURES } from "../../../src/wamp/meta/meta-api.ts";
import { routerError } from "../host/router-errors.ts";
import { ALL_ROLES, ANYTHING, TestRealm } from "../host/test-realm.ts";
import { answered, ask, joinAs, refused, watch } from "./meta-calls.ts";

const DISABLED = { options: { enable_meta_api: false } } as const;

function featuresOf(realm: TestRealm) {
  realm.connect("new").send([1, "realm1", { roles: ALL_ROLES }]);
  const [, welcome] = realm.take().at(-1)!;
  return (welcome as unknown as [number, number, { roles: Record<string, { features: object }> }])[2].roles;
}

describe("announcement", () => {
  test("[FEAT-04][MR-12][MU-11] WELCOME names the meta API, session_meta_api on both roles, and revocation", () => {
    expect(featuresOf(new TestRealm())).toMatchObject({
      broker: { features: { session_meta_api: true, subscription_meta_api: true, subscription_revocation: true } },
      dealer: { features: { session_meta_api: true, registration_meta_api: true, registration_revocation: true } },
    });
  });

  test("[FEAT-04] WELCOME names none of it in a realm without a meta API", () => {
    const { broker, dealer } = featuresOf(new TestRealm(DISABLED));
    const names = [...Object.keys(broker!.features), ...Object.keys(dealer!.features)];
    expect(names.filter((name) => name.includes("meta") || name.includes("revocation"))).toStrictEqual([]);
  });
});

describe("a realm without a meta API", () => {
  test("[META-02] has no meta procedure for any role, and no pattern registration takes their calls", () => {
    const roles = [{ name: "anonymous", permissions: [ANYTHING], console: true }];
    const realm = new TestRealm({ ...DISABLED, roles });
    const [ann, ben] = realm.joinAll("ann", "ben");
    ben.send([64, 1, { match: "prefix" }, ""]);
    for (const procedure of Object.keys(META_PROCEDURES)) {
      expect(ask(realm, ann, procedure, [2, 2])).toStrictEqual(refused("ann", "wamp.error.no_such_procedure"));
    }
  });

  test("[META-02] publishes no meta event", () => {
    const realm = new TestRealm(DISABLED);
    const [ann, ben] = realm.joinAll("ann", "ben");
    ann.send([32, 1, { match: "prefix" }, "wamp."]);
    realm.take();
    ben.send([32, 1, {}, "com.topic"], [64, 2, {}, "com.add"]);
    ben.disconnect();
    expect(realm.take().map(([client]) => client)).toStrictEqual(["ben", "ben"]);
  });
});

describe("authorization", () => {
  const COUNT = { uri: "wamp.session.count", allow: { call: true } };
  const ON_JOIN = { uri: "wamp.session.on_join", allow: { subscribe: true } };
  const NOT_AUTHORIZED = "wamp.error.not_authorized";

  test("[META-02][URI-11] every procedure takes a grant of its own, which comes before all other checks", () => {
    const realm = new TestRealm({
      roles: [
        { name: "anonymous", permissions: [COUNT] },
        { name: "user", permissions: [{ ...ANYTHING, uri: "com." }] },
      ],
    });
    const [ann, joe] = [realm.join("ann"), joinAs(realm, "joe", "user")];
    expect(ask(realm, ann, "wamp.session.count")).toStrictEqual(answered("ann", 2));
    for (const procedure of ["wamp.session.list", "wamp.session.kill", "wamp.no.such"]) {
      expect(ask(realm, ann, procedure, [2])).toStrictEqual(refused("ann", NOT_AUTHORIZED));
    }
    for (const procedure of Object.keys(META_PROCEDURES)) {
      expect(ask(realm, joe, procedure)).toStrictEqual(refused("joe", NOT_AUTHORIZED));
    }
  });

  test("[META-02][URI-11][URI-13] meta events reach the sessions that may subscribe to them, by topic or by pattern", () => {
    const realm = new TestRealm({
      roles: [
        { name: "anonymous", permissions: [ON_JOIN] },
        { name: "user", permissions: [{ ...ANYTHING, uri: "wamp." }] },
      ],
    });
    const [ann, joe] = [realm.join("ann"), joinAs(realm, "joe", "user")];
    ann.send([32, 1, {}, "wamp.session.on_join"], [32, 2, {}, "wamp.session.on_leave"]);
    ann.send([32, 3, { match: "prefix" }, "wamp.session."], [32, 4, { match: "prefix" }, ""]);
    joe.send([32, 1, { match: "prefix" }, "wamp."], [32, 2, { match: "prefix" }, ""]);
    expect(realm.take()).toStrictEqual([
      ["ann", [33, 1, 3]],
      ["ann", [8, 32, 2, {}, ...routerError(NOT_AUTHORIZED)]],
      ["ann", [8, 32, 3, {}, ...routerError(NOT_AUTHORIZED)]],
      ["ann", [8, 32, 4, {}, ...routerError(NOT_AUTHORIZED)]],
      ["joe", [33, 1, 4]],
      ["joe", [8, 32, 2, {}, ...routerError(NOT_AUTHORIZED)]],
    ]);
    realm.join("new").disconnect();
    expect(realm.take().map(([client, message]) => [client, message[1]])).toStrictEqual([
      ["ann", 3],
      ["joe", 4],
      ["joe", 4],
    ]);
  });
});

describe("reserved URIs and patterns", () => {
  test("[URI-13] a pattern that covers everything gets no call of a reserved URI, known or not", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ben.send([64, 1, { match: "prefix" }, ""], [64, 2, { match: "wildcard" }, ".."]);
    expect(ask(realm, ann, "wamp.session.count")).toStrictEqual(answered("ann", 2));
    for (const uri of ["wamp.no.such", "wamp.a.b", "wamp"]) {
      expect(ask(realm, ann, uri)).toStrictEqual(refused("ann", "wamp.error.no_such_procedure"));
    }
    expect(ask(realm, ann, "wampum.x")).toStrictEqual([["ben", [68, 1, 3, { procedure: "wampum.x" }]]]);
  });

  test("[URI-13] a pattern that covers everything gets the meta events", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ann.send([32, 1, { match: "prefix" }, ""]);
    realm.take();
    ben.send([64, 1, {}, "com.add"]);
    expect(realm.take().map(([client, message]) => [client, message[0], message[3]])).toStrictEqual([
      ["ben", 65, undefined],
      ["ann", 36, { topic: "wamp.registration.on_create" }],
      ["ann", 36, { topic: "wamp.registration.on_register" }],
    ]);
  });
});

describe("a call of a meta procedure", () => {
  test("[META-02] is answered once and at once, whatever options a call may have", () => {
    const realm = new TestRealm();
    const ann = realm.join("ann");
    const options = { timeout: 1, receive_progress: true, disclose_me: true };
    ann.send([48, 1, options, "wamp.session.count"]);
    expect(realm.take()).toStrictEqual(answered("ann", 1));
    realm.advance(10_000);
    expect(realm.take()).toStrictEqual([]);
    ann.send([49, 1, { mode: "kill" }]);
    expect(realm.take()).toStrictEqual([]);
  });

  test("whose answer the caller's connection cannot take is refused, and has no effect", () => {
    const realm = new TestRealm();
    const [ann] = realm.joinAll("ann", "ben", "cat");
    ann.transport.maxLength = 12;
    expect(ask(realm, ann, "wamp.session.kill_by_authrole", ["anonymous"])).toStrictEqual([]);
    expect(realm.realm.sessions.byId.size).toBe(3);
    ann.transport.maxLength = 110;
    realm.joinAll(...Array.from({ length: 60 }, (_, index) => `s${index}`));
    expect(ask(realm, ann, "wamp.session.list")).toStrictEqual(refused("ann", "wamp.error.payload_size_exceeded"));
  });
});

describe("lists", () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `s${index}`);
  const LISTS = ["wamp.session.list", "wamp.registration.list_callees", "wamp.subscription.list_subscribers"];

  /** Sessions 1 to 9; all of them registered (10) and subscribed (11). */
  function testRealmOfNine() {
    const realm = new TestRealm();
    const sessions = realm.joinAll(...names(9));
    for (const session of sessions) session.send([64, 1, { invoke: "first" }, "com.add"]);
    for (const session of sessions) session.send([32, 1, {}, "com.topic"]);
    return { realm, sessions };
  }

  test.each(LISTS)(
    "[MS-05][MR-09][MU-09] can be read in pages that have each remaining session once: %s",
    (procedure) => {
      const { realm, sessions } = testRealmOfNine();
      const args = [[], [10], [11]][LISTS.indexOf(procedure)]!;
      const page = (kwargs: object) => ask(realm, sessions[0]!, procedure, args, kwargs);
      expect(page({ limit: 4 })).toStrictEqual(answered("s0", [1, 2, 3, 4]));
      sessions[3]!.disconnect();
      sessions[7]!.disconnect();
      realm.sleepAndWake();
      expect(page({ limit: 4, after: 4 })).toStrictEqual(answered("s0", [5, 6, 7, 9]));
      expect(page({ limit: 4, after: 9 })).toStrictEqual(answered("s0", []));
      expect(page({ after: 6 })).toStrictEqual(answered("s0", [7, 9]));
    },
  );

  test.each(["registration", "subscription"])("[MR-05][MU-05] of all three policies are paged together: %s", (noun) => {
    const realm = new TestRealm();
    const ann = realm.join("ann");
    const type = noun === "registration" ? 64 : 32;
    for (const uri of ["com.a", "com.b", "com.c"]) {
      for (const match of ["exact", "prefix", "wildcard"]) ann.send([type, 1, { match }, uri]);
    }
    const page = (kwargs: object) => ask(realm, ann, `wamp.${noun}.list`, [1], kwargs);
    expect(page({ limit: 4 })).toStrictEqual(answered("ann", { exact: [2, 5], prefix: [3], wildcard: [4] }));
    expect(page({ limit: 4, after: 5 })).toStrictEqual(answered("ann", { exact: [8], prefix: [6, 9], wildcard: [7] }));
    expect(page({ limit: 4, after: 9 })).toStrictEqual(answered("ann", { exact: [], prefix: [], wildcard: [10] }));
  });

  test.each([
    [{ limit: 0 }, "limit is invalid"],
    [{ limit: 10_001 }, "limit is invalid"],
    [{ limit: "4" }, "limit is invalid"],
    [{ limit: 1.5 }, "limit is invalid"],
    [{ after: 0 }, "after is invalid"],
    [{ after: "4" }, "after is invalid"],
  ])("[META-05] need a page that is: %j", (kwargs, fault) => {
    const { realm, sessions } = testRealmOfNine();
    expect(ask(realm, sessions[0]!, "wamp.session.list", [], kwargs)).toStrictEqual(
      refused("s0", "wamp.error.invalid_argument", fault),
    );
  });

  test("[MS-04][MS-05] are whole up to 10,000 ids; more have to be read in pages", () => {
    const realm = new TestRealm();
    const ann = realm.join("ann");
    const session = ann.savedSession;
    const sleeper = (id: number) =>
      [ann.transport, { ok: true, value: { kind: "open", session: { ...session, id } } }] as const;
    const sleepers = Array.from({ length: 10_000 }, (_, index) => sleeper(index + 1));
    realm.realm = new TestRealm().realm;
    ann.peer = realm.realm.wake(sleepers)[0]!;
    const all = sleepers.map((_, index) => index + 1);
    expect(ask(realm, ann, "wamp.session.list")).toStrictEqual(answered("ann", all));
    realm.realm.wake([sleeper(10_001)]);
    expect(ask(realm, ann, "wamp.session.list")).toStrictEqual(
      refused("ann", "wamp.edge.error.limit_exceeded", "more than 10000 ids: page with the kwargs limit and after"),
    );
    expect(ask(realm, ann, "wamp.session.list", [["user"]])).toStrictEqual(answered("ann", []));
    expect(ask(realm, ann, "wamp.session.count")).toStrictEqual(answered("ann", 10_001));
    expect(ask(realm, ann, "wamp.session.list", [], { after: 10_000 })).toStrictEqual(answered("ann", [10_001]));
  });
});

test("[ORD-09] an event without subscribers costs no look-up and no id", () => {
  const realm = new TestRealm();
  const [ann, ben] = realm.joinAll("ann", "ben");
  watch(realm, ann, "com.topic");
  const drawn = realm.lastId;
  ben.send([32, 1, {}, "com.topic"], [34, 2, 3]);
  ben.disconnect();
  expect(realm.lastId).toBe(drawn);
});
