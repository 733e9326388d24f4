/** Subscriptions and events, basic profile (Publish and Subscribe). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { TestRealm, violated } from "../host/test-realm.ts";

describe("SUBSCRIBE", () => {
  test("[SUB-01] SUBSCRIBE is answered with SUBSCRIBED and the id of a subscription", () => {
    const realm = new TestRealm();
    realm.join("sub").send([32, 1, {}, "com.myapp.mytopic1"]);
    expect(realm.take()).toStrictEqual([["sub", [33, 1, 2]]]);
  });

  test("[SUB-02] SUBSCRIBE to the same topic again returns the same subscription, and each event is sent once", () => {
    const realm = new TestRealm();
    const [sub, pub] = realm.joinAll("sub", "pub");
    sub.send([32, 1, {}, "com.topic"], [32, 2, {}, "com.topic"], [32, 3, { match: "exact" }, "com.topic"]);
    pub.send([16, 1, {}, "com.topic", ["once"]]);
    expect(realm.take()).toStrictEqual([
      ["sub", [33, 1, 3]],
      ["sub", [33, 2, 3]],
      ["sub", [33, 3, 3]],
      ["sub", [36, 3, 4, {}, ["once"]]],
    ]);
  });

  test("SUBSCRIBE beyond the session's limit is refused, except for a subscription that the session already has", () => {
    const realm = new TestRealm({ limits: { subscriptions_per_session: 2 } });
    const ann = realm.join("ann");
    ann.send([32, 1, {}, "a.b"], [32, 2, {}, "a.c"], [32, 3, {}, "a.d"], [32, 4, {}, "a.c"]);
    ann.send([34, 5, 2], [32, 6, {}, "a.d"]);
    expect(realm.take()).toStrictEqual([
      ["ann", [33, 1, 2]],
      ["ann", [33, 2, 3]],
      ["ann", [8, 32, 3, {}, "wamp.edge.error.limit_exceeded", ["a session may hold 2 subscriptions"]]],
      ["ann", [33, 4, 3]],
      ["ann", [35, 5]],
      ["ann", [33, 6, 4]],
    ]);
    expect(realm.realm.broker.subscriptions.size).toBe(2);
  });
});

describe("UNSUBSCRIBE", () => {
  test("[SUB-03][SUB-06] UNSUBSCRIBE ends a subscription however often the session subscribed", () => {
    const realm = new TestRealm();
    const [sub, pub] = realm.joinAll("sub", "pub");
    sub.send([32, 1, {}, "com.topic"], [32, 2, {}, "com.topic"], [34, 3, 3], [34, 4, 3]);
    pub.send([16, 1, {}, "com.topic"]);
    expect(realm.take()).toStrictEqual([
      ["sub", [33, 1, 3]],
      ["sub", [33, 2, 3]],
      ["sub", [35, 3]],
      ["sub", [8, 34, 4, {}, ...routerError("wamp.error.no_such_subscription")]],
    ]);
  });

  test("[SUB-07] UNSUBSCRIBE from an unknown subscription is refused", () => {
    const realm = new TestRealm();
    realm.join("sub").send([34, 2, 5512315355]);
    expect(realm.take()).toStrictEqual([["sub", [8, 34, 2, {}, ...routerError("wamp.error.no_such_subscription")]]]);
  });

  test("[SUB-08] UNSUBSCRIBE from the subscription of another session is refused as if it did not exist, and changes nothing", () => {
    const realm = new TestRealm();
    const [ann, ben, pub] = realm.joinAll("ann", "ben", "pub");
    ann.send([32, 1, {}, "com.topic"]);
    ben.send([34, 1, 4]);
    pub.send([16, 1, {}, "com.topic"]);
    expect(realm.take()).toStrictEqual([
      ["ann", [33, 1, 4]],
      ["ben", [8, 34, 1, {}, ...routerError("wamp.error.no_such_subscription")]],
      ["ann", [36, 4, 5, {}]],
    ]);
  });

  test("[SUB-08] UNSUBSCRIBE from a shared subscription does not affect its other subscribers", () => {
    const realm = new TestRealm();
    const [ann, ben, pub] = realm.joinAll("ann", "ben", "pub");
    ann.send([32, 1, {}, "com.topic"]);
    ben.send([32, 1, {}, "com.topic"]);
    realm.take();
    ann.send([34, 2, 4]);
    pub.send([16, 1, {}, "com.topic"]);
    expect(realm.take()).toStrictEqual([
      ["ann", [35, 2]],
      ["ben", [36, 4, 5, {}]],
    ]);
  });

  test("[SUB-10] UNSUBSCRIBE by the last subscriber deletes the subscription, and a later one has a new id", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ann.send([32, 1, {}, "com.topic"]);
    ben.send([32, 1, {}, "com.topic"]);
    ann.send([34, 2, 3]);
    ben.disconnect();
    expect(realm.realm.broker.subscriptions.size).toBe(0);
    ann.send([32, 3, {}, "com.topic"]);
    expect(realm.take()).toStrictEqual([
      ["ann", [33, 1, 3]],
      ["ben", [33, 1, 3]],
      ["ann", [35, 2]],
      ["ann", [33, 3, 4]],
    ]);
  });
});

test("[SUB-09] a session's subscriptions end with the session", () => {
  const realm = new TestRealm();
  const [ann, ben, pub] = realm.joinAll("ann", "ben", "pub");
  for (const client of [ann, ben]) client.send([32, 1, {}, "com.topic"], [32, 2, { match: "prefix" }, "com."]);
  realm.take();
  ann.send([6, {}, "wamp.close.close_realm"]);
  pub.send([16, 1, {}, "com.topic"]);
  expect(realm.take()).toStrictEqual([
    ["ann", [6, {}, "wamp.close.goodbye_and_out"]],
    ["ben", [36, 4, 6, {}]],
    ["ben", [36, 5, 6, { topic: "com.topic" }]],
  ]);
});

describe("PUBLISH", () => {
  test("[PUB-01] PUBLISH without acknowledge has no reply", () => {
    const realm = new TestRealm();
    const pub = realm.join("pub");
    pub.send([16, 1, {}, "com.topic", ["Hello, world!"]], [16, 2, { acknowledge: false }, "com.topic"]);
    expect(realm.take()).toStrictEqual([]);
  });

  test("[PUB-02][PUB-11][PUB-12] PUBLISH with acknowledge is answered, also without a subscriber", () => {
    const realm = new TestRealm();
    realm.join("pub").send([16, 1, { acknowledge: true }, "com.topic"]);
    expect(realm.take()).toStrictEqual([["pub", [17, 1, 2]]]);
  });

  test("[PUB-12] PUBLISH with acknowledge is answered if the publisher is the only subscriber", () => {
    const realm = new TestRealm();
    realm.join("pub").send([32, 1, {}, "com.topic"], [16, 2, { acknowledge: true }, "com.topic"]);
    expect(realm.take()).toStrictEqual([
      ["pub", [33, 1, 2]],
      ["pub", [17, 2, 3]],
    ]);
  });

  test.each([
    ["its URI", {}, "not a uri", "wamp.error.invalid_uri"],
    ["its topic, which is reserved", {}, "wamp.topic", "wamp.error.invalid_uri"],
    ["the rules of its role", {}, "org.topic", "wamp.error.not_authorized"],
    ["a disclosure it may not ask for", { disclose_me: true }, "com.topic", "wamp.error.option_disallowed.disclose_me"],
  ])(
    "[PUB-03][PUB-04][AZ-05] PUBLISH that fails for %s is refused, or dropped silently without acknowledge",
    (_, options, uri, error) => {
      const permissions = [
        { uri: "com.", match: "prefix", allow: { publish: true }, disclose: { publisher: false } },
        { uri: "", match: "prefix", allow: { subscribe: true } },
      ] as const;
      const realm = new TestRealm({ roles: [{ name: "anonymous", permissions }], options: { enable_meta_api: false } });
      const [sub, pub] = realm.joinAll("sub", "pub");
      sub.send([32, 1, { match: "prefix" }, ""]);
      realm.take();
      pub.send([16, 1, options, uri, ["lost"]], [16, 2, { ...options, acknowledge: true }, uri, ["lost"]]);
      expect(realm.take()).toStrictEqual([["pub", [8, 16, 2, {}, ...routerError(error)]]]);
    },
  );

  test("[PUB-04] PUBLISH that breaks the protocol ends the session, acknowledged or not", () => {
    const realm = new TestRealm();
    realm.join("pub").send([16, 1, { acknowledge: 0 }, "com.topic"]);
    expect(realm.take()).toStrictEqual(violated("pub", "PUBLISH: invalid acknowledge"));
  });
});

describe("EVENT", () => {
  test.each([
    ["[PUB-05]", "nothing", [], []],
    ["[PUB-05]", "empty Arguments", [[]], []],
    ["[PUB-05]", "empty Arguments and ArgumentsKw", [[], {}], []],
    ["[PUB-06]", "Arguments", [["Hello, world!"]], [["Hello, world!"]]],
    ["[PUB-06]", "Arguments and empty ArgumentsKw", [[1, null, { a: [true] }], {}], [[1, null, { a: [true] }]]],
    ["[PUB-07]", "Arguments and ArgumentsKw", [["x"], { y: 1.5 }], [["x"], { y: 1.5 }]],
    [
      "[PUB-07]",
      "ArgumentsKw alone",
      [[], { color: "orange", sizes: [23, 42, 7] }],
      [[], { color: "orange", sizes: [23, 42, 7] }],
    ],
  ])("%s EVENT carries the payload of PUBLISH: %s", (_id, _what, sent, received) => {
    const realm = new TestRealm();
    const [sub, pub] = realm.joinAll("sub", "pub");
    sub.send([32, 1, {}, "com.topic"]);
    realm.take();
    pub.send([16, 1, {}, "com.topic", ...sent]);
    expect(realm.take()).toStrictEqual([["sub", [36, 3, 4, {}, ...received]]]);
  });

  test("[PUB-08] an event does not reach its publisher on any of its subscriptions", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    for (const client of [ann, ben]) client.send([32, 1, {}, "com.topic"], [32, 2, { match: "prefix" }, "com"]);
    realm.take();
    ann.send([16, 3, {}, "com.topic"]);
    expect(realm.take()).toStrictEqual([
      ["ben", [36, 3, 5, {}]],
      ["ben", [36, 4, 5, { topic: "com.topic" }]],
    ]);
  });

  test("[PUB-09] an event reaches another session with the publisher's authid", () => {
    const realm = new TestRealm();
    const ann = realm.join("ann");
    realm.lastByte = 0;
    const twin = realm.join("twin");
    for (const client of [ann, twin]) client.send([32, 1, {}, "com.topic"]);
    realm.take();
    ann.send([16, 2, {}, "com.topic"]);
    expect([ann, twin].map(({ savedSession }) => savedSession.identity.authid)).toStrictEqual([
      "AQEBAQEBAQEBAQEBAQEBAQEB",
      "AQEBAQEBAQEBAQEBAQEBAQEB",
    ]);
    expect(realm.take()).toStrictEqual([["twin", [36, 3, 4, {}]]]);
  });

  test("[PUB-10][PUB-16] an event is sent once per matching subscription, with one publication id; only patterns get the topic", () => {
    const realm = new TestRealm();
    const [sub, pub] = realm.joinAll("sub", "pub");
    sub.send([32, 1, {}, "com.my.topic"], [32, 2, { match: "prefix" }, "com.my"]);
    sub.send([32, 3, { match: "wildcard" }, "com..topic"], [32, 4, {}, "com.other"]);
    realm.take();
    pub.send([16, 1, {}, "com.my.topic", [1]]);
    expect(realm.take()).toStrictEqual([
      ["sub", [36, 3, 7, {}, [1]]],
      ["sub", [36, 4, 7, { topic: "com.my.topic" }, [1]]],
      ["sub", [36, 5, 7, { topic: "com.my.topic" }, [1]]],
    ]);
  });

  test("[PUB-13] an event reaches the sessions that are subscribed when it is published, not earlier or later ones", () => {
    const realm = new TestRealm();
    const [early, late, pub] = realm.joinAll("early", "late", "pub");
    early.send([32, 1, {}, "com.topic"]);
    pub.send([16, 1, {}, "com.topic", [1]]);
    late.send([32, 1, {}, "com.topic"]);
    early.send([34, 2, 4]);
    pub.send([16, 2, {}, "com.topic", [2]]);
    expect(realm.take()).toStrictEqual([
      ["early", [33, 1, 4]],
      ["early", [36, 4, 5, {}, [1]]],
      ["late", [33, 1, 4]],
      ["early", [35, 2]],
      ["late", [36, 4, 6, {}, [2]]],
    ]);
  });

  test("[PUB-14][WS-18] an event that cannot be delivered to one receiver reaches the others, and the next event reaches all", () => {
    const realm = new TestRealm();
    const [narrow, dead, fine, pub] = realm.joinAll("narrow", "dead", "fine", "pub");
    for (const client of [narrow, dead, fine]) client.send([32, 1, {}, "com.topic"]);
    realm.take();
    narrow.transport.maxLength = 40;
    dead.transport.isDead = true;
    pub.send([16, 1, { acknowledge: true }, "com.topic", ["x".repeat(50)]], [16, 2, {}, "com.topic", ["short"]]);
    expect(realm.take()).toStrictEqual([
      ["pub", [17, 1, 6]],
      ["fine", [36, 5, 6, {}, ["x".repeat(50)]]],
      ["narrow", [36, 5, 7, {}, ["short"]]],
      ["fine", [36, 5, 7, {}, ["short"]]],
    ]);
  });

  test("[PUB-15] an event carries none of the options of PUBLISH", () => {
    const realm = new TestRealm();
    const [sub, pub] = realm.joinAll("sub", "pub");
    sub.send([32, 1, {}, "com.topic"]);
    realm.take();
    const options = {
      exclude_me: true,
      exclude: [77],
      eligible: [1],
      retain: false,
      rkey: "r",
      foo_bar: 1,
      topic: "x.y",
    };
    pub.send([16, 1, { ...options, forward_for: [], publisher: 9, retained: true }, "com.topic"]);
    expect(realm.take()).toStrictEqual([["sub", [36, 3, 4, {}]]]);
  });
});

test("[FEAT-08] broker features work for clients that announced no features", () => {
  const realm = new TestRealm();
  const pub = realm.join("pub", { publisher: {}, subscriber: {} });
  pub.send([32, 1, {}, "com.topic"], [16, 2, { exclude_me: false }, "com.topic"]);
  expect(realm.take()).toStrictEqual([
    ["pub", [33, 1, 2]],
    ["pub", [36, 2, 3, {}]],
  ]);
});
