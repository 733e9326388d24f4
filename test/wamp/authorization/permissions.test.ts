/** Permissions as clients see them: the ERROR of each denied message (Authorization). */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { routerError } from "../host/router-errors.ts";
import { ANYTHING, TestRealm } from "../host/test-realm.ts";

type Rules = NonNullable<NonNullable<RealmInput["roles"]>[number]["permissions"]>;

/** Makes a realm whose role `anonymous` has these rules. */
function createRealm(...permissions: Rules): TestRealm {
  return new TestRealm({ roles: [{ name: "anonymous", permissions }] });
}

test.each([
  ["SUBSCRIBE [SUB-04]", [32, 1, {}, "com.x"]],
  ["SUBSCRIBE with a pattern [SUB-04]", [32, 1, { match: "prefix" }, "com."]],
  ["REGISTER [REG-03]", [64, 1, {}, "com.x"]],
  ["CALL [CALL-04]", [48, 1, {}, "com.x"]],
  ["PUBLISH with acknowledge [PUB-03]", [16, 1, { acknowledge: true }, "com.x"]],
])("[AZ-03] what is not permitted is refused with not_authorized: %s", (_, message) => {
  const realm = createRealm();
  realm.join("ann").send(message);
  expect(realm.take()).toStrictEqual([["ann", [8, message[0], 1, {}, ...routerError("wamp.error.not_authorized")]]]);
});

describe("an action that needs a grant", () => {
  const REQUIRED = "wamp.error.authorization_required";
  const reports = { uri: "com.reports.", match: "prefix", allow: { subscribe: true }, grantable: true } as const;

  test.each<[string, unknown[], string | undefined]>([
    ["SUBSCRIBE to what is allowed", [32, 1, {}, "com.reports.may"], undefined],
    ["CALL", [48, 1, {}, "com.reports.may"], REQUIRED],
    ["REGISTER", [64, 1, {}, "com.reports.may"], REQUIRED],
    ["REGISTER with a pattern", [64, 1, { match: "prefix" }, "com.reports.may"], REQUIRED],
    ["PUBLISH with acknowledge", [16, 1, { acknowledge: true }, "com.reports.may"], REQUIRED],
    ["what another rule denies", [48, 1, {}, "com.reports.secret"], "wamp.error.not_authorized"],
    ["a pattern that touches it", [64, 1, { match: "prefix" }, "com.reports."], "wamp.error.not_authorized"],
    ["a pattern that touches only what takes a grant", [64, 1, { match: "prefix" }, "com.drafts."], REQUIRED],
    ["a pattern that goes beyond all rules", [64, 1, { match: "prefix" }, "com."], "wamp.error.not_authorized"],
  ])("[AZ-14] is refused with authorization_required: %s", (_, message, error) => {
    const realm = createRealm(
      reports,
      { uri: "com.reports.secret", allow: {} },
      { uri: "com.drafts.", match: "prefix", allow: { register: true } },
      { uri: "com.drafts.old", allow: {}, grantable: true },
    );
    realm.join("ann").send(message);
    const [[, reply] = []] = realm.take();
    if (error === undefined) expect(reply?.slice(0, 2)).toStrictEqual([33, 1]);
    else expect(reply).toStrictEqual([8, message[0], 1, {}, ...routerError(error)]);
  });
});

test("[AZ-03] a rule permits each action separately", () => {
  const realm = createRealm(
    { uri: "com.s", allow: { subscribe: true } },
    { uri: "com.p", allow: { publish: true } },
    { uri: "com.r", allow: { register: true } },
    { uri: "com.c", allow: { call: true } },
  );
  const ann = realm.join("ann");
  for (const uri of ["com.s", "com.p", "com.r", "com.c"]) {
    ann.send([32, 1, {}, uri], [16, 2, { acknowledge: true }, uri], [64, 3, {}, uri], [48, 4, {}, uri]);
  }
  const answers = realm.take().map(([, message]) => message.slice(0, 3));
  expect(answers).toStrictEqual([
    [33, 1, 2],
    [8, 16, 2],
    [8, 64, 3],
    [8, 48, 4],
    [8, 32, 1],
    [17, 2, 3],
    [8, 64, 3],
    [8, 48, 4],
    [8, 32, 1],
    [8, 16, 2],
    [65, 3, 4],
    [8, 48, 4],
    [8, 32, 1],
    [8, 16, 2],
    [8, 64, 3],
    [8, 48, 4],
  ]);
});

test("[AZ-05][PUB-04] an unacknowledged PUBLISH that is not permitted is dropped silently", () => {
  const realm = createRealm({ uri: "", match: "prefix", allow: { subscribe: true } });
  const [sub, pub] = realm.joinAll("sub", "pub");
  sub.send([32, 1, {}, "com.x"]);
  realm.take();
  pub.send([16, 1, {}, "com.x"], [16, 2, { acknowledge: false }, "com.x"]);
  expect(realm.take()).toStrictEqual([]);
});

describe("[AZ-06] no permission beyond ownership is needed", () => {
  test("for UNSUBSCRIBE, UNREGISTER, YIELD, ERROR, CANCEL and GOODBYE", () => {
    const realm = new TestRealm();
    const [callee, caller] = realm.joinAll("callee", "caller");
    callee.send([64, 1, {}, "com.add"], [32, 2, {}, "com.x"]);
    caller.send([48, 1, {}, "com.add"], [48, 2, {}, "com.add"], [48, 3, {}, "com.add"]);
    realm.take();
    // While the realm slept, the new configuration took away all permissions.
    realm.configure({ roles: [{ name: "anonymous" }] });
    realm.sleepAndWake();
    caller.send([48, 4, {}, "com.add"], [49, 1, { mode: "skip" }]);
    callee.send([70, 2, {}], [8, 68, 3, {}, "com.error"], [66, 3, 3], [34, 4, 4]);
    callee.send([6, {}, "wamp.close.close_realm"]);
    expect(realm.take()).toStrictEqual([
      ["caller", [8, 48, 4, {}, ...routerError("wamp.error.not_authorized")]],
      ["caller", [8, 48, 1, {}, ...routerError("wamp.error.canceled")]],
      ["caller", [50, 2, {}]],
      ["caller", [8, 48, 3, {}, "com.error"]],
      ["callee", [67, 3]],
      ["callee", [35, 4]],
      ["callee", [6, {}, "wamp.close.goodbye_and_out"]],
    ]);
  });
});

describe("[AZ-07] a denial does not tell whether the target exists", () => {
  const roles = [
    { name: "anonymous", permissions: [ANYTHING] },
    { name: "stranger", permissions: [] },
  ];

  test.each([
    ["CALL [CALL-04]", [48, 1, {}, "com.secret"], [48, 1, {}, "com.nothing"]],
    ["REGISTER [REG-03]", [64, 1, {}, "com.secret"], [64, 1, {}, "com.nothing"]],
    ["SUBSCRIBE", [32, 1, {}, "com.secret"], [32, 1, {}, "com.nothing"]],
  ])("in the reply to %s", (_, known, unknown) => {
    const realm = new TestRealm({ roles });
    const ann = realm.join("ann");
    ann.send([64, 1, {}, "com.secret"], [32, 2, {}, "com.secret"]);
    realm.take();
    realm.configure({ roles, auth: { anonymous: { type: "static", role: "stranger" } } });
    realm.sleepAndWake();
    realm.join("eve").send(known, unknown);
    const refusal = ["eve", [8, known[0], 1, {}, ...routerError("wamp.error.not_authorized")]];
    expect(realm.take()).toStrictEqual([refusal, refusal]);
  });
});

test.each([
  [[16, 1, { acknowledge: true }, "com.x"], "publish to topic 'com.x'"],
  [[32, 1, {}, "com.x"], "subscribe to topic 'com.x'"],
  [[32, 1, { match: "prefix" }, "com."], "subscribe to topic 'com.' (prefix)"],
  [[64, 1, { match: "wildcard" }, "com..x"], "register procedure 'com..x' (wildcard)"],
  [[48, 1, {}, "com.x"], "call procedure 'com.x'"],
  [[48, 1, {}, "wamp.session.list"], "call procedure 'wamp.session.list'"],
])("[AZ-03] the refusal tells who may not do what: %j", (message, action) => {
  const auth = { anonymous: { type: "static", role: "anonymous", authid: "joe" } } as const;
  const realm = new TestRealm({ auth, roles: [{ name: "anonymous", permissions: [] }] });
  realm.join("ann").send(message);
  const words = `session (authid 'joe', authrole 'anonymous') not authorized to ${action}`;
  expect(realm.take()).toStrictEqual([["ann", [8, message[0], 1, {}, "wamp.error.not_authorized", [words]]]]);
});
