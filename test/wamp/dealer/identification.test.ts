/** Disclosure of callers to callees (Caller Identification, Call Trust Levels). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { TestRealm } from "../host/test-realm.ts";
import { joinCallee, joinCaller } from "./rpc-clients.ts";

const CALL_AND_REGISTER = { call: true, register: true };
const REFUSED = "wamp.error.option_disallowed.disclose_me";

const PERMISSIONS = [
  { uri: "com.", match: "prefix", allow: CALL_AND_REGISTER },
  { uri: "com.always", allow: CALL_AND_REGISTER, disclose: { caller: true } },
  { uri: "com.never", allow: CALL_AND_REGISTER, disclose: { caller: false } },
  { uri: "com.high", allow: CALL_AND_REGISTER, trustlevel: 3 },
  { uri: "com.low", allow: CALL_AND_REGISTER, trustlevel: 0, disclose: { caller: true } },
] as const;

/** A caller (session 1) and a callee (session 2) of `procedure` (registration 3). */
function testRealmOf(procedure: string, registerOptions: object = {}) {
  const realm = new TestRealm({ roles: [{ name: "anonymous", permissions: PERMISSIONS }] });
  const caller = joinCaller(realm, "caller");
  return { realm, caller, callee: joinCallee(realm, "callee", [], registerOptions, procedure) };
}

function identity(realm: TestRealm): object {
  const session = realm.realm.sessions.byId.get(1);
  return { caller: 1, caller_authid: session?.identity.authid, caller_authrole: "anonymous" };
}

describe("the caller's identity", () => {
  test("[CID-01][CID-02] a caller with disclose_me is disclosed with session id, authid and authrole", () => {
    const { realm, caller } = testRealmOf("com.p");
    caller.send([48, 1, { disclose_me: true }, "com.p", ["x"]]);
    expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, identity(realm), ["x"]]]]);
  });

  test.each([[{}], [{ disclose_me: false }], [{ disclose_me: null }]])(
    "[CID-07] a caller with the options %j is not disclosed, not even in part",
    (options) => {
      const { realm, caller } = testRealmOf("com.p");
      caller.send([48, 1, options, "com.p"]);
      expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, {}]]]);
    },
  );

  test("[CID-03] a caller is disclosed to a callee that registered with disclose_caller, also after sleep", () => {
    const { realm, caller } = testRealmOf("com.p", { disclose_caller: true });
    caller.send([48, 1, {}, "com.p"]);
    realm.sleepAndWake();
    caller.send([48, 2, { disclose_me: false }, "com.p"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, identity(realm)]],
      ["callee", [68, 2, 3, identity(realm)]],
    ]);
  });

  test("[SHR-14][CID-03] a caller is disclosed only to the callees with disclose_caller, in any order of registration", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    joinCallee(realm, "disclosing", [], { invoke: "roundrobin", disclose_caller: true });
    joinCallee(realm, "plain", [], { invoke: "roundrobin" });
    caller.send([48, 1, {}, "com.p"], [48, 2, {}, "com.p"], [48, 3, {}, "com.p"]);
    expect(realm.take().map(([name, message]) => [name, message[3]])).toStrictEqual([
      ["disclosing", identity(realm)],
      ["plain", {}],
      ["disclosing", identity(realm)],
    ]);
  });

  test("[CID-06] a caller is disclosed if a rule requires it, with or without disclose_me", () => {
    const { realm, caller } = testRealmOf("com.always");
    caller.send([48, 1, {}, "com.always"], [48, 2, { disclose_me: false }, "com.always"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, identity(realm)]],
      ["callee", [68, 2, 3, identity(realm)]],
    ]);
  });

  test("[CID-04] a CALL with disclose_me is refused if a rule forbids disclosure", () => {
    const { realm, caller } = testRealmOf("com.never");
    caller.send([48, 1, { disclose_me: true }, "com.never"], [48, 2, {}, "com.never"]);
    expect(realm.take()).toStrictEqual([
      ["caller", [8, 48, 1, {}, ...routerError(REFUSED)]],
      ["callee", [68, 1, 3, {}]],
    ]);
  });

  test("[CID-05] REGISTER with disclose_caller is refused if the callee's rule forbids disclosure", () => {
    const { realm, callee } = testRealmOf("com.p");
    callee.send([64, 2, { disclose_caller: true }, "com.never"], [64, 3, { disclose_caller: false }, "com.never"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [8, 64, 2, {}, ...routerError(REFUSED)]],
      ["callee", [65, 3, 4]],
    ]);
  });

  test("[CID-05] a forbidden disclosure also holds for a callee that registered a wider pattern with disclose_caller", () => {
    const { realm, caller } = testRealmOf("com.", { match: "prefix", disclose_caller: true });
    caller.send([48, 1, {}, "com.never"], [48, 2, {}, "com.other"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, { procedure: "com.never" }]],
      ["callee", [68, 2, 3, { ...identity(realm), procedure: "com.other" }]],
    ]);
  });
});

describe("the trust level", () => {
  test("[CTL-01] an invocation carries the trust level of the caller's rule, together with its other details", () => {
    const { realm, caller } = testRealmOf("com.", { match: "prefix" });
    caller.send([48, 1, {}, "com.high", ["x"]], [48, 2, {}, "com.low"], [48, 3, {}, "com.p"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, { trustlevel: 3, procedure: "com.high" }, ["x"]]],
      ["callee", [68, 2, 3, { ...identity(realm), trustlevel: 0, procedure: "com.low" }]],
      ["callee", [68, 3, 3, { procedure: "com.p" }]],
    ]);
  });

  test("[CTL-01] a caller cannot set the trust level", () => {
    const { realm, caller } = testRealmOf("com.p");
    caller.send([48, 1, { trustlevel: 9 }, "com.p"]);
    expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, {}]]]);
  });
});
