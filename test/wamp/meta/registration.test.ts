/** Meta events and procedures of registrations (Registration Meta API, Registration Revocation). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { TestRealm } from "../host/test-realm.ts";
import { answered, ask, joinAs, refused, watch } from "./meta-calls.ts";

const NO_SUCH_REGISTRATION = "wamp.error.no_such_registration";
const EVENTS = ["create", "register", "unregister", "delete"].map((name) => `wamp.registration.on_${name}`);
const [CREATE, REGISTER, UNREGISTER, DELETE] = [3, 4, 5, 6];

/** ann watches, ben and cat register; the subscriptions have the ids 3 to 6 when ann and ben have joined. */
function watched() {
  const realm = new TestRealm();
  realm.time = Date.UTC(2026, 0, 1, 12, 30, 15, 250);
  const [ann, ben] = realm.joinAll("ann", "ben");
  watch(realm, ann, ...EVENTS);
  return { realm, ann, ben, cat: realm.join("cat") };
}

describe("events", () => {
  test("[MR-01][MR-02][ORD-09][META-08] REGISTER makes on_create and on_register, after the answer", () => {
    const { realm, ben } = watched();
    ben.send([64, 1, { match: "prefix", invoke: "roundrobin" }, "com.add"]);
    const created = "2026-01-01T12:30:15.250Z";
    expect(realm.take()).toStrictEqual([
      ["ben", [65, 1, 8]],
      ["ann", [36, CREATE, 9, {}, [2, { id: 8, created, uri: "com.add", match: "prefix", invoke: "roundrobin" }]]],
      ["ann", [36, REGISTER, 10, {}, [2, 8]]],
    ]);
  });

  test("[MR-01][MR-02] a second callee makes on_register alone, a repeated REGISTER nothing", () => {
    const { realm, ben, cat } = watched();
    const register = [64, 1, { invoke: "first" }, "com.add"];
    ben.send(register);
    realm.take();
    cat.send(register, register);
    expect(realm.take()).toStrictEqual([
      ["cat", [65, 1, 8]],
      ["ann", [36, REGISTER, 11, {}, [7, 8]]],
      ["cat", [65, 1, 8]],
    ]);
  });

  test("[MR-03][MR-04][ORD-09] UNREGISTER makes on_unregister, and the last one on_delete", () => {
    const { realm, ben, cat } = watched();
    for (const callee of [ben, cat]) callee.send([64, 1, { invoke: "first" }, "com.add"]);
    realm.take();
    ben.send([66, 2, 8]);
    cat.send([66, 2, 8]);
    expect(realm.take()).toStrictEqual([
      ["ben", [67, 2]],
      ["ann", [36, UNREGISTER, 12, {}, [2, 8]]],
      ["cat", [67, 2]],
      ["ann", [36, UNREGISTER, 13, {}, [7, 8]]],
      ["ann", [36, DELETE, 14, {}, [7, 8]]],
    ]);
  });

  test("[META-06][D-28] reach the session that causes them", () => {
    const { realm, ann } = watched();
    ann.send([64, 9, {}, "com.add"]);
    expect(realm.take().map(([client, message]) => [client, message[0], message[1]])).toStrictEqual([
      ["ann", 65, 9],
      ["ann", 36, CREATE],
      ["ann", 36, REGISTER],
    ]);
  });

  test("[META-06] a refused REGISTER is none", () => {
    const { realm, ben, cat } = watched();
    ben.send([64, 1, {}, "com.add"]);
    realm.take();
    cat.send([64, 1, {}, "com.add"], [66, 2, 8]);
    expect(realm.take()).toStrictEqual([
      ["cat", [8, 64, 1, {}, ...routerError("wamp.error.procedure_already_exists")]],
      ["cat", [8, 66, 2, {}, ...routerError(NO_SUCH_REGISTRATION)]],
    ]);
  });

  test("[MR-11] vanishing with the session makes them too, after a sleep as well", () => {
    const { realm, ben, cat } = watched();
    for (const callee of [ben, cat]) callee.send([64, 1, { invoke: "first" }, "com.add"]);
    realm.take();
    realm.sleepAndWake();
    ben.disconnect();
    cat.send([6, {}, "wamp.close.close_realm"]);
    expect(realm.take()).toStrictEqual([
      ["ann", [36, UNREGISTER, 12, {}, [2, 8]]],
      ["cat", [6, {}, "wamp.close.goodbye_and_out"]],
      ["ann", [36, UNREGISTER, 13, {}, [7, 8]]],
      ["ann", [36, DELETE, 14, {}, [7, 8]]],
    ]);
  });
});

/** ann's registrations are 3 (exact), 4 (prefix) and 5 (wildcard), which ben shares. */
function registered() {
  const realm = new TestRealm();
  const [ann, ben] = realm.joinAll("ann", "ben");
  ann.send([64, 1, {}, "com.add"], [64, 2, { match: "prefix" }, "com"]);
  for (const callee of [ann, ben]) callee.send([64, 3, { match: "wildcard", invoke: "last" }, "com..x"]);
  return { realm, ann, ben };
}

describe("procedures", () => {
  test("[MR-05][META-07] list answers all ids by match policy", () => {
    const { realm, ben } = registered();
    const ids = { exact: [3], prefix: [4], wildcard: [5] };
    expect(ask(realm, ben, "wamp.registration.list", [null, 1], { foo: 1 })).toStrictEqual(answered("ben", ids));
    realm.sleepAndWake();
    expect(ask(realm, ben, "wamp.registration.list")).toStrictEqual(answered("ben", ids));
    const none = { exact: [], prefix: [], wildcard: [] };
    const empty = new TestRealm();
    expect(ask(empty, empty.join("zoe"), "wamp.registration.list")).toStrictEqual(answered("zoe", none));
  });

  test("[MU-12] list answers the ids of one session", () => {
    const { realm, ann } = registered();
    const ids = { exact: [], prefix: [], wildcard: [5] };
    expect(ask(realm, ann, "wamp.registration.list", [2])).toStrictEqual(answered("ann", ids));
    expect(ask(realm, ann, "wamp.registration.list", [9])).toStrictEqual(refused("ann", "wamp.error.no_such_session"));
    expect(ask(realm, ann, "wamp.registration.list", ["x"])).toStrictEqual(
      refused("ann", "wamp.error.invalid_argument", "session is invalid"),
    );
  });

  test.each([
    [["com.add"], 3],
    [["com.add", {}], 3],
    [["com.add", null], 3],
    [["com.add", { match: "exact" }], 3],
    [["com.add", { match: null }], 3],
    [["com.add", { match: "prefix" }], null],
    [["com", { match: "prefix" }], 4],
    [["com..x", { match: "wildcard", foo: 1 }, 7], 5],
    [["com..x"], null],
    [["wamp.session.count"], null],
    [["not a uri"], null],
  ])("[MR-06][META-07] lookup %j answers the id of the registration or null", (args, id) => {
    const { realm, ben } = registered();
    expect(ask(realm, ben, "wamp.registration.lookup", args)).toStrictEqual(answered("ben", id));
  });

  test.each([
    ["com.add", 3],
    ["com.sub", 4],
    ["com.a.x", 4],
    ["com.a.b", 4],
    ["org.add", null],
    ["not a uri", null],
    ["", null],
  ])("[MR-07] match %s answers the id of the registration a call would go to, or null", (procedure, id) => {
    const { realm, ben } = registered();
    expect(ask(realm, ben, "wamp.registration.match", [procedure])).toStrictEqual(answered("ben", id));
  });

  test("[MR-07][URI-13] match knows that no registration gets a call of the router's", () => {
    const { realm, ann } = registered();
    ann.send([64, 4, { match: "prefix" }, ""]);
    expect(ask(realm, ann, "wamp.registration.match", ["wampum.x"])).toStrictEqual(answered("ann", 6));
    expect(ask(realm, ann, "wamp.registration.match", ["wamp.session.get"])).toStrictEqual(answered("ann", null));
  });

  test("[MR-08] get answers the details of on_create", () => {
    const { realm, ann } = registered();
    const details = { id: 5, created: "1970-01-01T00:00:00.000Z", uri: "com..x", match: "wildcard", invoke: "last" };
    expect(ask(realm, ann, "wamp.registration.get", [5])).toStrictEqual(answered("ann", details));
    realm.time = 5000;
    realm.sleepAndWake();
    expect(ask(realm, ann, "wamp.registration.get", [5])).toStrictEqual(answered("ann", details));
  });

  test("[MR-09][MR-10] list_callees and count_callees answer the session ids and their number", () => {
    const { realm, ann } = registered();
    for (const [registration, ids] of [
      [3, [1]],
      [5, [1, 2]],
    ] as const) {
      expect(ask(realm, ann, "wamp.registration.list_callees", [registration])).toStrictEqual(answered("ann", ids));
      expect(ask(realm, ann, "wamp.registration.count_callees", [registration])).toStrictEqual(
        answered("ann", ids.length),
      );
    }
  });

  test.each(["get", "list_callees", "count_callees", "remove_callee"])(
    "[MR-08][MR-09][MR-10][RREV-04][META-05] %s needs the id of a registration",
    (name) => {
      const { realm, ann } = registered();
      const procedure = `wamp.registration.${name}`;
      ann.send([66, 9, 3]);
      expect(ask(realm, ann, procedure, [3, 1])).toStrictEqual(refused("ann", NO_SUCH_REGISTRATION));
      expect(ask(realm, ann, procedure, [99, 1])).toStrictEqual(refused("ann", NO_SUCH_REGISTRATION));
      expect(ask(realm, ann, procedure)).toStrictEqual(
        refused("ann", "wamp.error.invalid_argument", "registration is missing"),
      );
      expect(ask(realm, ann, procedure, ["5", 1])).toStrictEqual(
        refused("ann", "wamp.error.invalid_argument", "registration is invalid"),
      );
    },
  );

  test.each(["lookup", "match"])("[META-05] %s needs a procedure", (name) => {
    const { realm, ann } = registered();
    const procedure = `wamp.registration.${name}`;
    const refusal = (fault: string) => refused("ann", "wamp.error.invalid_argument", fault);
    expect(ask(realm, ann, procedure)).toStrictEqual(refusal("procedure is missing"));
    expect(ask(realm, ann, procedure, [7])).toStrictEqual(refusal("procedure is invalid"));
  });

  test("[META-05] lookup needs options that are", () => {
    const { realm, ann } = registered();
    const lookup = (options: unknown) => ask(realm, ann, "wamp.registration.lookup", ["com.add", options]);
    const refusal = (fault: string) => refused("ann", "wamp.error.invalid_argument", fault);
    expect(lookup("prefix")).toStrictEqual(refusal("options is invalid"));
    expect(lookup({ match: "regex" })).toStrictEqual(refusal("match is invalid"));
    expect(lookup({ match: 1 })).toStrictEqual(refusal("match is invalid"));
  });
});

describe("wamp.registration.remove_callee", () => {
  const CALLEE = { callee: { features: { registration_revocation: true } } };

  function revocable(roles: object) {
    const realm = new TestRealm();
    const [ann, ben] = [realm.join("ann"), realm.join("ben", roles)];
    ben.send([64, 1, { invoke: "first" }, "com.add"]);
    return { realm, ann, ben };
  }

  test.each([
    [{}, { registration: 3 }],
    [{ reason: null }, { registration: 3 }],
    [{ reason: "moving endpoint to other callee" }, { registration: 3, reason: "moving endpoint to other callee" }],
  ])("[RREV-01][RREV-04] takes the registration away and sends the callee the reason: %j", (kwargs, details) => {
    const { realm, ann } = revocable(CALLEE);
    expect(ask(realm, ann, "wamp.registration.remove_callee", [3, 2], kwargs)).toStrictEqual([
      ...answered("ann"),
      ["ben", [67, 0, details]],
    ]);
    expect(ask(realm, ann, "com.add")).toStrictEqual(refused("ann", "wamp.error.no_such_procedure"));
  });

  test("[RREV-02] says nothing to a callee that did not announce the feature, for it or for another role", () => {
    for (const roles of [{ callee: {} }, { callee: {}, subscriber: { features: { registration_revocation: true } } }]) {
      const { realm, ann } = revocable(roles);
      expect(ask(realm, ann, "wamp.registration.remove_callee", [3, 2])).toStrictEqual(answered("ann"));
      expect(ask(realm, ann, "com.add")).toStrictEqual(refused("ann", "wamp.error.no_such_procedure"));
    }
  });

  test("[RREV-03] makes the events of an UNREGISTER, after the message to the callee", () => {
    const { realm, ann } = revocable(CALLEE);
    watch(realm, ann, "wamp.registration.on_delete", "wamp.registration.on_unregister");
    expect(ask(realm, ann, "wamp.registration.remove_callee", [3, 2])).toStrictEqual([
      ...answered("ann"),
      ["ben", [67, 0, { registration: 3 }]],
      ["ann", [36, 5, 6, {}, [2, 3]]],
      ["ann", [36, 4, 7, {}, [2, 3]]],
    ]);
  });

  test("[RREV-01] lets running invocations finish, leaves other callees, and lasts over a sleep", () => {
    const { realm, ann, ben } = revocable(CALLEE);
    const cat = realm.join("cat");
    cat.send([64, 1, { invoke: "first" }, "com.add"]);
    ann.send([48, 5, {}, "com.add"]);
    ask(realm, ann, "wamp.registration.remove_callee", [3, 2]);
    realm.sleepAndWake();
    ben.send([70, 1, {}, [42]]);
    ann.send([48, 6, {}, "com.add"]);
    ben.send([66, 2, 3]);
    expect(realm.take()).toStrictEqual([
      ["ann", [50, 5, {}, [42]]],
      ["cat", [68, 1, 3, {}]],
      ["ben", [8, 66, 2, {}, ...routerError(NO_SUCH_REGISTRATION)]],
    ]);
  });

  test("[RREV-04] knows no session that is not a callee of the registration, or is the router's own", () => {
    const { realm, ann } = revocable(CALLEE);
    joinAs(realm, "component", "trusted").send([64, 1, { invoke: "first" }, "com.add"]);
    for (const session of [1, 4, 99]) {
      expect(ask(realm, ann, "wamp.registration.remove_callee", [3, session])).toStrictEqual(
        refused("ann", "wamp.error.no_such_session"),
      );
    }
    expect(ask(realm, ann, "wamp.registration.count_callees", [3])).toStrictEqual(answered("ann", 2));
  });

  test("[RREV-04][META-05] needs a session and takes a reason that is text", () => {
    const { realm, ann } = revocable(CALLEE);
    const remove = (args: unknown[], kwargs: object) =>
      ask(realm, ann, "wamp.registration.remove_callee", args, kwargs);
    const refusal = (fault: string) => refused("ann", "wamp.error.invalid_argument", fault);
    expect(remove([3], {})).toStrictEqual(refusal("session is missing"));
    expect(remove([3, "2"], {})).toStrictEqual(refusal("session is invalid"));
    expect(remove([3, 2], { reason: 7 })).toStrictEqual(refusal("reason is invalid"));
    expect(realm.realm.dealer.registrations.size).toBe(1);
  });
});
