/** Meta events and procedures of subscriptions (Subscription Meta API, Subscription Revocation). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { TestRealm } from "../host/test-realm.ts";
import { answered, ask, joinAs, refused, watch } from "./meta-calls.ts";

const NO_SUCH_SUBSCRIPTION = "wamp.error.no_such_subscription";
const EVENTS = ["create", "subscribe", "unsubscribe", "delete"].map((name) => `wamp.subscription.on_${name}`);
const [CREATE, SUBSCRIBE, UNSUBSCRIBE, DELETE] = [3, 4, 5, 6];

/** ann watches, ben and cat subscribe; the subscriptions of ann have the ids 3 to 6. */
function watched() {
  const realm = new TestRealm();
  realm.time = Date.UTC(2026, 0, 1, 12, 30, 15, 250);
  const [ann, ben] = realm.joinAll("ann", "ben");
  watch(realm, ann, ...EVENTS);
  return { realm, ann, ben, cat: realm.join("cat") };
}

describe("events", () => {
  test("[MU-01][MU-02][ORD-09][META-08] SUBSCRIBE makes on_create and on_subscribe, after the answer", () => {
    const { realm, ben } = watched();
    ben.send([32, 1, { match: "wildcard" }, "a..b"]);
    expect(realm.take()).toStrictEqual([
      ["ben", [33, 1, 8]],
      ["ann", [36, CREATE, 9, {}, [2, { id: 8, created: "2026-01-01T12:30:15.250Z", uri: "a..b", match: "wildcard" }]]],
      ["ann", [36, SUBSCRIBE, 10, {}, [2, 8]]],
    ]);
  });

  test("[MU-01][MU-02] a second subscriber makes on_subscribe alone, a repeated SUBSCRIBE nothing", () => {
    const { realm, ben, cat } = watched();
    const subscribe = [32, 1, {}, "com.topic"];
    ben.send(subscribe);
    realm.take();
    cat.send(subscribe, subscribe);
    expect(realm.take()).toStrictEqual([
      ["cat", [33, 1, 8]],
      ["ann", [36, SUBSCRIBE, 11, {}, [7, 8]]],
      ["cat", [33, 1, 8]],
    ]);
  });

  test("[MU-03][MU-04][ORD-09] UNSUBSCRIBE makes on_unsubscribe, and the last one on_delete", () => {
    const { realm, ben, cat } = watched();
    for (const subscriber of [ben, cat]) subscriber.send([32, 1, {}, "com.topic"]);
    realm.take();
    ben.send([34, 2, 8]);
    cat.send([34, 2, 8]);
    expect(realm.take()).toStrictEqual([
      ["ben", [35, 2]],
      ["ann", [36, UNSUBSCRIBE, 12, {}, [2, 8]]],
      ["cat", [35, 2]],
      ["ann", [36, UNSUBSCRIBE, 13, {}, [7, 8]]],
      ["ann", [36, DELETE, 14, {}, [7, 8]]],
    ]);
  });

  test("[META-06][D-28] reach the session that causes them", () => {
    const { realm, ann } = watched();
    ann.send([32, 9, {}, "com.topic"], [34, 10, 8]);
    expect(realm.take().map(([client, message]) => [client, message[0], message[1]])).toStrictEqual([
      ["ann", 33, 9],
      ["ann", 36, CREATE],
      ["ann", 36, SUBSCRIBE],
      ["ann", 35, 10],
      ["ann", 36, UNSUBSCRIBE],
      ["ann", 36, DELETE],
    ]);
  });

  test.each([
    [{}, "wamp.session.on_join"],
    [{ match: "prefix" }, "wamp."],
    [{ match: "prefix" }, "wamp"],
    [{ match: "wildcard" }, "wamp..on_join"],
  ])("[META-04] subscribing to the router's own topics is none: %j %s", (options, topic) => {
    const { realm, ben } = watched();
    ben.send([32, 1, options, topic], [34, 2, 8], [32, 3, options, topic]);
    ben.disconnect();
    expect(realm.take()).toStrictEqual([
      ["ben", [33, 1, 8]],
      ["ben", [35, 2]],
      ["ben", [33, 3, 9]],
    ]);
  });

  test("[META-04] topics that only look like the router's are an application's", () => {
    const { realm, ben } = watched();
    ben.send([32, 1, {}, "wampum.x"]);
    expect(realm.take()).toHaveLength(3);
  });

  test("[MU-03][MU-04] vanishing with the session makes them too, after a sleep as well", () => {
    const { realm, ben, cat } = watched();
    for (const subscriber of [ben, cat]) subscriber.send([32, 1, {}, "com.topic"]);
    realm.take();
    realm.sleepAndWake();
    ben.disconnect();
    cat.send([6, {}, "wamp.close.close_realm"]);
    expect(realm.take()).toStrictEqual([
      ["ann", [36, UNSUBSCRIBE, 12, {}, [2, 8]]],
      ["cat", [6, {}, "wamp.close.goodbye_and_out"]],
      ["ann", [36, UNSUBSCRIBE, 13, {}, [7, 8]]],
      ["ann", [36, DELETE, 14, {}, [7, 8]]],
    ]);
  });

  test("[D-28] of a session that leaves do not reach this session", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ann.send([64, 1, {}, "com.add"], [32, 2, {}, "com.topic"]);
    for (const watcher of [ann, ben]) {
      watch(realm, watcher, "wamp.registration.on_delete", "wamp.subscription.on_delete", "wamp.session.on_leave");
    }
    ann.send([6, {}, "wamp.close.close_realm"]);
    expect(realm.take()).toStrictEqual([
      ["ann", [6, {}, "wamp.close.goodbye_and_out"]],
      ["ben", [36, 5, 8, {}, [1, 3]]],
      ["ben", [36, 6, 9, {}, [1, 4]]],
      ["ben", [36, 7, 10, {}, [1, expect.any(String), "anonymous"]]],
    ]);
  });
});

/** ann's subscriptions are 3 (exact), 4 (prefix) and 5 (wildcard), which ben shares. */
function subscribed() {
  const realm = new TestRealm();
  const [ann, ben] = realm.joinAll("ann", "ben");
  ann.send([32, 1, {}, "com.a.x"], [32, 2, { match: "prefix" }, "com"]);
  for (const subscriber of [ann, ben]) subscriber.send([32, 3, { match: "wildcard" }, "com..x"]);
  return { realm, ann, ben };
}

describe("procedures", () => {
  test("[MU-05][META-07] list answers all ids by match policy", () => {
    const { realm, ben } = subscribed();
    const ids = { exact: [3], prefix: [4], wildcard: [5] };
    expect(ask(realm, ben, "wamp.subscription.list", [null, 1], { foo: 1 })).toStrictEqual(answered("ben", ids));
    realm.sleepAndWake();
    expect(ask(realm, ben, "wamp.subscription.list")).toStrictEqual(answered("ben", ids));
    const none = { exact: [], prefix: [], wildcard: [] };
    const empty = new TestRealm();
    expect(ask(empty, empty.join("zoe"), "wamp.subscription.list")).toStrictEqual(answered("zoe", none));
  });

  test("[MU-12] list answers the ids of one session", () => {
    const { realm, ann } = subscribed();
    const ids = { exact: [], prefix: [], wildcard: [5] };
    expect(ask(realm, ann, "wamp.subscription.list", [2])).toStrictEqual(answered("ann", ids));
    expect(ask(realm, ann, "wamp.subscription.list", [9])).toStrictEqual(refused("ann", "wamp.error.no_such_session"));
    expect(ask(realm, ann, "wamp.subscription.list", ["x"])).toStrictEqual(
      refused("ann", "wamp.error.invalid_argument", "session is invalid"),
    );
  });

  test.each([
    [["com.a.x"], 3],
    [["com.a.x", {}], 3],
    [["com.a.x", null], 3],
    [["com.a.x", { match: "exact" }], 3],
    [["com.a.x", { match: null }], 3],
    [["com.a.x", { match: "prefix" }], null],
    [["com", { match: "prefix" }], 4],
    [["com..x", { match: "wildcard", foo: 1 }, 7], 5],
    [["com..x"], null],
    [["not a uri"], null],
  ])("[MU-06][META-07] lookup %j answers the id of the subscription or null", (args, id) => {
    const { realm, ben } = subscribed();
    expect(ask(realm, ben, "wamp.subscription.lookup", args)).toStrictEqual(answered("ben", id));
  });

  test.each([
    ["com.a.x", [3, 4, 5]],
    ["com.b.x", [4, 5]],
    ["com.b", [4]],
    ["org.b", null],
    ["not a uri", null],
    ["", null],
  ])("[MU-07] match %s answers the ids of all subscriptions an event would go to, or null", (topic, ids) => {
    const { realm, ben } = subscribed();
    expect(ask(realm, ben, "wamp.subscription.match", [topic])).toStrictEqual(answered("ben", ids));
  });

  test("[MU-08] get answers the details of on_create", () => {
    const { realm, ann } = subscribed();
    const details = { id: 5, created: "1970-01-01T00:00:00.000Z", uri: "com..x", match: "wildcard" };
    expect(ask(realm, ann, "wamp.subscription.get", [5])).toStrictEqual(answered("ann", details));
    realm.time = 5000;
    realm.sleepAndWake();
    expect(ask(realm, ann, "wamp.subscription.get", [5])).toStrictEqual(answered("ann", details));
  });

  test("[MU-09][MU-10] list_subscribers and count_subscribers answer the session ids and their number", () => {
    const { realm, ann } = subscribed();
    for (const [subscription, ids] of [
      [3, [1]],
      [5, [1, 2]],
    ] as const) {
      expect(ask(realm, ann, "wamp.subscription.list_subscribers", [subscription])).toStrictEqual(answered("ann", ids));
      expect(ask(realm, ann, "wamp.subscription.count_subscribers", [subscription])).toStrictEqual(
        answered("ann", ids.length),
      );
    }
  });

  test.each(["get", "list_subscribers", "count_subscribers", "remove_subscriber"])(
    "[MU-08][MU-09][MU-10][SREV-04][META-05] %s needs the id of a subscription",
    (name) => {
      const { realm, ann } = subscribed();
      const procedure = `wamp.subscription.${name}`;
      ann.send([34, 9, 3]);
      expect(ask(realm, ann, procedure, [3, 1])).toStrictEqual(refused("ann", NO_SUCH_SUBSCRIPTION));
      expect(ask(realm, ann, procedure, [99, 1])).toStrictEqual(refused("ann", NO_SUCH_SUBSCRIPTION));
      expect(ask(realm, ann, procedure)).toStrictEqual(
        refused("ann", "wamp.error.invalid_argument", "subscription is missing"),
      );
      expect(ask(realm, ann, procedure, ["5", 1])).toStrictEqual(
        refused("ann", "wamp.error.invalid_argument", "subscription is invalid"),
      );
    },
  );

  test.each(["lookup", "match"])("[META-05] %s needs a topic", (name) => {
    const { realm, ann } = subscribed();
    const procedure = `wamp.subscription.${name}`;
    const refusal = (fault: string) => refused("ann", "wamp.error.invalid_argument", fault);
    expect(ask(realm, ann, procedure)).toStrictEqual(refusal("topic is missing"));
    expect(ask(realm, ann, procedure, [7])).toStrictEqual(refusal("topic is invalid"));
  });

  test("[META-05] lookup needs options that are", () => {
    const { realm, ann } = subscribed();
    const lookup = (options: unknown) => ask(realm, ann, "wamp.subscription.lookup", ["com.a.x", options]);
    const refusal = (fault: string) => refused("ann", "wamp.error.invalid_argument", fault);
    expect(lookup("prefix")).toStrictEqual(refusal("options is invalid"));
    expect(lookup({ match: "regex" })).toStrictEqual(refusal("match is invalid"));
  });
});

describe("wamp.subscription.remove_subscriber", () => {
  const SUBSCRIBER = { subscriber: { features: { subscription_revocation: true } } };

  function revocable(roles: object) {
    const realm = new TestRealm();
    const [ann, ben] = [realm.join("ann"), realm.join("ben", roles)];
    ben.send([32, 1, {}, "com.topic"]);
    return { realm, ann, ben };
  }

  test.each([
    [{}, { subscription: 3 }],
    [{ reason: null }, { subscription: 3 }],
    [{ reason: "no longer authorized" }, { subscription: 3, reason: "no longer authorized" }],
  ])("[SREV-01][SREV-04] takes the subscription away and sends the subscriber the reason: %j", (kwargs, details) => {
    const { realm, ann } = revocable(SUBSCRIBER);
    expect(ask(realm, ann, "wamp.subscription.remove_subscriber", [3, 2], kwargs)).toStrictEqual([
      ...answered("ann"),
      ["ben", [35, 0, details]],
    ]);
    ann.send([16, 2, {}, "com.topic"]);
    expect(realm.take()).toStrictEqual([]);
  });

  test("[SREV-02] says nothing to a subscriber that did not announce the feature, for it or for another role", () => {
    for (const roles of [
      { subscriber: {} },
      { subscriber: {}, callee: { features: { subscription_revocation: true } } },
    ]) {
      const { realm, ann } = revocable(roles);
      expect(ask(realm, ann, "wamp.subscription.remove_subscriber", [3, 2])).toStrictEqual(answered("ann"));
      ann.send([16, 2, {}, "com.topic"]);
      expect(realm.take()).toStrictEqual([]);
    }
  });

  test("[SREV-03] makes the events of an UNSUBSCRIBE, after the message to the subscriber", () => {
    const { realm, ann } = revocable(SUBSCRIBER);
    watch(realm, ann, "wamp.subscription.on_delete", "wamp.subscription.on_unsubscribe");
    expect(ask(realm, ann, "wamp.subscription.remove_subscriber", [3, 2])).toStrictEqual([
      ...answered("ann"),
      ["ben", [35, 0, { subscription: 3 }]],
      ["ann", [36, 5, 6, {}, [2, 3]]],
      ["ann", [36, 4, 7, {}, [2, 3]]],
    ]);
  });

  test("[SREV-01] leaves other subscribers, lasts over a sleep, and does not prevent another SUBSCRIBE", () => {
    const { realm, ann, ben } = revocable(SUBSCRIBER);
    realm.join("cat").send([32, 1, {}, "com.topic"]);
    ask(realm, ann, "wamp.subscription.remove_subscriber", [3, 2]);
    realm.sleepAndWake();
    ann.send([16, 2, {}, "com.topic"]);
    ben.send([34, 2, 3], [32, 3, {}, "com.topic"]);
    expect(realm.take()).toStrictEqual([
      ["cat", [36, 3, 5, {}]],
      ["ben", [8, 34, 2, {}, ...routerError(NO_SUCH_SUBSCRIPTION)]],
      ["ben", [33, 3, 3]],
    ]);
  });

  test("[SREV-04] knows no session that has not subscribed, or is the router's own", () => {
    const { realm, ann } = revocable(SUBSCRIBER);
    joinAs(realm, "component", "trusted").send([32, 1, {}, "com.topic"]);
    for (const session of [1, 4, 99]) {
      expect(ask(realm, ann, "wamp.subscription.remove_subscriber", [3, session])).toStrictEqual(
        refused("ann", "wamp.error.no_such_session"),
      );
    }
    expect(ask(realm, ann, "wamp.subscription.count_subscribers", [3])).toStrictEqual(answered("ann", 2));
  });

  test("[SREV-04][META-05] needs a session and takes a reason that is text", () => {
    const { realm, ann } = revocable(SUBSCRIBER);
    const remove = (args: unknown[], kwargs: object) =>
      ask(realm, ann, "wamp.subscription.remove_subscriber", args, kwargs);
    const refusal = (fault: string) => refused("ann", "wamp.error.invalid_argument", fault);
    expect(remove([3], {})).toStrictEqual(refusal("session is missing"));
    expect(remove([3, "2"], {})).toStrictEqual(refusal("session is invalid"));
    expect(remove([3, 2], { reason: 7 })).toStrictEqual(refusal("reason is invalid"));
    expect(realm.realm.broker.subscriptions.size).toBe(1);
  });
});
