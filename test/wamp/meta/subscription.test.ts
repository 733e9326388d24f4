/** What the router tells of its subscriptions (Subscription Meta API, Subscription Revocation). */

import { describe, expect, test } from "vitest";
import { denial } from "../authorization/denial.ts";
import { Stage } from "../host/recording-host.ts";
import { answered, ask, joinAs, refused, watch } from "./asking.ts";

const NO_SUCH_SUBSCRIPTION = "wamp.error.no_such_subscription";
const EVENTS = ["create", "subscribe", "unsubscribe", "delete"].map((name) => `wamp.subscription.on_${name}`);
const [CREATE, SUBSCRIBE, UNSUBSCRIBE, DELETE] = [3, 4, 5, 6];

/** ann watches, ben and cat subscribe; the subscriptions of ann have the ids 3 to 6. */
function watched() {
  const stage = new Stage();
  stage.time = Date.UTC(2026, 0, 1, 12, 30, 15, 250);
  const [ann, ben] = stage.joinAll("ann", "ben");
  watch(stage, ann, ...EVENTS);
  return { stage, ann, ben, cat: stage.join("cat") };
}

describe("events", () => {
  test("[MU-01][MU-02][ORD-09][META-08] SUBSCRIBE makes on_create and on_subscribe, after the answer", () => {
    const { stage, ben } = watched();
    ben.send([32, 1, { match: "wildcard" }, "a..b"]);
    expect(stage.take()).toStrictEqual([
      ["ben", [33, 1, 8]],
      ["ann", [36, CREATE, 9, {}, [2, { id: 8, created: "2026-01-01T12:30:15.250Z", uri: "a..b", match: "wildcard" }]]],
      ["ann", [36, SUBSCRIBE, 10, {}, [2, 8]]],
    ]);
  });

  test("[MU-01][MU-02] a second subscriber makes on_subscribe alone, a repeated SUBSCRIBE nothing", () => {
    const { stage, ben, cat } = watched();
    const subscribe = [32, 1, {}, "com.topic"];
    ben.send(subscribe);
    stage.take();
    cat.send(subscribe, subscribe);
    expect(stage.take()).toStrictEqual([
      ["cat", [33, 1, 8]],
      ["ann", [36, SUBSCRIBE, 11, {}, [7, 8]]],
      ["cat", [33, 1, 8]],
    ]);
  });

  test("[MU-03][MU-04][ORD-09] UNSUBSCRIBE makes on_unsubscribe, and the last one on_delete", () => {
    const { stage, ben, cat } = watched();
    for (const subscriber of [ben, cat]) subscriber.send([32, 1, {}, "com.topic"]);
    stage.take();
    ben.send([34, 2, 8]);
    cat.send([34, 2, 8]);
    expect(stage.take()).toStrictEqual([
      ["ben", [35, 2]],
      ["ann", [36, UNSUBSCRIBE, 12, {}, [2, 8]]],
      ["cat", [35, 2]],
      ["ann", [36, UNSUBSCRIBE, 13, {}, [7, 8]]],
      ["ann", [36, DELETE, 14, {}, [7, 8]]],
    ]);
  });

  test("[META-06][D-28] reach the session that is the reason for them", () => {
    const { stage, ann } = watched();
    ann.send([32, 9, {}, "com.topic"], [34, 10, 8]);
    expect(stage.take().map(([client, message]) => [client, message[0], message[1]])).toStrictEqual([
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
    const { stage, ben } = watched();
    ben.send([32, 1, options, topic], [34, 2, 8], [32, 3, options, topic]);
    ben.disconnect();
    expect(stage.take()).toStrictEqual([
      ["ben", [33, 1, 8]],
      ["ben", [35, 2]],
      ["ben", [33, 3, 9]],
    ]);
  });

  test("[META-04] topics that only look like the router's are an application's", () => {
    const { stage, ben } = watched();
    ben.send([32, 1, {}, "wampum.x"]);
    expect(stage.take()).toHaveLength(3);
  });

  test("[MU-03][MU-04] vanishing with the session makes them too, after a sleep as well", () => {
    const { stage, ben, cat } = watched();
    for (const subscriber of [ben, cat]) subscriber.send([32, 1, {}, "com.topic"]);
    stage.take();
    stage.sleepAndWake();
    ben.disconnect();
    cat.send([6, {}, "wamp.close.close_realm"]);
    expect(stage.take()).toStrictEqual([
      ["ann", [36, UNSUBSCRIBE, 12, {}, [2, 8]]],
      ["cat", [6, {}, "wamp.close.goodbye_and_out"]],
      ["ann", [36, UNSUBSCRIBE, 13, {}, [7, 8]]],
      ["ann", [36, DELETE, 14, {}, [7, 8]]],
    ]);
  });

  test("[D-28] of a session that leaves do not reach it, whatever it listens to", () => {
    const stage = new Stage();
    const [ann, ben] = stage.joinAll("ann", "ben");
    ann.send([64, 1, {}, "com.add"], [32, 2, {}, "com.topic"]);
    for (const watcher of [ann, ben]) {
      watch(stage, watcher, "wamp.registration.on_delete", "wamp.subscription.on_delete", "wamp.session.on_leave");
    }
    ann.send([6, {}, "wamp.close.close_realm"]);
    expect(stage.take()).toStrictEqual([
      ["ann", [6, {}, "wamp.close.goodbye_and_out"]],
      ["ben", [36, 5, 8, {}, [1, 3]]],
      ["ben", [36, 6, 9, {}, [1, 4]]],
      ["ben", [36, 7, 10, {}, [1, expect.any(String), "anonymous"]]],
    ]);
  });
});

/** ann's subscriptions are 3 (exact), 4 (prefix) and 5 (wildcard), which ben shares. */
function subscribed() {
  const stage = new Stage();
  const [ann, ben] = stage.joinAll("ann", "ben");
  ann.send([32, 1, {}, "com.a.x"], [32, 2, { match: "prefix" }, "com"]);
  for (const subscriber of [ann, ben]) subscriber.send([32, 3, { match: "wildcard" }, "com..x"]);
  return { stage, ann, ben };
}

describe("procedures", () => {
  test("[MU-05][META-07] list tells all ids by match policy", () => {
    const { stage, ben } = subscribed();
    const ids = { exact: [3], prefix: [4], wildcard: [5] };
    expect(ask(stage, ben, "wamp.subscription.list", [null, 1], { foo: 1 })).toStrictEqual(answered("ben", ids));
    stage.sleepAndWake();
    expect(ask(stage, ben, "wamp.subscription.list")).toStrictEqual(answered("ben", ids));
    const none = { exact: [], prefix: [], wildcard: [] };
    const empty = new Stage();
    expect(ask(empty, empty.join("zoe"), "wamp.subscription.list")).toStrictEqual(answered("zoe", none));
  });

  test("[MU-12] list tells the ids of one session", () => {
    const { stage, ann } = subscribed();
    const ids = { exact: [], prefix: [], wildcard: [5] };
    expect(ask(stage, ann, "wamp.subscription.list", [2])).toStrictEqual(answered("ann", ids));
    expect(ask(stage, ann, "wamp.subscription.list", [9])).toStrictEqual(refused("ann", "wamp.error.no_such_session"));
    expect(ask(stage, ann, "wamp.subscription.list", ["x"])).toStrictEqual(
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
  ])("[MU-06][META-07] lookup %j tells the id of the subscription or null", (args, id) => {
    const { stage, ben } = subscribed();
    expect(ask(stage, ben, "wamp.subscription.lookup", args)).toStrictEqual(answered("ben", id));
  });

  test.each([
    ["com.a.x", [3, 4, 5]],
    ["com.b.x", [4, 5]],
    ["com.b", [4]],
    ["org.b", null],
    ["not a uri", null],
    ["", null],
  ])("[MU-07] match %s tells the ids of all subscriptions an event would go to, or null", (topic, ids) => {
    const { stage, ben } = subscribed();
    expect(ask(stage, ben, "wamp.subscription.match", [topic])).toStrictEqual(answered("ben", ids));
  });

  test("[MU-08] get tells what on_create told", () => {
    const { stage, ann } = subscribed();
    const details = { id: 5, created: "1970-01-01T00:00:00.000Z", uri: "com..x", match: "wildcard" };
    expect(ask(stage, ann, "wamp.subscription.get", [5])).toStrictEqual(answered("ann", details));
    stage.time = 5000;
    stage.sleepAndWake();
    expect(ask(stage, ann, "wamp.subscription.get", [5])).toStrictEqual(answered("ann", details));
  });

  test("[MU-09][MU-10] list_subscribers and count_subscribers tell who they are and how many", () => {
    const { stage, ann } = subscribed();
    for (const [subscription, ids] of [
      [3, [1]],
      [5, [1, 2]],
    ] as const) {
      expect(ask(stage, ann, "wamp.subscription.list_subscribers", [subscription])).toStrictEqual(answered("ann", ids));
      expect(ask(stage, ann, "wamp.subscription.count_subscribers", [subscription])).toStrictEqual(
        answered("ann", ids.length),
      );
    }
  });

  test.each(["get", "list_subscribers", "count_subscribers", "remove_subscriber"])(
    "[MU-08][MU-09][MU-10][SREV-04][META-05] %s needs the id of a subscription",
    (name) => {
      const { stage, ann } = subscribed();
      const procedure = `wamp.subscription.${name}`;
      ann.send([34, 9, 3]);
      expect(ask(stage, ann, procedure, [3, 1])).toStrictEqual(refused("ann", NO_SUCH_SUBSCRIPTION));
      expect(ask(stage, ann, procedure, [99, 1])).toStrictEqual(refused("ann", NO_SUCH_SUBSCRIPTION));
      expect(ask(stage, ann, procedure)).toStrictEqual(
        refused("ann", "wamp.error.invalid_argument", "subscription is missing"),
      );
      expect(ask(stage, ann, procedure, ["5", 1])).toStrictEqual(
        refused("ann", "wamp.error.invalid_argument", "subscription is invalid"),
      );
    },
  );

  test.each(["lookup", "match"])("[META-05] %s needs a topic", (name) => {
    const { stage, ann } = subscribed();
    const procedure = `wamp.subscription.${name}`;
    const refusal = (fault: string) => refused("ann", "wamp.error.invalid_argument", fault);
    expect(ask(stage, ann, procedure)).toStrictEqual(refusal("topic is missing"));
    expect(ask(stage, ann, procedure, [7])).toStrictEqual(refusal("topic is invalid"));
  });

  test("[META-05] lookup needs options that are", () => {
    const { stage, ann } = subscribed();
    const lookup = (options: unknown) => ask(stage, ann, "wamp.subscription.lookup", ["com.a.x", options]);
    const refusal = (fault: string) => refused("ann", "wamp.error.invalid_argument", fault);
    expect(lookup("prefix")).toStrictEqual(refusal("options is invalid"));
    expect(lookup({ match: "regex" })).toStrictEqual(refusal("match is invalid"));
  });
});

describe("wamp.subscription.remove_subscriber", () => {
  const SUBSCRIBER = { subscriber: { features: { subscription_revocation: true } } };

  function revocable(roles: object) {
    const stage = new Stage();
    const [ann, ben] = [stage.join("ann"), stage.join("ben", roles)];
    ben.send([32, 1, {}, "com.topic"]);
    return { stage, ann, ben };
  }

  test.each([
    [{}, { subscription: 3 }],
    [{ reason: null }, { subscription: 3 }],
    [{ reason: "no longer authorized" }, { subscription: 3, reason: "no longer authorized" }],
  ])("[SREV-01][SREV-04] takes the subscription away and tells the subscriber why: %j", (kwargs, details) => {
    const { stage, ann } = revocable(SUBSCRIBER);
    expect(ask(stage, ann, "wamp.subscription.remove_subscriber", [3, 2], kwargs)).toStrictEqual([
      ...answered("ann"),
      ["ben", [35, 0, details]],
    ]);
    ann.send([16, 2, {}, "com.topic"]);
    expect(stage.take()).toStrictEqual([]);
  });

  test("[SREV-02] says nothing to a subscriber that did not announce the feature, for it or for another role", () => {
    for (const roles of [
      { subscriber: {} },
      { subscriber: {}, callee: { features: { subscription_revocation: true } } },
    ]) {
      const { stage, ann } = revocable(roles);
      expect(ask(stage, ann, "wamp.subscription.remove_subscriber", [3, 2])).toStrictEqual(answered("ann"));
      ann.send([16, 2, {}, "com.topic"]);
      expect(stage.take()).toStrictEqual([]);
    }
  });

  test("[SREV-03] makes the events of an UNSUBSCRIBE, after the message to the subscriber", () => {
    const { stage, ann } = revocable(SUBSCRIBER);
    watch(stage, ann, "wamp.subscription.on_delete", "wamp.subscription.on_unsubscribe");
    expect(ask(stage, ann, "wamp.subscription.remove_subscriber", [3, 2])).toStrictEqual([
      ...answered("ann"),
      ["ben", [35, 0, { subscription: 3 }]],
      ["ann", [36, 5, 6, {}, [2, 3]]],
      ["ann", [36, 4, 7, {}, [2, 3]]],
    ]);
  });

  test("[SREV-01] leaves other subscribers, lasts over a sleep, and is no obstacle to subscribing again", () => {
    const { stage, ann, ben } = revocable(SUBSCRIBER);
    stage.join("cat").send([32, 1, {}, "com.topic"]);
    ask(stage, ann, "wamp.subscription.remove_subscriber", [3, 2]);
    stage.sleepAndWake();
    ann.send([16, 2, {}, "com.topic"]);
    ben.send([34, 2, 3], [32, 3, {}, "com.topic"]);
    expect(stage.take()).toStrictEqual([
      ["cat", [36, 3, 5, {}]],
      ["ben", [8, 34, 2, {}, ...denial(NO_SUCH_SUBSCRIPTION)]],
      ["ben", [33, 3, 3]],
    ]);
  });

  test("[SREV-04] knows no session that has not subscribed, or is the router's own", () => {
    const { stage, ann } = revocable(SUBSCRIBER);
    joinAs(stage, "component", "trusted").send([32, 1, {}, "com.topic"]);
    for (const session of [1, 4, 99]) {
      expect(ask(stage, ann, "wamp.subscription.remove_subscriber", [3, session])).toStrictEqual(
        refused("ann", "wamp.error.no_such_session"),
      );
    }
    expect(ask(stage, ann, "wamp.subscription.count_subscribers", [3])).toStrictEqual(answered("ann", 2));
  });

  test("[SREV-04][META-05] needs a session and takes a reason that is text", () => {
    const { stage, ann } = revocable(SUBSCRIBER);
    const remove = (args: unknown[], kwargs: object) =>
      ask(stage, ann, "wamp.subscription.remove_subscriber", args, kwargs);
    const refusal = (fault: string) => refused("ann", "wamp.error.invalid_argument", fault);
    expect(remove([3], {})).toStrictEqual(refusal("session is missing"));
    expect(remove([3, "2"], {})).toStrictEqual(refusal("session is invalid"));
    expect(remove([3, 2], { reason: 7 })).toStrictEqual(refusal("reason is invalid"));
    expect(stage.realm.broker.subscriptions.size).toBe(1);
  });
});
