/** Ids: their range, their scopes, and the peers that choose them (Identifiers). */

import { describe, expect, test } from "vitest";
import { idFromRandom, idFromText, isId, MAX_ID, nextId } from "../../../src/wamp/protocol/id.ts";
import { routerError } from "../host/router-errors.ts";
import { TestRealm, violated } from "../host/test-realm.ts";

describe("an id", () => {
  test.each([1, 2, 4429313566, 2 ** 53 - 1, 2 ** 53])("[ID-01] may be %d", (value) => {
    expect(isId(value)).toBe(true);
  });

  test.each([0, -1, 1.5, 2 ** 53 + 2, 1n, "1", null, undefined, Number.NaN, true, [1]])(
    "[ID-01][ID-07] is not %o",
    (value) => expect(isId(value)).toBe(false),
  );

  test("[ID-04] of a session scope is followed by the next one, and 2^53 by 1", () => {
    expect([nextId(0), nextId(1), nextId(MAX_ID - 1), nextId(MAX_ID)]).toStrictEqual([1, 2, MAX_ID, 1]);
  });

  test.each([
    ["0000000000000001", 1],
    ["0000000100000000", 2 ** 32],
    ["001fffffffffffff", 2 ** 53 - 1],
    ["ffe0000000000002", 2],
    ["ffffffffffffffff", 2 ** 53 - 1],
    ["0000000000000000", 2 ** 53 - 1],
    ["0012345678abcdef", 0x12345678abcdef],
  ])("[ID-02] of the global scope is the low 53 of the random bits %s, and never 0", (bytes, id) => {
    expect(idFromRandom(Buffer.from(bytes, "hex"))).toBe(id);
  });
});

test("an id from a text is the same every time, in the range of ids, and another for another text", () => {
  const ids = ["", "a", "b", "ab", "registration exact add", "😀"].map(idFromText);
  expect(ids.every(isId)).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
  expect(idFromText("registration exact add")).toBe(ids[4]);
});

test("[ID-02][SES-04] a session id that is taken is not given again", () => {
  const realm = new TestRealm();
  realm.join("ann");
  realm.lastId = 0;
  realm.connect("ben").send([1, "realm1", { roles: { caller: {} } }]);
  expect([...realm.realm.sessions.byId.keys()]).toStrictEqual([1, 2]);
});

test("[ID-02][ID-10] every PUBLISH has a publication id of its own, the same in PUBLISHED and in each EVENT it causes", () => {
  const realm = new TestRealm();
  const [pub, sub] = realm.joinAll("pub", "sub");
  sub.send([32, 1, {}, "com.topic"], [32, 2, { match: "prefix" }, "com."], [32, 3, { match: "wildcard" }, "com."]);
  realm.take();
  pub.send([16, 1, { acknowledge: true }, "com.topic"], [16, 2, { acknowledge: true }, "com.topic"]);
  expect(realm.take()).toStrictEqual([
    ["pub", [17, 1, 6]],
    ["sub", [36, 3, 6, {}]],
    ["sub", [36, 4, 6, { topic: "com.topic" }]],
    ["sub", [36, 5, 6, { topic: "com.topic" }]],
    ["pub", [17, 2, 7]],
    ["sub", [36, 3, 7, {}]],
    ["sub", [36, 4, 7, { topic: "com.topic" }]],
    ["sub", [36, 5, 7, { topic: "com.topic" }]],
  ]);
});

test("[ID-03][ID-09] a subscription keeps its id while anyone holds it; other matches of the same string are others", () => {
  const realm = new TestRealm();
  const [ann, ben] = realm.joinAll("ann", "ben");
  ann.send([32, 1, {}, "com.topic"], [32, 2, { match: "prefix" }, "com.topic"]);
  ann.send([32, 3, { match: "wildcard" }, "com.topic"], [32, 4, { match: "exact" }, "com.topic"]);
  ben.send([32, 1, {}, "com.topic"]);
  ann.send([34, 5, 3]);
  ann.send([32, 6, {}, "com.topic"]);
  expect(realm.take()).toStrictEqual([
    ["ann", [33, 1, 3]],
    ["ann", [33, 2, 4]],
    ["ann", [33, 3, 5]],
    ["ann", [33, 4, 3]],
    ["ben", [33, 1, 3]],
    ["ann", [35, 5]],
    ["ann", [33, 6, 3]],
  ]);
});

test("[ID-03] a registration keeps its id while it exists, and the next one of the same procedure has another", () => {
  const realm = new TestRealm();
  const ann = realm.join("ann");
  ann.send([64, 1, {}, "com.add"], [66, 2, 2], [64, 3, {}, "com.add"]);
  expect(realm.take()).toStrictEqual([
    ["ann", [65, 1, 2]],
    ["ann", [67, 2]],
    ["ann", [65, 3, 3]],
  ]);
});

test("[ID-04][ID-08] INVOCATION.Request counts 1, 2, 3 … for each callee, for all callers, procedures and request ids", () => {
  const realm = new TestRealm();
  const [ann, ben, cal, dan] = realm.joinAll("ann", "ben", "cal", "dan");
  cal.send([64, 1, {}, "com.add"], [64, 2, {}, "com.sub"]);
  dan.send([64, 1, {}, "com.mul"]);
  realm.take();
  ann.send([48, 700, {}, "com.add"], [48, 9007199254740992, {}, "com.mul"]);
  ben.send([48, 700, {}, "com.sub"], [48, 701, {}, "com.mul"]);
  expect(realm.take()).toStrictEqual([
    ["cal", [68, 1, 5, {}]],
    ["dan", [68, 1, 7, {}]],
    ["cal", [68, 2, 6, {}]],
    ["dan", [68, 2, 7, {}]],
  ]);
});

test("[ID-05][ID-08] replies carry the request id they answer, though two clients use the same", () => {
  const realm = new TestRealm();
  const [ann, ben] = realm.joinAll("ann", "ben");
  ann.send([64, 5, {}, "com.add"]);
  ben.send([64, 5, {}, "com.mul"]);
  realm.take();
  ann.send([48, 9, {}, "com.mul", [1]]);
  ben.send([48, 9, {}, "com.add", [2]]);
  ann.send([70, 1, {}, ["to ben"]]);
  ben.send([70, 1, {}, ["to ann"]]);
  expect(realm.take()).toStrictEqual([
    ["ben", [68, 1, 4, {}, [1]]],
    ["ann", [68, 1, 3, {}, [2]]],
    ["ben", [50, 9, {}, ["to ben"]]],
    ["ann", [50, 9, {}, ["to ann"]]],
  ]);
});

test("[ID-05] a refused request is told by its type and id", () => {
  const realm = new TestRealm();
  realm.join("ann").send([34, 7, 99], [66, 8, 99], [48, 4294967296, {}, "com.none"]);
  expect(realm.take()).toStrictEqual([
    ["ann", [8, 34, 7, {}, ...routerError("wamp.error.no_such_subscription")]],
    ["ann", [8, 66, 8, {}, ...routerError("wamp.error.no_such_registration")]],
    ["ann", [8, 48, 4294967296, {}, ...routerError("wamp.error.no_such_procedure")]],
  ]);
});

describe("[ID-06] the sequence of a client's request ids", () => {
  const strict = { options: { request_id_check: "strict" } } as const;

  test("is not checked by default", () => {
    const realm = new TestRealm();
    realm.join("ann").send([32, 123, {}, "a.b"], [32, 789, {}, "a.c"], [32, 789, {}, "a.c"]);
    expect(realm.take()).toStrictEqual([
      ["ann", [33, 123, 2]],
      ["ann", [33, 789, 3]],
      ["ann", [33, 789, 3]],
    ]);
  });

  test("starts at 1 and has no gap over all six requests where that is asked for, failed ones included", () => {
    const realm = new TestRealm(strict);
    const ann = realm.join("ann");
    ann.send([32, 1, {}, "a.b"], [34, 2, 2], [64, 3, {}, "not a uri"], [64, 4, {}, "a.b"], [66, 5, 3]);
    ann.send([48, 6, {}, "a.b"], [16, 7, {}, "a.b"], [16, 8, { acknowledge: true }, "a.b"]);
    expect(realm.take()).toStrictEqual([
      ["ann", [33, 1, 2]],
      ["ann", [35, 2]],
      ["ann", [8, 64, 3, {}, ...routerError("wamp.error.invalid_uri")]],
      ["ann", [65, 4, 3]],
      ["ann", [67, 5]],
      ["ann", [8, 48, 6, {}, ...routerError("wamp.error.no_such_procedure")]],
      ["ann", [17, 8, 5]],
    ]);
  });

  test.each([
    ["a first request that is not 1", [[32, 5, {}, "a.b"]]],
    [
      "a gap",
      [
        [16, 1, {}, "a.b"],
        [16, 3, {}, "a.b"],
      ],
    ],
    [
      "a repetition",
      [
        [16, 1, {}, "a.b"],
        [48, 1, {}, "a.b"],
      ],
    ],
    [
      "a step back",
      [
        [16, 1, {}, "a.b"],
        [16, 2, {}, "a.b"],
        [66, 1, 4],
      ],
    ],
  ])("ends the session at %s", (_, messages) => {
    const realm = new TestRealm(strict);
    realm.join("ann").send(...messages);
    expect(realm.take()).toStrictEqual(violated("ann", "request ids must be sequential"));
  });

  test("is each session's own and goes on after a sleep", () => {
    const realm = new TestRealm(strict);
    const [ann, ben] = realm.joinAll("ann", "ben");
    ann.send([16, 1, {}, "a.b"]);
    ben.send([16, 1, {}, "a.b"]);
    realm.sleepAndWake();
    ann.send([32, 2, {}, "a.b"]);
    ben.send([32, 1, {}, "a.b"]);
    expect(realm.take()).toStrictEqual([["ann", [33, 2, 5]], ...violated("ben", "request ids must be sequential")]);
  });

  test("leaves out what is no new request: answers, CANCEL, and the chunks of one progressive call", () => {
    const realm = new TestRealm(strict);
    const ann = realm.join("ann", { caller: { features: { progressive_call_invocations: true } } });
    const features = { progressive_call_invocations: true, call_canceling: true };
    const cal = realm.join("cal", { callee: { features } });
    cal.send([64, 1, {}, "com.add"]);
    ann.send([48, 1, { progress: true }, "com.add", [1]], [48, 1, { progress: true }, "com.add", [2]]);
    ann.send([48, 1, {}, "com.add", [3]], [48, 2, {}, "com.add"], [49, 2, { mode: "skip" }], [16, 3, {}, "a.b"]);
    cal.send([70, 1, {}], [66, 2, 3]);
    expect(realm.take()).toStrictEqual([
      ["cal", [65, 1, 3]],
      ["cal", [68, 1, 3, { progress: true }, [1]]],
      ["cal", [68, 1, 3, { progress: true }, [2]]],
      ["cal", [68, 1, 3, {}, [3]]],
      ["cal", [68, 2, 3, {}]],
      ["ann", [8, 48, 2, {}, ...routerError("wamp.error.canceled")]],
      ["ann", [50, 1, {}]],
      ["cal", [67, 2]],
    ]);
  });
});

test.each([
  ["0", 0],
  ["negative", -1],
  ["a fraction", 1.5],
  ["beyond 2^53", 9007199254740994],
  ["a string", "1"],
  ["null", null],
  ["a boolean", true],
])("[ID-07] a request id that is %s ends the session", (_, request) => {
  const messages: [string, unknown[]][] = [
    ["PUBLISH", [16, request, {}, "a.b"]],
    ["SUBSCRIBE", [32, request, {}, "a.b"]],
    ["UNSUBSCRIBE", [34, request, 1]],
    ["CALL", [48, request, {}, "a.b"]],
    ["REGISTER", [64, request, {}, "a.b"]],
    ["UNREGISTER", [66, request, 1]],
  ];
  for (const [name, message] of messages) {
    const realm = new TestRealm();
    realm.join("ann").send(message);
    expect(realm.take()).toStrictEqual(violated("ann", `${name}: invalid Request`));
  }
});

test("[ID-07] an integral float is the id it equals", () => {
  const realm = new TestRealm();
  const ann = realm.join("ann");
  realm.realm.receive(ann.peer, [32, 5.0, {}, "a.b"]);
  expect(realm.take()).toStrictEqual([["ann", [33, 5, 2]]]);
});
