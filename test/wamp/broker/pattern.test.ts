/** Subscriptions to patterns (Pattern-based Subscriptions). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { TestRealm, violated } from "../host/test-realm.ts";

describe("a subscription to a pattern", () => {
  test("[PAT-01] SUBSCRIBE without match and with match: exact share one subscription", () => {
    const realm = new TestRealm();
    realm.join("sub").send([32, 1, {}, "a.b"], [32, 2, { match: "exact" }, "a.b"]);
    expect(realm.take()).toStrictEqual([
      ["sub", [33, 1, 2]],
      ["sub", [33, 2, 2]],
    ]);
  });

  test.each([
    ["prefix", "com.myapp.topic.emergency", ["com.myapp.topic.emergency", "com.myapp.topic.emergency-low"]],
    ["prefix", "com.myapp.", ["com.myapp.a", "com.myapp.a.b"]],
    ["prefix", "", ["a", "a.b"]],
    ["wildcard", "com.myapp..userevent", ["com.myapp.foo.userevent"]],
    ["wildcard", ".b", ["a.b", "c.b"]],
    ["wildcard", "", ["single"]],
    ["wildcard", "a.b", ["a.b"]],
  ])(
    "[PAT-02][PAT-03][PAT-04][PAT-05][PAT-06][PAT-08] a subscription to the %s %j receives matching events only, each with its topic",
    (match, pattern, topics) => {
      const realm = new TestRealm();
      const [sub, pub] = realm.joinAll("sub", "pub");
      sub.send([32, 1, { match }, pattern]);
      const others = ["com.myapp.topic.emerge", "com.myapp.foo.user", "com.myapp2.foo.userevent", "x.y.z"];
      const unmatched = others.filter(
        (topic) => !topics.includes(topic) && !(match === "prefix" && topic.startsWith(pattern)),
      );
      realm.take();
      const before = realm.lastId;
      for (const topic of [...topics, ...unmatched]) pub.send([16, 1, {}, topic, ["hi"]]);
      expect(realm.take()).toStrictEqual(
        topics.map((topic, index) => ["sub", [36, 3, before + 1 + index, { topic }, ["hi"]]]),
      );
    },
  );

  test("[PAT-07][ID-10] an event is sent to every matching subscription, the exact one first, with one publication id", () => {
    const realm = new TestRealm();
    const [sub, pub] = realm.joinAll("sub", "pub");
    sub.send([32, 1, {}, "a.b.c"], [32, 2, { match: "prefix" }, "a."], [32, 3, { match: "prefix" }, "a.b."]);
    sub.send([32, 4, { match: "wildcard" }, "a..c"], [32, 5, { match: "wildcard" }, "x..c"]);
    realm.take();
    pub.send([16, 1, {}, "a.b.c"]);
    const topic = "a.b.c";
    expect(realm.take()).toStrictEqual([
      ["sub", [36, 3, 8, {}]],
      ["sub", [36, 5, 8, { topic }]],
      ["sub", [36, 4, 8, { topic }]],
      ["sub", [36, 6, 8, { topic }]],
    ]);
  });

  test("[PAT-09][PAT-10] the same URI with another match policy is a separate subscription", () => {
    const realm = new TestRealm();
    const [sub, pub] = realm.joinAll("sub", "pub");
    sub.send([32, 1, {}, "a.b"], [32, 2, { match: "prefix" }, "a.b"], [32, 3, { match: "wildcard" }, "a.b"]);
    sub.send([32, 4, { match: "prefix" }, "a."], [34, 5, 4]);
    realm.take();
    pub.send([16, 1, {}, "a.b"]);
    const topic = "a.b";
    expect(realm.take()).toStrictEqual([
      ["sub", [36, 3, 7, {}]],
      ["sub", [36, 6, 7, { topic }]],
      ["sub", [36, 5, 7, { topic }]],
    ]);
  });

  test("[PAT-11][MSG-09] SUBSCRIBE to a pattern with an invalid character is refused; an unknown match breaks the protocol", () => {
    const realm = new TestRealm();
    realm
      .join("sub")
      .send(
        [32, 1, { match: "prefix" }, "a b"],
        [32, 2, { match: "wildcard" }, "a.#."],
        [32, 3, { match: "glob" }, "a"],
      );
    expect(realm.take()).toStrictEqual([
      ["sub", [8, 32, 1, {}, ...routerError("wamp.error.invalid_uri")]],
      ["sub", [8, 32, 2, {}, ...routerError("wamp.error.invalid_uri")]],
      ...violated("sub", "SUBSCRIBE: invalid match"),
    ]);
  });
});
