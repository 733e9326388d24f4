/** Event history: which sessions may query it, and which events each of them gets. */

import { describe, expect, test } from "vitest";
import type { Line } from "../host/test-realm.ts";
import { ANYTHING } from "../host/test-realm.ts";
import {
  argsIn,
  call,
  getEvents,
  lookup,
  publish,
  refused,
  requests,
  TOPIC,
  testRealmOf,
} from "./event-history-realm.ts";

describe("access to an event history", () => {
  test.each([[[]], [["x"]], [[0]], [[null]]])("[META-05] get_events with the Arguments %j is refused", (args) => {
    const { testRealm, caller } = testRealmOf();
    const [answer] = call(testRealm, caller, "wamp.subscription.get_events", args);
    expect(answer).toStrictEqual([...refused("wamp.error.invalid_argument"), expect.any(Array)]);
  });

  test("[HIS-10] get_events for an unknown subscription is answered with no_such_subscription", () => {
    const { testRealm, caller } = testRealmOf();
    const [answer] = call(testRealm, caller, "wamp.subscription.get_events", [123_456]);
    expect(answer).toStrictEqual(refused("wamp.error.no_such_subscription"));
  });

  test("[HIS-18] get_events for a subscription without a history returns no events", () => {
    const { testRealm, publisher, caller } = testRealmOf();
    caller.send([32, 1, {}, "com.other"]);
    publish(testRealm, publisher, "com.other", [[1]]);
    expect(getEvents(testRealm, caller, {}, "com.other")).toStrictEqual([50, requests.last, {}]);
  });

  test("[HIS-11] get_events requires that the caller may subscribe to the whole topic or pattern", () => {
    const allow = { call: true, publish: true };
    const permissions = [
      { uri: "", match: "prefix", allow: { ...allow, subscribe: true } },
      { uri: "com.secret", allow },
    ] as const;
    const history = [{ uri: "com.open" }, { uri: "com.secret" }, { uri: "com.", match: "prefix" }] as const;
    const { testRealm, publisher, caller } = testRealmOf(history, { roles: [{ name: "anonymous", permissions }] });
    publish(testRealm, publisher, "com.open", [["open"]]);
    publish(testRealm, publisher, "com.secret", [["secret"]]);
    expect(argsIn(getEvents(testRealm, caller, {}, "com.open"))).toStrictEqual(["open"]);
    expect(getEvents(testRealm, caller, {}, "com.secret")).toStrictEqual(refused("wamp.error.not_authorized"));
    expect(getEvents(testRealm, caller, {}, "com.", "prefix")).toStrictEqual(refused("wamp.error.not_authorized"));
  });

  test.each([
    [true, "secret"],
    [false, "wamp.error.not_authorized"],
  ])("[HIS-11] the dynamic authorizer decides whether the caller may subscribe: %j", async (allow, expected) => {
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    const { testRealm, publisher, caller } = testRealmOf([{ uri: "com.secret", match: "prefix" }], {
      roles: [
        {
          name: "anonymous",
          permissions: [ANYTHING, { uri: "com.secret", match: "prefix", allow: { publish: true, register: true } }],
        },
        {
          name: "asking",
          permissions: [{ uri: "wamp.", match: "prefix", allow: { call: true } }],
          authorizer: "com.authorize",
        },
      ],
    });
    publish(testRealm, publisher, "com.secret.a", [["secret"]]);
    const subscription = lookup(testRealm, caller, "com.secret", "prefix");
    publisher.send([64, 1, {}, "com.authorize"]);
    caller.alterSession({ identity: { ...caller.savedSession.identity, authrole: "asking" } });
    testRealm.sleepAndWake();
    testRealm.take();
    caller.send([48, ++requests.last, {}, "wamp.subscription.get_events", [subscription]]);
    await settled();
    const [[authorizer, [type, invocation, , , [, ...request]]]] = testRealm.take() as unknown as [
      [string, [number, number, number, object, unknown[]]],
    ];
    expect([authorizer, type, request]).toStrictEqual([
      "publisher",
      68,
      ["com.secret", "subscribe", { match: "prefix" }],
    ]);
    publisher.send([70, invocation, {}, [allow]]);
    await settled();
    const answer = testRealm.take()[0]?.[1] as Line;
    expect(allow ? argsIn(answer)[0] : answer[4]).toBe(expected);
  });

  test("[HIS-13][BWL-12] lists of authids and authroles apply to the session that queries, not to the subscribers at the time of the event", () => {
    const { testRealm, publisher, caller } = testRealmOf();
    const { authid } = [...testRealm.realm.sessions.byId.values()][1]?.identity ?? { authid: "" };
    const messages = [
      ["for all", {}],
      ["not for the caller", { exclude_authid: [authid] }],
      ["for the caller", { eligible_authid: [authid, "joe"] }],
      ["for joe", { eligible_authid: ["joe"] }],
      ["not for its role", { exclude_authrole: ["anonymous"] }],
      ["for its role", { eligible_authrole: ["anonymous"] }],
      ["for no session", { eligible_authrole: [] }],
    ] as const;
    for (const [arg, options] of messages) publish(testRealm, publisher, TOPIC, [[arg]], options);
    for (const sleeps of [false, true]) {
      if (sleeps) testRealm.sleepAndWake();
      expect(argsIn(getEvents(testRealm, caller))).toStrictEqual(["for all", "for the caller", "for its role"]);
      expect(argsIn(getEvents(testRealm, publisher))).toStrictEqual(["for all", "not for the caller", "for its role"]);
      expect(argsIn(getEvents(testRealm, caller, { limit: 1, reverse: true }))).toStrictEqual(["for its role"]);
    }
  });
});
