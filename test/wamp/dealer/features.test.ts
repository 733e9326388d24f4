/** Features that the dealer announces, and its use of the features that clients announce. */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { TestRealm } from "../host/test-realm.ts";
import { joinCallee, joinCaller } from "./rpc-clients.ts";

const DEALER_FEATURES = [
  "call_canceling",
  "call_reroute",
  "call_timeout",
  "call_trustlevels",
  "caller_identification",
  "pattern_based_registration",
  "payload_passthru_mode",
  "progressive_call_invocations",
  "progressive_call_results",
  "sharded_registration",
  "shared_registration",
];

/** WELCOME.Details.roles.dealer.features */
function announced(): Record<string, unknown> {
  const realm = new TestRealm({ options: { enable_meta_api: false } });
  realm.connect("ann").send([1, "realm1", { roles: { caller: {} } }]);
  const [[, welcome]] = realm.take() as [[string, [2, number, { roles: { dealer: { features: object } } }]]];
  return { ...welcome[2].roles.dealer.features };
}

test("[FEAT-01][FEAT-06][CANCEL-13] WELCOME announces the features of the dealer, among them call_canceling", () => {
  expect(Object.keys(announced()).toSorted()).toStrictEqual(DEALER_FEATURES);
  expect(new Set(Object.values(announced()))).toStrictEqual(new Set([true]));
});

describe("features that a callee announces", () => {
  test.each([
    ["call_canceling", true],
    ["call_cancelling", true],
    ["call_cancelled", false],
  ])("[FEAT-03] a callee that announces %s can be interrupted: %s", (name, canCancel) => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    joinCallee(realm, "callee", [name]);
    caller.send([48, 1, {}, "com.p"], [49, 1, {}]);
    expect(realm.take().some(([, message]) => message[0] === 69)).toBe(canCancel);
  });

  test.each([["true"], [1], [{}], [null], [false]])(
    "[FEAT-03][FEAT-05] a callee that announces call_canceling: %j did not announce the feature",
    (value) => {
      const realm = new TestRealm();
      const caller = joinCaller(realm, "caller");
      const features = { call_canceling: value, progressive_call_invocations: true };
      realm.join("callee", { callee: { features } }).send([64, 1, {}, "com.p"]);
      realm.take();
      caller.send([48, 1, { progress: true }, "com.p"]);
      expect(realm.take()).toStrictEqual([
        ["caller", [8, 48, 1, {}, ...routerError("wamp.error.feature_not_supported")]],
      ]);
    },
  );

  test("[FEAT-05] the features that a callee announced survive sleep", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    joinCallee(realm, "callee", ["progressive_call_invocations", "call_canceling", "progressive_call_results"]);
    realm.sleepAndWake();
    caller.send([48, 1, { progress: true, receive_progress: true }, "com.p"], [49, 1, {}]);
    expect(realm.take().slice(0, 2)).toStrictEqual([
      ["callee", [68, 1, 3, { progress: true, receive_progress: true }]],
      ["callee", [69, 1, { mode: "killnowait" }]],
    ]);
  });
});

test.each([
  ["CALL with disclose_me", { disclose_me: true }, { caller: 1 }],
  ["CALL with timeout", { timeout: 5 }, {}],
  ["CALL with receive_progress", { receive_progress: true }, { receive_progress: true }],
  ["CALL by key", { runmode: "partition", rkey: "k" }, {}],
])("[FEAT-08] %s works for a caller that announced no features", (_, options, details) => {
  const realm = new TestRealm();
  const caller = joinCaller(realm, "caller", []);
  joinCallee(realm, "callee");
  caller.send([48, 1, options, "com.p"]);
  expect(realm.take()).toMatchObject([["callee", [68, 1, 3, details]]]);
});

test("[FEAT-08] patterns, invocation policies and CANCEL work for clients that announced no features", () => {
  const realm = new TestRealm();
  const caller = joinCaller(realm, "caller", []);
  joinCallee(realm, "callee", [], { match: "prefix", invoke: "last" }, "com.");
  caller.send([48, 1, {}, "com.p"], [49, 1, {}]);
  expect(realm.take()).toStrictEqual([
    ["callee", [68, 1, 3, { procedure: "com.p" }]],
    ["caller", [8, 48, 1, {}, ...routerError("wamp.error.canceled")]],
  ]);
});
