/** From an open transport to WELCOME or ABORT (Session Establishment). */

import { describe, expect, test } from "vitest";
import { routerRoles } from "../../../src/wamp/protocol/features.ts";
import { Realm } from "../../../src/wamp/realm/realm.ts";
import { waitForReply } from "../authentication/auth-test-realm.ts";
import { routerError } from "../host/router-errors.ts";
import { ALL_ROLES, aborted, realmConfig, TestRealm, violated } from "../host/test-realm.ts";

const HELLO = [1, "realm1", { roles: ALL_ROLES }];

describe("HELLO", () => {
  test("[SES-02][SES-03][WEL-01][WEL-02][WEL-03][WEL-04][WEL-05][WEL-06][WEL-07][WEL-09][WEL-10][FEAT-01][ANON-01] is answered with WELCOME and nothing before it", () => {
    const testRealm = new TestRealm();
    testRealm.connect("ann").send([1, "realm1", { roles: { subscriber: {} } }]);
    expect(testRealm.take()).toStrictEqual([
      [
        "ann",
        [
          2,
          1,
          {
            realm: "realm1",
            authid: "AQEBAQEBAQEBAQEBAQEBAQEB",
            authrole: "anonymous",
            authmethod: "anonymous",
            authprovider: "static",
            roles: routerRoles(true, false),
            agent: "wamp-edge",
          },
        ],
      ],
    ]);
  });

  test.each(["publisher", "subscriber", "caller", "callee"])("[SES-05] may announce %s alone", (role) => {
    const testRealm = new TestRealm();
    testRealm.connect("ann").send([1, "realm1", { roles: { [role]: {} } }]);
    expect(testRealm.take()).toStrictEqual([["ann", [2, 1, expect.any(Object)]]]);
  });

  test.each([
    ["without roles", {}],
    ["with empty roles", { roles: {} }],
    ["with roles: null", { roles: null }],
    ["with roles that are null [MSG-12]", { roles: { caller: null, callee: null } }],
    ["with router roles only", { roles: { broker: {}, dealer: {} } }],
    ["with a role of Object.prototype only", { roles: { constructor: {}, toString: {} } }],
  ])("[SES-05] %s breaks the protocol", (_, details) => {
    const testRealm = new TestRealm();
    testRealm.connect("ann").send([1, "realm1", details]);
    const reason = "HELLO: roles must name at least one of publisher, subscriber, caller, callee";
    expect(testRealm.take()).toStrictEqual(violated("ann", reason));
  });

  test("[SES-06][MSG-07][MSG-12] may hold unknown roles, features and details, and null for optional ones", () => {
    const testRealm = new TestRealm();
    const roles = { subscriber: { features: { telepathy: true }, extra: 1 }, foo: {} };
    const absent = { authid: null, authrole: null, authmethods: null, authextra: null, agent: null, resumable: null };
    testRealm.connect("ann").send([1, "realm1", { roles, foo_bar: [1], ...absent }]);
    expect(testRealm.take()).toStrictEqual([["ann", [2, 1, expect.any(Object)]]]);
  });

  test.each([
    ["roles", []],
    ["agent", 1],
    ["authmethods", "anonymous"],
    ["authmethods", [1]],
    ["authid", 1],
    ["authrole", {}],
    ["authextra", []],
    ["resumable", 1],
  ])("[MSG-08][MSG-10] with a wrong type for %s breaks the protocol", (key, value) => {
    const testRealm = new TestRealm();
    testRealm.connect("ann").send([1, "realm1", { roles: ALL_ROLES, [key]: value }]);
    expect(testRealm.take()).toStrictEqual(violated("ann", `HELLO: invalid ${key}`));
  });

  test.each([
    ["[SES-08] another realm than the one the connection leads to", "nope", "this connection leads to another realm"],
    ["[SES-10] the empty realm", "", "the realm does not exist"],
    ["[SES-08][URI-15] a realm that differs in case", "Realm1", "this connection leads to another realm"],
  ])("for %s is refused", (_, realm, message) => {
    const testRealm = new TestRealm();
    testRealm.connect("ann").send([1, realm, { roles: ALL_ROLES }]);
    expect(testRealm.take()).toStrictEqual(aborted("ann", "wamp.error.no_such_realm", 1000, message));
  });

  test("[SES-10] for the realm null breaks the protocol", () => {
    const testRealm = new TestRealm();
    testRealm.connect("ann").send([1, null, { roles: ALL_ROLES }]);
    expect(testRealm.take()).toStrictEqual(violated("ann", "HELLO: invalid Realm"));
  });

  test.each(["bad realm", "a..b", "a#b", "."])("[URI-07] for the malformed realm %j is refused", (realm) => {
    const testRealm = new TestRealm();
    testRealm.connect("ann").send([1, realm, { roles: ALL_ROLES }]);
    const message = "the realm name is not a valid URI";
    expect(testRealm.take()).toStrictEqual(aborted("ann", "wamp.error.invalid_uri", 1000, message));
  });

  test.each(["tenant-1", "joe@example.com", "0xe59C7418403CF1D973485B36660728a5f4A8fF9c", "Com.Foo"])(
    "[URI-07] may be for a realm named %j, whatever URIs the realm takes",
    (name) => {
      const testRealm = new TestRealm({ name, options: { uri_check: "strict" } });
      testRealm.connect("ann").send([1, name, { roles: ALL_ROLES }]);
      expect(testRealm.take()).toStrictEqual([["ann", [2, 1, expect.objectContaining({ realm: name })]]]);
    },
  );

  test("[SES-26] names the client's agent, which the realm keeps over a sleep", () => {
    const testRealm = new TestRealm();
    testRealm.connect("ann").send([1, "realm1", { roles: ALL_ROLES, agent: "AutobahnJS-22" }]);
    testRealm.connect("ben").send(HELLO);
    testRealm.connect("cal").send([1, "realm1", { roles: ALL_ROLES, agent: "x".repeat(5000) }]);
    testRealm.sleepAndWake();
    const agents = [...testRealm.realm.sessions.byId.values()].map(({ agent }) => agent);
    expect(agents).toStrictEqual(["AutobahnJS-22", undefined, "x".repeat(128)]);
  });

  test("[SES-11] of an established session ends it", () => {
    const testRealm = new TestRealm();
    testRealm.join("ann").send(HELLO);
    expect(testRealm.take()).toStrictEqual(violated("ann", "the session is already established"));
    expect(testRealm.realm.sessions.byId.size).toBe(0);
  });

  test("is refused while the realm is full, and accepted when a session has left", () => {
    const testRealm = new TestRealm({ limits: { sessions: 1 } });
    const ann = testRealm.join("ann");
    testRealm.connect("ben").send(HELLO);
    ann.disconnect();
    testRealm.connect("cal").send(HELLO);
    expect(testRealm.take()).toStrictEqual([
      ...aborted("ben", "wamp.edge.error.limit_exceeded", 1013, "the realm is full"),
      ["cal", [2, 2, expect.any(Object)]],
    ]);
  });
});

test("a realm has no more sessions than it may, however many log in at once", async () => {
  const principals = { joe: { ticket: "secret!!!", role: "anonymous" } };
  const testRealm = new TestRealm({ limits: { sessions: 1 }, auth: { ticket: { type: "static", principals } } });
  const clients = ["ann", "ben"].map((name) => testRealm.connect(name));
  for (const client of clients) {
    client.send([1, "realm1", { roles: ALL_ROLES, authid: "joe", authmethods: ["ticket"] }]);
  }
  testRealm.take();
  for (const client of clients) client.send([5, "secret!!!", {}]);
  await Promise.all(clients.map(waitForReply));
  const entries = testRealm.take();
  // Proofs are checked side by side, so that either may be the first.
  const [first, second] = entries[0]![0] === "ann" ? ["ann", "ben"] : ["ben", "ann"];
  expect(entries).toStrictEqual([
    [first, [2, expect.any(Number), expect.any(Object)]],
    ...aborted(second!, "wamp.edge.error.limit_exceeded", 1013, "the realm is full"),
  ]);
});

describe("anonymous authentication", () => {
  test("[ANON-01] draws an authid and ignores the client's wishes for authid and authrole", () => {
    const testRealm = new TestRealm();
    testRealm.lastByte = 249;
    const wishes = { authid: "root", authrole: "trusted", authmethods: ["anonymous"] };
    testRealm.connect("ann").send([1, "realm1", { roles: ALL_ROLES, ...wishes }]);
    const identity = { authid: "-vr6-vr6-vr6-vr6-vr6-vr6", authrole: "anonymous", authmethod: "anonymous" };
    expect(testRealm.take()).toStrictEqual([["ann", [2, 1, expect.objectContaining(identity)]]]);
  });

  test("[ANON-01] gives the role of the configuration", () => {
    const roles = [{ name: "guest" }, { name: "user" }];
    const testRealm = new TestRealm({ roles, auth: { anonymous: { type: "static", role: "guest" } } });
    testRealm.connect("ann").send(HELLO);
    expect(testRealm.take()).toStrictEqual([["ann", [2, 1, expect.objectContaining({ authrole: "guest" })]]]);
  });

  test("[ANON-01] is taken from among other methods", () => {
    const testRealm = new TestRealm();
    testRealm.connect("ann").send([1, "realm1", { roles: ALL_ROLES, authmethods: ["telepathy", "anonymous"] }]);
    expect(testRealm.take()).toStrictEqual([["ann", [2, 1, expect.objectContaining({ authmethod: "anonymous" })]]]);
  });

  test("[AUTH-10] ends in ABORT where the role it gives does not exist", () => {
    const testRealm = new TestRealm();
    // A static role that does not exist is a fault of the configuration, so this one has slipped past the check of
    // that.
    testRealm.realm = new Realm("realm1", { ...realmConfig(), roles: [] }, testRealm);
    testRealm.connect("ann").send(HELLO);
    const message = "the role assigned to this session does not exist";
    expect(testRealm.take()).toStrictEqual(aborted("ann", "wamp.error.no_such_role", 1000, message));
    expect(testRealm.realm.sessions.byId.size).toBe(0);
  });
});

describe("before HELLO", () => {
  test.each([
    ["AUTHENTICATE [SES-13]", [5, "signature", {}]],
    ["GOODBYE [SES-14]", [6, {}, "wamp.close.close_realm"]],
    ["ERROR", [8, 68, 1, {}, "com.error"]],
    ["PUBLISH", [16, 1, {}, "a.b"]],
    ["SUBSCRIBE", [32, 1, {}, "a.b"]],
    ["UNSUBSCRIBE", [34, 1, 1]],
    ["CALL", [48, 1, {}, "a.b"]],
    ["CANCEL", [49, 1, {}]],
    ["REGISTER", [64, 1, {}, "a.b"]],
    ["UNREGISTER", [66, 1, 1]],
    ["YIELD", [70, 1, {}]],
  ])("[SES-01][SES-24] %s breaks the protocol", (_, message) => {
    const testRealm = new TestRealm();
    testRealm.connect("ann").send(message);
    expect(testRealm.take()).toStrictEqual(violated("ann", "the first message must be HELLO"));
  });

  test("[SES-13] AUTHENTICATE breaks the protocol after WELCOME too", () => {
    const testRealm = new TestRealm();
    testRealm.join("ann").send([5, "signature", {}]);
    expect(testRealm.take()).toStrictEqual(violated("ann", "the session is already established"));
  });

  test("[SES-21][AUTH-12] ABORT closes the transport, nothing is sent back and no state is left", () => {
    const testRealm = new TestRealm();
    testRealm.connect("ann").send([3, {}, "com.app.giving_up"], HELLO);
    expect(testRealm.take()).toStrictEqual([["ann", "closed", 1000]]);
    expect(testRealm.realm.nextDeadline()).toBe(undefined);
    expect(testRealm.realm.sessions.byId.size).toBe(0);
  });

  test("[AUTH-12] a lost transport leaves no state", () => {
    const testRealm = new TestRealm();
    testRealm.connect("ann").disconnect();
    testRealm.advance(100_000);
    expect(testRealm.take()).toStrictEqual([]);
    expect(testRealm.realm.nextDeadline()).toBe(undefined);
  });
});

describe("features", () => {
  test.each([
    ["absent", {}],
    ["no dict", { features: true }],
    ["1", { features: { call_canceling: 1 } }],
    ["false", { features: { call_canceling: false } }],
    ["null", { features: { call_canceling: null } }],
    ["of another role", {}],
  ])("[FEAT-02] that are %s count as unsupported", (_, callee) => {
    const testRealm = new TestRealm();
    const ann = testRealm.join("ann");
    testRealm.join("cal", { callee, caller: { features: { call_canceling: true } } }).send([64, 1, {}, "com.add"]);
    ann.send([48, 1, {}, "com.add"], [49, 1, { mode: "killnowait" }]);
    expect(testRealm.take()).toStrictEqual([
      ["cal", [65, 1, 3]],
      ["cal", [68, 1, 3, {}]],
      ["ann", [8, 48, 1, {}, ...routerError("wamp.error.canceled")]],
    ]);
  });

  test.each(["call_canceling", "call_cancelling"])("[FEAT-02][FEAT-03] are known when announced: %s", (feature) => {
    const testRealm = new TestRealm();
    const ann = testRealm.join("ann");
    testRealm.join("cal", { callee: { features: { [feature]: true } } }).send([64, 1, {}, "com.add"]);
    ann.send([48, 1, {}, "com.add"], [49, 1, { mode: "killnowait" }]);
    expect(testRealm.take()).toStrictEqual([
      ["cal", [65, 1, 3]],
      ["cal", [68, 1, 3, {}]],
      ["cal", [69, 1, { mode: "killnowait" }]],
      ["ann", [8, 48, 1, {}, ...routerError("wamp.error.canceled")]],
    ]);
  });
});
