/** Which URIs the realm takes in which field of which message (URIs; Reserved URIs). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { TestRealm, violated } from "../host/test-realm.ts";

/** What a session sees that sends this; `check` is the realm's rule set. Broad patterns shall see no meta events. */
function fate(message: unknown, check: "loose" | "strict" = "loose"): unknown[] {
  const realm = new TestRealm({ options: { uri_check: check, enable_meta_api: false } });
  realm.join("ann").send(message);
  return realm.take();
}

const invalid = (type: number) => [["ann", [8, type, 1, {}, ...routerError("wamp.error.invalid_uri")]]];
const noProcedure = [["ann", [8, 48, 1, {}, ...routerError("wamp.error.no_such_procedure")]]];

const BAD_URIS = ["", "a..b", ".a", "a.", "a b", "a#b", "a.\tb", "x".repeat(2049)];

describe("a URI that is none is refused with invalid_uri", () => {
  test.each(BAD_URIS)("[URI-01][URI-03] as topic of PUBLISH: %j", (uri) => {
    expect(fate([16, 1, { acknowledge: true }, uri])).toStrictEqual(invalid(16));
    expect(fate([16, 1, {}, uri])).toStrictEqual([]);
  });

  test.each(BAD_URIS)("[URI-03] as procedure of CALL: %j", (uri) => {
    expect(fate([48, 1, {}, uri])).toStrictEqual(invalid(48));
  });

  test.each(BAD_URIS)("[URI-04][SUB-05] as topic of an exact SUBSCRIBE: %j", (uri) => {
    expect(fate([32, 1, {}, uri])).toStrictEqual(invalid(32));
  });

  test.each(BAD_URIS)("[URI-04][REG-04] as procedure of an exact REGISTER: %j", (uri) => {
    expect(fate([64, 1, {}, uri])).toStrictEqual(invalid(64));
  });

  test.each([
    ["prefix", "a..b"],
    ["prefix", "a b"],
    ["prefix", "a#"],
    ["wildcard", "a. .b"],
    ["wildcard", "a..#"],
  ])("as pattern for %s: %j", (match, uri) => {
    expect(fate([32, 1, { match }, uri])).toStrictEqual(invalid(32));
    expect(fate([64, 1, { match }, uri])).toStrictEqual(invalid(64));
  });
});

test.each([
  ["[URI-05]", "prefix", "com.myapp."],
  ["[URI-05]", "prefix", ""],
  ["[URI-05]", "prefix", "com.my"],
  ["[URI-06]", "wildcard", "com..x"],
  ["[URI-06]", "wildcard", ".."],
  ["[URI-06]", "wildcard", ""],
])("%s a pattern for %s may be %j", (_, match, uri) => {
  expect(fate([32, 1, { match }, uri])).toStrictEqual([["ann", [33, 1, 2]]]);
  expect(fate([64, 1, { match }, uri])).toStrictEqual([["ann", [65, 1, 2]]]);
});

describe("[URI-02] under the strict rules", () => {
  test.each(["Com.Foo", "com.foo-bar", "com.é"])("%j is refused everywhere, though loose rules take it", (uri) => {
    expect(fate([16, 1, { acknowledge: true }, uri], "strict")).toStrictEqual(invalid(16));
    expect(fate([32, 1, {}, uri], "strict")).toStrictEqual(invalid(32));
    expect(fate([32, 1, { match: "prefix" }, uri], "strict")).toStrictEqual(invalid(32));
    expect(fate([32, 1, { match: "wildcard" }, uri], "strict")).toStrictEqual(invalid(32));
    expect(fate([48, 1, {}, uri], "strict")).toStrictEqual(invalid(48));
    expect(fate([64, 1, {}, uri], "strict")).toStrictEqual(invalid(64));
    expect(fate([32, 1, {}, uri])).toStrictEqual([["ann", [33, 1, 2]]]);
    expect(fate([48, 1, {}, uri])).toStrictEqual(noProcedure);
  });

  test("what they allow is taken", () => {
    expect(fate([32, 1, {}, "com.my_app.topic1"], "strict")).toStrictEqual([["ann", [33, 1, 2]]]);
  });

  test("[URI-08] reasons and errors stay loose", () => {
    const realm = new TestRealm({ options: { uri_check: "strict" } });
    const [caller, callee] = realm.joinAll("caller", "callee");
    callee.send([64, 1, {}, "com.add"]);
    caller.send([48, 1, {}, "com.add"]);
    realm.take();
    callee.send([8, 68, 1, {}, "Com.Error-1"], [6, {}, "Com.Bye"]);
    expect(realm.take()).toStrictEqual([
      ["caller", [8, 48, 1, {}, "Com.Error-1"]],
      ["callee", [6, {}, "wamp.close.goodbye_and_out"]],
    ]);
  });
});

test.each([
  ["ERROR: invalid Error", [8, 68, 1, {}, "not a uri"]],
  ["ERROR: invalid Error", [8, 68, 1, {}, ""]],
  ["GOODBYE: invalid Reason", [6, {}, "a..b"]],
  ["ABORT: invalid Reason", [3, {}, "a#b"]],
])("[URI-08] a reason or error that is no URI breaks the protocol: %s in %j", (reason, message) => {
  expect(fate(message)).toStrictEqual(violated("ann", reason));
});

describe("URIs under wamp.", () => {
  test.each([
    [{}, "wamp.foo"],
    [{}, "wamp"],
    [{}, "wamp.session.count"],
    [{ match: "prefix" }, "wamp"],
    [{ match: "prefix" }, "wamp."],
    [{ match: "wildcard" }, "wamp..x"],
  ])("[URI-09][URI-12] cannot be registered: %j %s", (options, uri) => {
    expect(fate([64, 1, options, uri])).toStrictEqual(invalid(64));
  });

  test.each(["wamp.session.on_join", "wamp", "wamp.foo"])("[URI-10][URI-12] cannot be published to: %s", (uri) => {
    const realm = new TestRealm();
    const [pub, sub] = realm.joinAll("pub", "sub");
    sub.send([32, 1, {}, uri], [32, 2, { match: "prefix" }, ""]);
    realm.take();
    pub.send([16, 1, { acknowledge: true }, uri], [16, 2, {}, uri]);
    expect(realm.take()).toStrictEqual([["pub", [8, 16, 1, {}, ...routerError("wamp.error.invalid_uri")]]]);
  });

  test("[URI-11] can be subscribed to and called", () => {
    expect(fate([32, 1, {}, "wamp.session.on_join"])).toStrictEqual([["ann", [33, 1, 2]]]);
    expect(fate([48, 1, {}, "wamp.no.such"])).toStrictEqual(noProcedure);
  });

  test("[URI-12] end where another component begins: wampum is an application's", () => {
    expect(fate([64, 1, {}, "wampum.x"])).toStrictEqual([["ann", [65, 1, 2]]]);
    expect(fate([16, 1, { acknowledge: true }, "wampum"])).toStrictEqual([["ann", [17, 1, 2]]]);
  });

  test("[URI-13] may be covered by a pattern", () => {
    expect(fate([32, 1, { match: "prefix" }, "wamp"])).toStrictEqual([["ann", [33, 1, 2]]]);
    expect(fate([64, 1, { match: "prefix" }, ""])).toStrictEqual([["ann", [65, 1, 2]]]);
  });
});

test("[URI-14] one URI may be a topic, a procedure and an error at once", () => {
  const realm = new TestRealm();
  const [ann, ben] = realm.joinAll("ann", "ben");
  ann.send([32, 1, {}, "com.name"], [64, 2, {}, "com.name"]);
  realm.take();
  ben.send([16, 1, {}, "com.name"], [48, 2, {}, "com.name"]);
  ann.send([8, 68, 1, {}, "com.name"]);
  expect(realm.take()).toStrictEqual([
    ["ann", [36, 3, 5, {}]],
    ["ann", [68, 1, 4, {}]],
    ["ben", [8, 48, 2, {}, "com.name"]],
  ]);
});

test.each([
  ["case", "com.Name"],
  ["composition", "com.e\u0301"],
  ["width", "com.ｎame"],
])("[URI-15] URIs that differ in %s only are different", (_, other) => {
  const realm = new TestRealm();
  const [ann, ben] = realm.joinAll("ann", "ben");
  ann.send([32, 1, {}, "com.name"], [32, 2, {}, "com.\u00e9"], [64, 3, {}, "com.name"]);
  realm.take();
  ben.send([16, 1, {}, other], [48, 2, {}, other]);
  expect(realm.take()).toStrictEqual([["ben", [8, 48, 2, {}, ...routerError("wamp.error.no_such_procedure")]]]);
});
