/** REGISTER and UNREGISTER, basic profile (Remote Procedure Calls). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { TestRealm } from "../host/test-realm.ts";
import { testRealmWithAdd } from "./rpc-clients.ts";

describe("REGISTER", () => {
  test("[REG-01] REGISTER is answered with REGISTERED and the id of a registration", () => {
    const realm = new TestRealm();
    realm.join("callee").send([64, 1, {}, "com.myapp.myprocedure1"]);
    expect(realm.take()).toStrictEqual([["callee", [65, 1, 2]]]);
  });

  test("[REG-02] REGISTER of a registered procedure is refused, for other sessions and the same session", () => {
    const { realm, callee, caller } = testRealmWithAdd();
    callee.send([64, 2, {}, "com.add"]);
    caller.send([64, 1, {}, "com.add"], [64, 2, { match: "exact", invoke: "single" }, "com.add"]);
    caller.send([48, 3, {}, "com.add"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [8, 64, 2, {}, ...routerError("wamp.error.procedure_already_exists")]],
      ["caller", [8, 64, 1, {}, ...routerError("wamp.error.procedure_already_exists")]],
      ["caller", [8, 64, 2, {}, ...routerError("wamp.error.procedure_already_exists")]],
      ["callee", [68, 1, 3, {}]],
    ]);
  });

  test("REGISTER beyond the limit of the session is refused", () => {
    const realm = new TestRealm({ limits: { registrations_per_session: 1 } });
    const ann = realm.join("ann");
    ann.send([64, 1, {}, "a.b"], [64, 2, {}, "a.c"], [66, 3, 2], [64, 4, {}, "a.c"]);
    expect(realm.take()).toStrictEqual([
      ["ann", [65, 1, 2]],
      ["ann", [8, 64, 2, {}, "wamp.edge.error.limit_exceeded", ["a session may hold 1 registrations"]]],
      ["ann", [67, 3]],
      ["ann", [65, 4, 3]],
    ]);
  });
});

describe("UNREGISTER", () => {
  test("[REG-05] UNREGISTER ends a registration, and the procedure is free for others", () => {
    const { realm, callee, caller } = testRealmWithAdd();
    callee.send([66, 2, 3]);
    caller.send([48, 1, {}, "com.add"], [64, 2, {}, "com.add"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [67, 2]],
      ["caller", [8, 48, 1, {}, ...routerError("wamp.error.no_such_procedure")]],
      ["caller", [65, 2, 4]],
    ]);
  });

  test("[REG-06] UNREGISTER of an unknown registration is refused, also the second time", () => {
    const { realm, callee } = testRealmWithAdd();
    callee.send([66, 2, 2103333224], [66, 3, 3], [66, 4, 3]);
    expect(realm.take()).toStrictEqual([
      ["callee", [8, 66, 2, {}, ...routerError("wamp.error.no_such_registration")]],
      ["callee", [67, 3]],
      ["callee", [8, 66, 4, {}, ...routerError("wamp.error.no_such_registration")]],
    ]);
  });

  test("[REG-07] UNREGISTER of another session's registration is refused as if it did not exist, and changes nothing", () => {
    const { realm, caller } = testRealmWithAdd();
    caller.send([66, 1, 3], [48, 2, {}, "com.add"]);
    expect(realm.take()).toStrictEqual([
      ["caller", [8, 66, 1, {}, ...routerError("wamp.error.no_such_registration")]],
      ["callee", [68, 1, 3, {}]],
    ]);
  });

  test("[REG-09] UNREGISTER does not affect running invocations: YIELD and ERROR reach their callers, before and after sleep", () => {
    const { realm, callee, caller } = testRealmWithAdd();
    caller.send([48, 1, {}, "com.add"], [48, 2, {}, "com.add"], [48, 3, {}, "com.add"]);
    callee.send([66, 2, 3], [70, 1, {}, ["one"]]);
    realm.sleepAndWake();
    callee.send([8, 68, 2, {}, "com.error"], [70, 3, {}, ["three"]]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}]],
      ["callee", [68, 2, 3, {}]],
      ["callee", [68, 3, 3, {}]],
      ["callee", [67, 2]],
      ["caller", [50, 1, {}, ["one"]]],
      ["caller", [8, 48, 2, {}, "com.error"]],
      ["caller", [50, 3, {}, ["three"]]],
    ]);
  });
});

test("[REG-08] a session's registrations end with the session", () => {
  const { realm, callee, caller } = testRealmWithAdd();
  callee.send([64, 2, { match: "prefix" }, "com.sub"]);
  callee.disconnect();
  realm.take();
  caller.send([48, 1, {}, "com.add"], [48, 2, {}, "com.sub.x"], [64, 3, {}, "com.add"]);
  expect(realm.take()).toStrictEqual([
    ["caller", [8, 48, 1, {}, ...routerError("wamp.error.no_such_procedure")]],
    ["caller", [8, 48, 2, {}, ...routerError("wamp.error.no_such_procedure")]],
    ["caller", [65, 3, 5]],
  ]);
});
