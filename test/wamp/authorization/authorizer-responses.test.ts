/** Dynamic authorization: responses of an authorizer, and its failures (Authorization). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { AUTHORIZE, createTestRealm, joinAs, settled } from "./authorizer-test-realm.ts";

describe("the response of an authorizer", () => {
  const CASES = [
    ["call", [48, 1, {}, "com.x"], [8, 48, 1, {}, ...routerError("wamp.error.no_such_procedure")]],
    ["publish", [16, 1, { acknowledge: true }, "com.x"], [17, 1, expect.any(Number)]],
    ["subscribe", [32, 1, { match: "prefix" }, "com.x"], [33, 1, expect.any(Number)]],
    ["register", [64, 1, { match: "wildcard" }, "com..x"], [65, 1, expect.any(Number)]],
  ] as const;

  test.each(CASES)("[AZ-10] that allows the action lets the message pass: %s", async (_, message, passed) => {
    for (const yes of [true, { allow: true }, { allow: true, disclose: null, cache: false, validate: null }]) {
      const { testRealm, respond } = createTestRealm();
      testRealm.join("ann").send(message);
      testRealm.take();
      await respond(1, yes);
      expect(testRealm.take()).toStrictEqual([["ann", passed]]);
    }
  });

  test.each(CASES)("[AZ-03][AZ-10] that denies the action leads to not_authorized: %s", async (_, message) => {
    for (const no of [false, { allow: false }, { allow: false, disclose: true, cache: true }]) {
      const { testRealm, respond } = createTestRealm();
      testRealm.join("ann").send(message);
      testRealm.take();
      await respond(1, no);
      expect(testRealm.take()).toStrictEqual([
        ["ann", [8, message[0], 1, {}, ...routerError("wamp.error.not_authorized")]],
      ]);
    }
  });

  test.each([
    ["nothing", []],
    ["null", [null]],
    ["text", ["yes"]],
    ["a number", [1]],
    ["a list", [[true]]],
    ["a dict without allow", [{ disclose: true }]],
    ["allow that is no bool", [{ allow: 1 }]],
    ["disclose that is no bool", [{ allow: true, disclose: "yes" }]],
    ["cache that is no bool", [{ allow: true, cache: 1 }]],
    ["an unknown key", [{ allow: true, admit: true }]],
    ["payload validation", [{ allow: true, validate: { call: "com.Type" } }]],
  ])("[AZ-04] that says %s fails that one action", async (_, args) => {
    const { testRealm, respond } = createTestRealm();
    testRealm.join("ann").send([48, 1, {}, "com.x"]);
    testRealm.take();
    await respond(1, ...args);
    expect(testRealm.take()).toStrictEqual([
      ["ann", [8, 48, 1, {}, ...routerError("wamp.error.authorization_failed")]],
    ]);
    const cause = "the authorizer's response is invalid";
    expect(testRealm.logged).toMatchObject([{ level: "error", event: "authorizer.failed", cause, uri: "com.x" }]);
  });

  test("[AZ-04] that is an ERROR leads to authorization_failed, whatever its URI", async () => {
    const { testRealm, authorizer } = createTestRealm();
    testRealm.join("ann").send([64, 1, {}, "com.x"]);
    authorizer.send([8, 68, 1, {}, "com.app.broken", ["secret"]]);
    await settled();
    expect(testRealm.take().slice(1)).toStrictEqual([
      ["ann", [8, 64, 1, {}, ...routerError("wamp.error.authorization_failed")]],
    ]);
  });

  test("[AZ-04] that does not come in time leads to authorization_failed, even if the callee forwards timeouts", async () => {
    const { testRealm, authorizer: first } = createTestRealm({ limits: { authorizer_timeout: 700 } });
    first.disconnect();
    const roles = { callee: { features: { call_timeout: true, call_canceling: true } } };
    const authorizer = joinAs(testRealm, "authorizer", "authorizer", "authorizer", {}, roles);
    authorizer.send([64, 1, { forward_timeout: true }, AUTHORIZE]);
    testRealm.join("ann").send([32, 1, {}, "com.x"]);
    testRealm.take();
    testRealm.advance(699);
    await settled();
    expect(testRealm.take()).toStrictEqual([]);
    testRealm.advance(1);
    await settled();
    expect(testRealm.take()).toStrictEqual([
      ["authorizer", [69, 1, { mode: "killnowait" }]],
      ["ann", [8, 32, 1, {}, ...routerError("wamp.error.authorization_failed")]],
    ]);
    authorizer.send([70, 1, {}, [true]]);
    await settled();
    expect(testRealm.take()).toStrictEqual([]);
  });

  test("[AZ-04] of a procedure without a callee leads to authorization_failed after the timeout", async () => {
    const { testRealm, authorizer } = createTestRealm();
    const ann = testRealm.join("ann");
    ann.send([32, 1, {}, "com.x"]);
    authorizer.disconnect();
    ann.send([32, 2, {}, "com.x"]);
    await settled();
    testRealm.advance(5_000);
    await settled();
    const failed = (request: number) => [
      "ann",
      [8, 32, request, {}, ...routerError("wamp.error.authorization_failed")],
    ];
    expect(testRealm.take().slice(1)).toStrictEqual([failed(1), failed(2)]);
  });

  test("[AZ-05] an unacknowledged PUBLISH is dropped silently when it is denied, and when the decision failed", async () => {
    const { testRealm, respond } = createTestRealm();
    testRealm.join("ann").send([16, 1, {}, "com.x"], [16, 2, {}, "com.y"]);
    await respond(1, false);
    await respond(2, "nonsense");
    expect(testRealm.take().filter(([name]) => name === "ann")).toStrictEqual([]);
  });

  test.each([
    [true, undefined, { publisher: 4, publisher_authid: "ann", publisher_authrole: "anonymous" }],
    [undefined, undefined, {}],
    [undefined, true, { publisher: 4, publisher_authid: "ann", publisher_authrole: "anonymous" }],
    [false, undefined, {}],
  ])("[PID-04][AZ-10] discloses the publisher as it says: %s, wish %s", async (disclose, wish, details) => {
    const { testRealm, authorizer, respond } = createTestRealm();
    authorizer.send([32, 2, {}, "com.x"]);
    const ann = joinAs(testRealm, "ann", "anonymous");
    testRealm.take();
    ann.send([16, 1, wish ? { disclose_me: true } : {}, "com.x"]);
    testRealm.take();
    await respond(1, { allow: true, ...(disclose !== undefined && { disclose }) });
    expect(testRealm.take()).toStrictEqual([["authorizer", [36, expect.any(Number), expect.any(Number), details]]]);
  });

  test("[CID-04] that forbids disclosure leads to option_disallowed.disclose_me where the caller asks for it", async () => {
    const { testRealm, authorizer, respond } = createTestRealm();
    authorizer.send([64, 2, {}, "com.x"]);
    testRealm.join("ann").send([48, 1, { disclose_me: true }, "com.x"]);
    testRealm.take();
    await respond(1, { allow: true, disclose: false });
    expect(testRealm.take()).toStrictEqual([
      ["ann", [8, 48, 1, {}, ...routerError("wamp.error.option_disallowed.disclose_me")]],
    ]);
  });
});
