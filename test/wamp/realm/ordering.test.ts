/** In which order messages reach one client (Ordering Guarantees). */

import { expect, test } from "vitest";
import { TestRealm } from "../host/test-realm.ts";

test("[ORD-01] events of one publisher reach a subscriber as they were published, over all topics and subscriptions", () => {
  const realm = new TestRealm();
  const [sub, pub] = realm.joinAll("sub", "pub");
  sub.send([32, 1, { match: "wildcard" }, "com."], [32, 2, {}, "com.one"], [32, 3, { match: "prefix" }, "com.t"]);
  realm.take();
  const topics = ["com.two", "com.one", "com.three", "com.one", "com.two"];
  for (const [index, topic] of topics.entries()) {
    pub.send([16, index + 1, {}, topic, [index]]);
    if (index === 2) realm.sleepAndWake();
  }
  const order = realm.take().map(([, message]) => (message as unknown[])[4]);
  expect(order).toStrictEqual([[0], [0], [1], [1], [2], [2], [3], [3], [4], [4]]);
});

test("[ORD-02] SUBSCRIBED comes before the first EVENT of the subscription", () => {
  const realm = new TestRealm();
  const sub = realm.join("sub");
  sub.send([32, 1, {}, "com.topic"], [16, 2, { exclude_me: false }, "com.topic"]);
  expect(realm.take()).toStrictEqual([
    ["sub", [33, 1, 2]],
    ["sub", [36, 2, 3, {}]],
  ]);
});

test("[ORD-03] invocations of one caller reach a callee as they were called, over all procedures", () => {
  const realm = new TestRealm();
  const [callee, caller] = realm.joinAll("callee", "caller");
  callee.send([64, 1, {}, "com.a"], [64, 2, { match: "prefix" }, "com.b"], [64, 3, { match: "wildcard" }, "com..c"]);
  realm.take();
  const procedures = ["com.b", "com.a", "com.x.c", "com.a", "com.b.x"];
  for (const [index, procedure] of procedures.entries()) {
    caller.send([48, index + 1, {}, procedure, [index]]);
    if (index === 2) realm.sleepAndWake();
  }
  expect(realm.take()).toStrictEqual([
    ["callee", [68, 1, 4, { procedure: "com.b" }, [0]]],
    ["callee", [68, 2, 3, {}, [1]]],
    ["callee", [68, 3, 5, { procedure: "com.x.c" }, [2]]],
    ["callee", [68, 4, 3, {}, [3]]],
    ["callee", [68, 5, 4, { procedure: "com.b.x" }, [4]]],
  ]);
});

test("[ORD-04] REGISTERED comes before the first INVOCATION of the registration", () => {
  const realm = new TestRealm();
  realm.join("callee").send([64, 1, {}, "com.add"], [48, 2, {}, "com.add"]);
  expect(realm.take()).toStrictEqual([
    ["callee", [65, 1, 2]],
    ["callee", [68, 1, 2, {}]],
  ]);
});

test("[ORD-08] PUBLISHED comes before the publisher's own EVENT", () => {
  const realm = new TestRealm();
  const ann = realm.join("ann");
  ann.send([32, 1, {}, "com.topic"], [16, 2, { acknowledge: true, exclude_me: false }, "com.topic"]);
  expect(realm.take()).toStrictEqual([
    ["ann", [33, 1, 2]],
    ["ann", [17, 2, 3]],
    ["ann", [36, 2, 3, {}]],
  ]);
});

test("[ORD-10] no EVENT follows UNSUBSCRIBED", () => {
  const realm = new TestRealm();
  const [sub, pub] = realm.joinAll("sub", "pub");
  sub.send([32, 1, {}, "com.topic"], [32, 2, { match: "prefix" }, "com."]);
  pub.send([16, 1, {}, "com.topic"]);
  sub.send([34, 3, 3]);
  pub.send([16, 2, {}, "com.topic"]);
  sub.send([34, 4, 4]);
  pub.send([16, 3, {}, "com.topic"]);
  expect(realm.take()).toStrictEqual([
    ["sub", [33, 1, 3]],
    ["sub", [33, 2, 4]],
    ["sub", [36, 3, 5, {}]],
    ["sub", [36, 4, 5, { topic: "com.topic" }]],
    ["sub", [35, 3]],
    ["sub", [36, 4, 6, { topic: "com.topic" }]],
    ["sub", [35, 4]],
  ]);
});
