/** Meta events and procedures of sessions (Session Meta API: events, count, list, get). */

import { describe, expect, test } from "vitest";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import { ALL_ROLES, type Client, TestRealm } from "../host/test-realm.ts";
import { answered, ask, joinAs, refused, testRealmOfRoles, watch } from "./meta-calls.ts";

const HELLO = [1, "realm1", { roles: ALL_ROLES }];
const GOODBYE = [6, {}, "wamp.close.close_realm"];
const GOODBYE_AND_OUT = [6, {}, "wamp.close.goodbye_and_out"];

describe("wamp.session.on_join", () => {
  test("[MS-01][MS-03][META-08][ORD-09] has the details of the session, after its WELCOME", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    watch(realm, ann, "wamp.session.on_join");
    ben.send([32, 1, { match: "prefix" }, "wamp."]);
    realm.take();
    realm.connect("cat").send(HELLO);
    const details = {
      session: 5,
      authid: "AwMDAwMDAwMDAwMDAwMDAwMD",
      authrole: "anonymous",
      authmethod: "anonymous",
      authprovider: "static",
    };
    expect(realm.take()).toStrictEqual([
      ["cat", [2, 5, expect.any(Object)]],
      ["ann", [36, 3, 6, {}, [details]]],
      ["ben", [36, 4, 6, { topic: "wamp.session.on_join" }, [details]]],
    ]);
  });

  test("[MS-01] holds what is known of the transport", () => {
    const realm = new TestRealm();
    const ann = realm.join("ann");
    watch(realm, ann, "wamp.session.on_join");
    const ben = realm.connect("ben");
    Object.assign(ben.transport, { details: { websocket_protocol: "wamp.2.json" } });
    ben.send(HELLO);
    expect(realm.take().at(-1)).toMatchObject([
      "ann",
      [36, 2, 4, {}, [{ session: 3, transport: { websocket_protocol: "wamp.2.json" } }]],
    ]);
  });
});

describe("wamp.session.on_leave", () => {
  test.each([
    ["GOODBYE", (ben: Client) => ben.send(GOODBYE), [["ben", GOODBYE_AND_OUT]]],
    ["a lost transport", (ben: Client) => ben.disconnect(), []],
    ["ABORT by the client", (ben: Client) => ben.send([3, {}, "com.app.gone"]), []],
    ["a broken protocol", (ben: Client) => ben.send([16]), [["ben", [3, expect.any(Object), expect.any(String)]]]],
  ])("[MS-02][MS-03][META-06][D-28] reaches all other sessions: %s", (_, leave, replies) => {
    const realm = testRealmOfRoles();
    const [ann, ben] = [realm.join("ann"), joinAs(realm, "ben", "user")];
    watch(realm, ann, "wamp.session.on_leave");
    watch(realm, ben, "wamp.session.on_leave");
    leave(ben);
    const messages = realm.take().filter(([, message]) => message !== "closed");
    expect(messages).toStrictEqual([...replies, ["ann", [36, 3, 4, {}, [2, "ben", "user"]]]]);
  });

  test("[MS-03][MR-11][MU-03][MU-04] is sent after the events about all that the session held", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    watch(realm, ann, "com.shared");
    ann.send([64, 2, { invoke: "first" }, "com.shared"]);
    ann.send([32, 3, { match: "prefix" }, "wamp."]);
    ben.send([64, 1, { invoke: "first" }, "com.shared"], [64, 2, {}, "com.own"]);
    ben.send([32, 3, {}, "com.shared"], [32, 4, {}, "com.own"], [32, 5, {}, "wamp.session.on_leave"]);
    realm.take();
    ben.disconnect();
    const topicAndArgs = realm.take().map(([client, message]) => {
      const [type, subscription, , details, args] = message as [number, number, number, { topic: string }, unknown[]];
      return [client, type, subscription, details.topic, args];
    });
    const [procedure, own, topic, ownTopic] = [4, 7, 3, 11];
    expect(topicAndArgs).toStrictEqual([
      ["ann", 36, 5, "wamp.registration.on_unregister", [2, procedure]],
      ["ann", 36, 5, "wamp.registration.on_unregister", [2, own]],
      ["ann", 36, 5, "wamp.registration.on_delete", [2, own]],
      ["ann", 36, 5, "wamp.subscription.on_unsubscribe", [2, topic]],
      ["ann", 36, 5, "wamp.subscription.on_unsubscribe", [2, ownTopic]],
      ["ann", 36, 5, "wamp.subscription.on_delete", [2, ownTopic]],
      ["ann", 36, 5, "wamp.session.on_leave", [2, "AgICAgICAgICAgICAgICAgIC", "anonymous"]],
    ]);
  });

  test("[MS-03] is also sent for a session that slept", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    watch(realm, ann, "wamp.session.on_leave");
    realm.sleepAndWake();
    ben.disconnect();
    expect(realm.take()).toStrictEqual([["ann", [36, 3, 4, {}, [2, "AgICAgICAgICAgICAgICAgIC", "anonymous"]]]]);
  });
});

describe("wamp.session.count and list", () => {
  function testRealmOfFour(): [TestRealm, Client] {
    const realm = new TestRealm();
    const [ann] = realm.joinAll("ann", "ben");
    joinAs(realm, "joe", "user");
    joinAs(realm, "kim", "admin");
    return [realm, ann];
  }

  test.each([
    ["without a filter", [], [1, 2, 3, 4]],
    ["with null for the filter", [null], [1, 2, 3, 4]],
    ["of one role", [["user"]], [3]],
    ["of several roles", [["admin", "anonymous"]], [1, 2, 4]],
    ["of a role without sessions", [["guest"]], []],
    ["of no role", [[]], []],
    ["with more arguments than it takes", [["user"], 7, "x"], [3]],
  ])("[MS-04][MS-05][META-07] answer the sessions of the realm: %s", (_, args, ids) => {
    const [realm, ann] = testRealmOfFour();
    expect(ask(realm, ann, "wamp.session.count", args, { foo: 1 })).toStrictEqual(answered("ann", ids.length));
    expect(ask(realm, ann, "wamp.session.list", args, { foo: 1 })).toStrictEqual(answered("ann", ids));
  });

  test.each(["wamp.session.count", "wamp.session.list"])("[META-05] a filter is a list of texts: %s", (procedure) => {
    const [realm, ann] = testRealmOfFour();
    for (const filter of ["user", [1], { authrole: "user" }, 5, [["user"]], true]) {
      expect(ask(realm, ann, procedure, [filter])).toStrictEqual(
        refused("ann", "wamp.error.invalid_argument", "filter_authroles is invalid"),
      );
    }
  });

  test("[META-03] leave out sessions of the router itself, which cannot be read or killed, and cause no events", () => {
    const realm = new TestRealm();
    const [ann, component] = [realm.join("ann"), joinAs(realm, "component", "trusted")];
    expect(ask(realm, ann, "wamp.session.count")).toStrictEqual(answered("ann", 1));
    expect(ask(realm, ann, "wamp.session.list")).toStrictEqual(answered("ann", [1]));
    expect(ask(realm, ann, "wamp.session.get", [2])).toStrictEqual(refused("ann", "wamp.error.no_such_session"));
    expect(ask(realm, ann, "wamp.session.kill", [2])).toStrictEqual(refused("ann", "wamp.error.no_such_session"));
    expect(ask(realm, ann, "wamp.session.kill_all")).toStrictEqual(answered("ann", 0));
    expect(ask(realm, ann, "wamp.session.kill_by_authrole", ["trusted"])).toStrictEqual(answered("ann", 0));
    expect(ask(realm, ann, "wamp.session.kill_by_authid", ["component"])).toStrictEqual(answered("ann", []));
    watch(realm, ann, "wamp.session.on_leave");
    component.disconnect();
    expect(realm.take()).toStrictEqual([]);
  });

  test("[META-01] know the sessions of their own realm only", () => {
    const [here, there] = [new TestRealm(), new TestRealm({ name: "realm2" })];
    there.lastId = 10;
    const [ann, zoe] = [here.join("ann"), there.join("zoe")];
    watch(there, zoe, "wamp.session.on_join", "wamp.session.on_leave");
    here.join("ben").disconnect();
    expect(there.take()).toStrictEqual([]);
    expect(ask(here, ann, "wamp.session.list")).toStrictEqual(answered("ann", [1]));
    expect(ask(there, zoe, "wamp.session.kill", [1])).toStrictEqual(refused("zoe", "wamp.error.no_such_session"));
  });
});

describe("wamp.session.get", () => {
  test("[MS-06] answers the details of on_join, after a sleep too, and for the caller itself", () => {
    const realm = testRealmOfRoles();
    const joe = joinAs(realm, "joe", "user");
    const details = {
      session: 1,
      authid: "joe",
      authrole: "user",
      authmethod: "ticket",
      authprovider: "static",
      authextra: { x: 1 },
    };
    expect(ask(realm, joe, "wamp.session.get", [1])).toStrictEqual(answered("joe", details));
    realm.sleepAndWake();
    expect(ask(realm, realm.join("ann"), "wamp.session.get", [1])).toStrictEqual(answered("ann", details));
  });

  test("[MS-06] knows no session that has left, and none that never was", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ben.send(GOODBYE);
    for (const id of [2, 77, 9007199254740992]) {
      expect(ask(realm, ann, "wamp.session.get", [id])).toStrictEqual(refused("ann", "wamp.error.no_such_session"));
    }
  });

  test.each(["wamp.session.get", "wamp.session.kill", "wamp.session.modify_details"])(
    "[META-05] a session is named by its id: %s",
    (procedure) => {
      const realm = new TestRealm();
      const ann = realm.join("ann");
      expect(ask(realm, ann, procedure)).toStrictEqual(
        refused("ann", "wamp.error.invalid_argument", "session is missing"),
      );
      for (const id of ["1", 1.5, 0, -1, [1], {}, true]) {
        expect(ask(realm, ann, procedure, [id])).toStrictEqual(
          refused("ann", "wamp.error.invalid_argument", "session is invalid"),
        );
      }
    },
  );
});

describe("wamp.session.modify_details", () => {
  test("[MS-16] adds details, changes them, and removes those that are null, over a sleep", () => {
    const realm = testRealmOfRoles();
    const ann = realm.join("ann");
    const joe = joinAs(realm, "joe", "user");
    const told = {
      session: 2,
      authid: "joe",
      authrole: "user",
      authmethod: "ticket",
      authprovider: "static",
      authextra: { x: 1 },
    };
    const modify = (delta: object) => ask(realm, ann, "wamp.session.modify_details", [2, delta]);
    expect(modify({ room: 1, tags: ["a", { b: null }] })).toStrictEqual(answered("ann"));
    expect(modify({ room: null, nick: "jo", __proto__x: true })).toStrictEqual(answered("ann"));
    realm.sleepAndWake();
    expect(ask(realm, joe, "wamp.session.get", [2])).toStrictEqual(
      answered("joe", { tags: ["a", { b: null }], nick: "jo", __proto__x: true, ...told }),
    );
  });

  test.each(["session", "authid", "authrole", "authmethod", "authprovider", "authextra", "transport"])(
    "[MS-16] leaves %s as it is",
    (key) => {
      const realm = new TestRealm();
      const ann = realm.join("ann");
      const before = ask(realm, ann, "wamp.session.get", [1]);
      for (const value of ["admin", null]) {
        expect(ask(realm, ann, "wamp.session.modify_details", [1, { [key]: value, x: 1 }])).toStrictEqual(
          refused("ann", "wamp.error.invalid_argument", "details is invalid"),
        );
      }
      expect(ask(realm, ann, "wamp.session.get", [1])).toStrictEqual(before);
    },
  );

  test("[MS-16][META-05] takes a dict of what a record can hold, and not without end", () => {
    const realm = new TestRealm();
    const ann = realm.join("ann");
    const modify = (...args: unknown[]) => ask(realm, ann, "wamp.session.modify_details", [1, ...args]);
    expect(modify()).toStrictEqual(refused("ann", "wamp.error.invalid_argument", "details is missing"));
    for (const delta of [[], "x", 1, { big: 9007199254740993n }, { in: [{ bytes: new Uint8Array(2) }] }]) {
      const payload = Payload.of([1, delta]);
      realm.realm.receive(ann.peer, [48, 1, {}, "wamp.session.modify_details", payload]);
      expect(realm.take()).toStrictEqual(refused("ann", "wamp.error.invalid_argument", "details is invalid"));
    }
    expect(modify({ a: "x".repeat(4000) })).toStrictEqual(answered("ann"));
    expect(modify({ b: "x".repeat(100) })).toStrictEqual(
      refused("ann", "wamp.edge.error.limit_exceeded", "details may have 4096 characters of JSON"),
    );
  });
});
