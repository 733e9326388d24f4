/** Audit records: which verdicts are recorded, and their fields (Authorization). */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { TestRealm } from "../host/test-realm.ts";

const ALL = { call: true, register: true, publish: true, subscribe: true };
const ROLES: NonNullable<RealmInput["roles"]> = [
  {
    name: "anonymous",
    permissions: [
      { uri: "com.", match: "prefix", allow: ALL },
      { uri: "com.secret", allow: {} },
      { uri: "com.report", allow: {}, grantable: true },
      { uri: "wamp.", match: "prefix", allow: { call: true } },
    ],
  },
];

function createRealm(accounting: "all" | "denied" | undefined, input: Partial<RealmInput> = {}): TestRealm {
  return new TestRealm({ roles: ROLES, ...(accounting && { options: { accounting } }), ...input });
}

/** Action, URI, match and verdict of each record. */
function verdictsOf(realm: TestRealm): unknown[] {
  return realm.auditTrail.splice(0).map(({ action, uri, match, verdict }) => [action, uri, match, verdict]);
}

const MESSAGES = [
  [32, 1, { match: "prefix" }, "com.a."],
  [64, 2, {}, "com.b"],
  [48, 3, {}, "com.b"],
  [16, 4, {}, "com.a.b"],
  [48, 5, {}, "com.secret"],
  [16, 6, {}, "com.report"],
  [32, 7, {}, "com..a"],
  [48, 8, {}, "wamp.session.count"],
  [48, 9, {}, "wamp.edge.role.list"],
];
const ALLOWED = [
  ["subscribe", "com.a.", "prefix", "allowed"],
  ["register", "com.b", "exact", "allowed"],
  ["call", "com.b", "exact", "allowed"],
  ["publish", "com.a.b", "exact", "allowed"],
];
const REFUSED = [
  ["call", "com.secret", "exact", "wamp.error.not_authorized"],
  ["publish", "com.report", "exact", "wamp.error.authorization_required"],
  ["subscribe", "com..a", "exact", "wamp.error.invalid_uri"],
];
/** A management call without a rule for `wamp.edge.`, which a broader rule cannot replace. */
const MANAGING = ["call", "wamp.edge.role.list", "exact", "wamp.error.not_authorized"];

describe("a realm with options.accounting", () => {
  test.each([
    ["all", [...ALLOWED, ...REFUSED, ["call", "wamp.session.count", "exact", "allowed"], MANAGING]],
    ["denied", [...REFUSED, MANAGING]],
    [undefined, []],
  ] as const)("[AZ-16] set to %s records the verdicts in its scope", (accounting, verdicts) => {
    const realm = createRealm(accounting);
    realm.join("ann").send(...MESSAGES);
    expect(verdictsOf(realm)).toStrictEqual(verdicts);
  });

  test.each([
    ["wamp.edge.retained.remove", ["com.topic"], ["allowed", "allowed"], undefined],
    [
      "wamp.edge.retained.remove",
      ["com.secret"],
      ["allowed", "wamp.error.not_authorized"],
      "wamp.error.not_authorized",
    ],
    ["wamp.edge.no_such", [], ["allowed"], "wamp.error.no_such_procedure"],
    ["wamp.edge.role.no_such", [], ["allowed"], "wamp.error.no_such_procedure"],
    ["wamp.edge.permission.add", [], ["wamp.error.not_authorized"], "wamp.error.not_authorized"],
    ["wamp.edge.stats", [], ["wamp.error.not_authorized"], "wamp.error.not_authorized"],
  ])("[AZ-16] records of %s with %j what a rule for wamp. permits", (procedure, args, verdicts, error) => {
    const realm = createRealm("all");
    realm.join("ann").send([48, 1, {}, procedure, args]);
    expect(realm.auditTrail.map(({ verdict }) => verdict)).toStrictEqual(verdicts);
    expect(realm.take().at(-1)![1][4]).toBe(error);
  });

  test("[AZ-16] records a call of wamp.edge.role.list as allowed where the realm has no meta API", () => {
    const realm = createRealm("all", { options: { accounting: "all", enable_meta_api: false } });
    realm.join("ann").send([48, 1, {}, "wamp.edge.role.list"]);
    expect(realm.auditTrail.map(({ verdict }) => verdict)).toStrictEqual(["allowed"]);
    expect(realm.take().at(-1)![1][4]).toBe("wamp.error.no_such_procedure");
  });

  test("[AZ-16] records the principal, and the first 1,000 characters of the URI", () => {
    const realm = createRealm("denied", { auth: { anonymous: { type: "static", role: "anonymous", authid: "ann" } } });
    realm.join("ann").send([48, 1, {}, `org.${"x".repeat(5000)}`]);
    expect(realm.auditTrail).toStrictEqual([
      {
        realm: "realm1",
        session: 1,
        authid: "ann",
        authrole: "anonymous",
        action: "call",
        uri: `org.${"x".repeat(996)}`,
        match: "exact",
        verdict: "wamp.error.invalid_uri",
      },
    ]);
  });

  test("[AZ-16] records after sleep, too", () => {
    const realm = createRealm("denied");
    const ann = realm.join("ann");
    realm.sleepAndWake();
    ann.send([48, 1, {}, "com.secret"]);
    expect(verdictsOf(realm)).toStrictEqual([REFUSED[0]]);
  });

  test("[AZ-16] records one verdict for an action that an authorizer decided or failed to decide", async () => {
    const realm = createRealm("all", { roles: [{ ...ROLES[0]!, authorizer: "com.authorize" }] });
    const authorizer = realm.join("authorizer");
    authorizer.send([64, 1, {}, "com.authorize"]);
    realm.auditTrail.splice(0);
    const ann = realm.join("ann");
    for (const [request, response, verdict] of [
      [1, [true], "allowed"],
      [2, [false], "wamp.error.not_authorized"],
      [3, [{ allow: false, grantable: true }], "wamp.error.authorization_required"],
      [4, [{ allow: false, grantable: "yes" }], "wamp.error.authorization_failed"],
    ] as const) {
      ann.send([16, request, { acknowledge: true }, "org.x"]);
      await new Promise(setImmediate);
      authorizer.send([70, request, {}, response]);
      await new Promise(setImmediate);
      expect(verdictsOf(realm)).toStrictEqual([["publish", "org.x", "exact", verdict]]);
    }
    const answers = realm.take().flatMap(([name, message]) => (name === "ann" ? [message[4]] : []));
    expect(answers).toStrictEqual([
      undefined,
      "wamp.error.not_authorized",
      "wamp.error.authorization_required",
      "wamp.error.authorization_failed",
    ]);
  });
});
