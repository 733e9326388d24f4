/** What callees learn of callers (Caller Identification, Call Trust Levels). */

import { describe, expect, test } from "vitest";
import { denial } from "../authorization/denial.ts";
import { Stage } from "../host/recording-host.ts";
import { joinCallee, joinCaller } from "./parties.ts";

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
function stageOf(procedure: string, registerOptions: object = {}) {
  const stage = new Stage({ roles: [{ name: "anonymous", permissions: PERMISSIONS }] });
  const caller = joinCaller(stage, "caller");
  return { stage, caller, callee: joinCallee(stage, "callee", [], registerOptions, procedure) };
}

function identity(stage: Stage): object {
  const session = stage.realm.sessions.get(1);
  return { caller: 1, caller_authid: session?.identity.authid, caller_authrole: "anonymous" };
}

describe("the caller's identity", () => {
  test("[CID-01][CID-02] is disclosed when the caller wishes: session, authid and authrole", () => {
    const { stage, caller } = stageOf("com.p");
    caller.send([48, 1, { disclose_me: true }, "com.p", ["x"]]);
    expect(stage.take()).toStrictEqual([["callee", [68, 1, 3, identity(stage), ["x"]]]]);
  });

  test.each([[{}], [{ disclose_me: false }], [{ disclose_me: null }]])(
    "[CID-07] is not disclosed otherwise, not in part either: %j",
    (options) => {
      const { stage, caller } = stageOf("com.p");
      caller.send([48, 1, options, "com.p"]);
      expect(stage.take()).toStrictEqual([["callee", [68, 1, 3, {}]]]);
    },
  );

  test("[CID-03] is disclosed to a callee that registered with disclose_caller, and after a sleep too", () => {
    const { stage, caller } = stageOf("com.p", { disclose_caller: true });
    caller.send([48, 1, {}, "com.p"]);
    stage.sleepAndWake();
    caller.send([48, 2, { disclose_me: false }, "com.p"]);
    expect(stage.take()).toStrictEqual([
      ["callee", [68, 1, 3, identity(stage)]],
      ["callee", [68, 2, 3, identity(stage)]],
    ]);
  });

  test("[SHR-14][CID-03] is disclosed to those callees only that asked, whoever registered first", () => {
    const stage = new Stage();
    const caller = joinCaller(stage, "caller");
    joinCallee(stage, "curious", [], { invoke: "roundrobin", disclose_caller: true });
    joinCallee(stage, "discreet", [], { invoke: "roundrobin" });
    caller.send([48, 1, {}, "com.p"], [48, 2, {}, "com.p"], [48, 3, {}, "com.p"]);
    expect(stage.take().map(([name, message]) => [name, message[3]])).toStrictEqual([
      ["curious", identity(stage)],
      ["discreet", {}],
      ["curious", identity(stage)],
    ]);
  });

  test("[CID-06] is disclosed where a rule says so, wished or not", () => {
    const { stage, caller } = stageOf("com.always");
    caller.send([48, 1, {}, "com.always"], [48, 2, { disclose_me: false }, "com.always"]);
    expect(stage.take()).toStrictEqual([
      ["callee", [68, 1, 3, identity(stage)]],
      ["callee", [68, 2, 3, identity(stage)]],
    ]);
  });

  test("[CID-04] is not disclosed where a rule forbids it, and the wish is refused (D-18)", () => {
    const { stage, caller } = stageOf("com.never");
    caller.send([48, 1, { disclose_me: true }, "com.never"], [48, 2, {}, "com.never"]);
    expect(stage.take()).toStrictEqual([
      ["caller", [8, 48, 1, {}, ...denial(REFUSED)]],
      ["callee", [68, 1, 3, {}]],
    ]);
  });

  test("[CID-05] cannot be asked for by a callee where its own rule forbids it", () => {
    const { stage, callee } = stageOf("com.p");
    callee.send([64, 2, { disclose_caller: true }, "com.never"], [64, 3, { disclose_caller: false }, "com.never"]);
    expect(stage.take()).toStrictEqual([
      ["callee", [8, 64, 2, {}, ...denial(REFUSED)]],
      ["callee", [65, 3, 4]],
    ]);
  });

  test("[CID-05] stays hidden from a callee that registered a pattern with disclose_caller around the forbidden procedure", () => {
    const { stage, caller } = stageOf("com.", { match: "prefix", disclose_caller: true });
    caller.send([48, 1, {}, "com.never"], [48, 2, {}, "com.other"]);
    expect(stage.take()).toStrictEqual([
      ["callee", [68, 1, 3, { procedure: "com.never" }]],
      ["callee", [68, 2, 3, { ...identity(stage), procedure: "com.other" }]],
    ]);
  });
});

describe("the trust level", () => {
  test("[CTL-01] of a call is what the caller's rule for the procedure says, beside everything else", () => {
    const { stage, caller } = stageOf("com.", { match: "prefix" });
    caller.send([48, 1, {}, "com.high", ["x"]], [48, 2, {}, "com.low"], [48, 3, {}, "com.p"]);
    expect(stage.take()).toStrictEqual([
      ["callee", [68, 1, 3, { trustlevel: 3, procedure: "com.high" }, ["x"]]],
      ["callee", [68, 2, 3, { ...identity(stage), trustlevel: 0, procedure: "com.low" }]],
      ["callee", [68, 3, 3, { procedure: "com.p" }]],
    ]);
  });

  test("[CTL-01] cannot be set by the caller", () => {
    const { stage, caller } = stageOf("com.p");
    caller.send([48, 1, { trustlevel: 9 }, "com.p"]);
    expect(stage.take()).toStrictEqual([["callee", [68, 1, 3, {}]]]);
  });
});
