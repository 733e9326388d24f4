/** What callees learn of callers (Caller Identification, Call Trust Levels). */

import { describe, expect, test } from "vitest";
import { denial } from "../authorization/denial-errors.ts";
import { TestRealm } from "../host/test-realm.ts";
import { joinCallee, joinCaller } from "./rpc-clients.ts";

const EVERYTHING = { call: true, register: true };
const REFUSED = "wamp.error.option_disallowed.disclose_me";

const PERMISSIONS = [
  { uri: "com.", match: "prefix", allow: EVERYTHING },
  { uri: "com.always", allow: EVERYTHING, disclose: { caller: true } },
  { uri: "com.never", allow: EVERYTHING, disclose: { caller: false } },
  { uri: "com.high", allow: EVERYTHING, trustlevel: 3 },
  { uri: "com.low", allow: EVERYTHING, trustlevel: 0, disclose: { caller: true } },
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
  test("[CID-01][CID-02] is disclosed when the caller wishes: session, authid and authrole", () => {
    const { realm, caller } = testRealmOf("com.p");
    caller.send([48, 1, { disclose_me: true }, "com.p", ["x"]]);
    expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, identity(realm), ["x"]]]]);
  });

  test.each([[{}], [{ disclose_me: false }], [{ disclose_me: null }]])(
    "[CID-07] is not disclosed otherwise, not in part either: %j",
    (options) => {
      const { realm, caller } = testRealmOf("com.p");
      caller.send([48, 1, options, "com.p"]);
      expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, {}]]]);
    },
  );

  test("[CID-03] is disclosed to a callee that registered with disclose_caller, and after a sleep too", () => {
    const { realm, caller } = testRealmOf("com.p", { disclose_caller: true });
    caller.send([48, 1, {}, "com.p"]);
    realm.sleepAndWake();
    caller.send([48, 2, { disclose_me: false }, "com.p"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, identity(realm)]],
      ["callee", [68, 2, 3, identity(realm)]],
    ]);
  });

  test("[SHR-14][CID-03] is disclosed only to the callees that asked, in whatever order they registered", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    joinCallee(realm, "curious", [], { invoke: "roundrobin", disclose_caller: true });
    joinCallee(realm, "discreet", [], { invoke: "roundrobin" });
    caller.send([48, 1, {}, "com.p"], [48, 2, {}, "com.p"], [48, 3, {}, "com.p"]);
    expect(realm.take().map(([name, message]) => [name, message[3]])).toStrictEqual([
      ["curious", identity(realm)],
      ["discreet", {}],
      ["curious", identity(realm)],
    ]);
  });

  test("[CID-06] is disclosed where a rule says so, wished or not", () => {
    const { realm, caller } = testRealmOf("com.always");
    caller.send([48, 1, {}, "com.always"], [48, 2, { disclose_me: false }, "com.always"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, identity(realm)]],
      ["callee", [68, 2, 3, identity(realm)]],
    ]);
  });

  test("[CID-04] is not disclosed where a rule forbids it, and the wish is refused", () => {
    const { realm, caller } = testRealmOf("com.never");
    caller.send([48, 1, { disclose_me: true }, "com.never"], [48, 2, {}, "com.never"]);
    expect(realm.take()).toStrictEqual([
      ["caller", [8, 48, 1, {}, ...denial(REFUSED)]],
      ["callee", [68, 1, 3, {}]],
    ]);
  });

  test("[CID-05] cannot be asked for by a callee where its own rule forbids it", () => {
    const { realm, callee } = testRealmOf("com.p");
    callee.send([64, 2, { disclose_caller: true }, "com.never"], [64, 3, { disclose_caller: false }, "com.never"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [8, 64, 2, {}, ...denial(REFUSED)]],
      ["callee", [65, 3, 4]],
    ]);
  });

  test("[CID-05] stays hidden from a callee that registered a pattern with disclose_caller around the forbidden procedure", () => {
    const { realm, caller } = testRealmOf("com.", { match: "prefix", disclose_caller: true });
    caller.send([48, 1, {}, "com.never"], [48, 2, {}, "com.other"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, { procedure: "com.never" }]],
      ["callee", [68, 2, 3, { ...identity(realm), procedure: "com.other" }]],
    ]);
  });
});

describe("the trust level", () => {
  test("[CTL-01] of a call is what the caller's rule for the procedure says, beside everything else", () => {
    const { realm, caller } = testRealmOf("com.", { match: "prefix" });
    caller.send([48, 1, {}, "com.high", ["x"]], [48, 2, {}, "com.low"], [48, 3, {}, "com.p"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, { trustlevel: 3, procedure: "com.high" }, ["x"]]],
      ["callee", [68, 2, 3, { ...identity(realm), trustlevel: 0, procedure: "com.low" }]],
      ["callee", [68, 3, 3, { procedure: "com.p" }]],
    ]);
  });

  test("[CTL-01] cannot be set by the caller", () => {
    const { realm, caller } = testRealmOf("com.p");
    caller.send([48, 1, { trustlevel: 9 }, "com.p"]);
    expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, {}]]]);
  });
});
