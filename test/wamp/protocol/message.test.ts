/** What is a message and what breaks the protocol (Messages, Protocol Errors). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { TestRealm, violated } from "../host/test-realm.ts";

/** The messages of a session that break nothing, whole. */
const WELL_FORMED: readonly [name: string, message: readonly unknown[], withPayload: boolean][] = [
  ["ERROR", [8, 68, 1, {}, "com.error"], true],
  ["PUBLISH", [16, 1, {}, "a.b"], true],
  ["SUBSCRIBE", [32, 1, {}, "a.b"], false],
  ["UNSUBSCRIBE", [34, 1, 1], false],
  ["CALL", [48, 1, {}, "a.b"], true],
  ["CANCEL", [49, 1, {}], false],
  ["REGISTER", [64, 1, {}, "a.b"], false],
  ["UNREGISTER", [66, 1, 1], false],
  ["YIELD", [70, 1, {}], true],
  ["GOODBYE", [6, {}, "com.bye"], false],
  ["ABORT", [3, {}, "com.bye"], true],
  ["HELLO", [1, "realm1", {}], false],
  ["AUTHENTICATE", [5, "signature", {}], false],
];

/** What a session sees that sends this, and nothing else, in its life. */
function fate(message: unknown): unknown[] {
  const realm = new TestRealm();
  realm.join("ann").send(message);
  return realm.take();
}

describe("a message", () => {
  test.each([{}, "text", 1, null, true])("[MSG-01] is a list, not %j", (value) => {
    expect(fate(value)).toStrictEqual(violated("ann", "the message is not a list"));
  });

  test.each([[[]], [["1"]], [[null]], [[[16]]], [[{}]], [[1.5]], [[true]]])(
    "[MSG-01] begins with an integer, not like %j",
    (message) => {
      const reason = "a message is a list that begins with an integer type code";
      expect(fate(message)).toStrictEqual(violated("ann", reason));
    },
  );

  test.each([0, -1, 7, 9, 37, 71, 99, 255, 256, 337, 1023, 1024, 9007199254740992])(
    "[MSG-02] has a code that is known, not %d",
    (code) => {
      expect(fate([code, 1, {}, "a.b"])).toStrictEqual(violated("ann", `unknown message type ${code}`));
    },
  );

  test.each([
    ["WELCOME", [2, 1, {}]],
    ["CHALLENGE", [4, "ticket", {}]],
    ["PUBLISHED", [17, 1, 1]],
    ["SUBSCRIBED", [33, 1, 1]],
    ["UNSUBSCRIBED", [35, 1]],
    ["EVENT", [36, 1, 1, {}]],
    ["RESULT", [50, 1, {}]],
    ["REGISTERED", [65, 1, 1]],
    ["UNREGISTERED", [67, 1]],
    ["INVOCATION", [68, 1, 1, {}]],
    ["INTERRUPT", [69, 1, {}]],
  ])("[MSG-05] comes from a client only if clients send it: %s is the router's", (_, message) => {
    expect(fate(message)).toStrictEqual(violated("ann", `message type ${message[0]} is sent by the router only`));
  });

  test.each(WELL_FORMED)("[MSG-03][MSG-14] is not shorter than its type demands: %s", (name, message) => {
    for (let length = 1; length < message.length; length++) {
      expect(fate(message.slice(0, length))).toStrictEqual(violated("ann", `${name}: wrong number of elements`));
    }
  });

  test.each(WELL_FORMED)("[MSG-03][MSG-14] is not longer than its type allows: %s", (name, message, withPayload) => {
    const surplus = withPayload ? [[], {}, "surplus"] : ["surplus"];
    expect(fate([...message, ...surplus])).toStrictEqual(violated("ann", `${name}: wrong number of elements`));
  });

  test.each([
    [
      [34, 1, 99, {}],
      [8, 34, 1, {}, ...routerError("wamp.error.no_such_subscription")],
    ],
    [
      [66, 1, 99, { forward_for: [] }],
      [8, 66, 1, {}, ...routerError("wamp.error.no_such_registration")],
    ],
  ])("[MSG-03] of a router link may end in a dict, which is ignored: %j", (message, answer) => {
    expect(fate(message)).toStrictEqual([["ann", answer]]);
  });

  test.each([[[34, 1, 1, {}, {}]], [[34, 1, 1, []]], [[66, 1, 1, "x"]]])(
    "[MSG-03] of a router link ends in no more than that: %j",
    (message) => {
      expect(fate(message)).toStrictEqual([
        ["ann", [3, expect.any(Object), "wamp.error.protocol_violation"]],
        ["ann", "closed", 1002],
      ]);
    },
  );
});

describe("the elements of a message", () => {
  test.each([
    ["PUBLISH: invalid Options", [16, 1, [], "a.b"]],
    ["PUBLISH: invalid Topic", [16, 1, {}, 1]],
    ["PUBLISH: invalid Topic", [16, 1, {}, null]],
    ["PUBLISH: invalid Topic", [16, 1, {}, "\u0000AAAA"]],
    ["PUBLISH: invalid Arguments", [16, 1, {}, "a.b", {}]],
    ["PUBLISH: invalid Arguments", [16, 1, {}, "a.b", "text"]],
    ["PUBLISH: invalid ArgumentsKw", [16, 1, {}, "a.b", [], []]],
    ["PUBLISH: invalid ArgumentsKw", [16, 1, {}, "a.b", [1], "text"]],
    ["SUBSCRIBE: invalid Options", [32, 1, "x", "a.b"]],
    ["SUBSCRIBE: invalid Topic", [32, 1, {}, {}]],
    ["UNSUBSCRIBE: invalid SUBSCRIBED.Subscription", [34, 1, "1"]],
    ["UNSUBSCRIBE: invalid SUBSCRIBED.Subscription", [34, 1, 0]],
    ["CALL: invalid Options", [48, 1, 1, "a.b"]],
    ["CALL: invalid Procedure", [48, 1, {}, ["a.b"]]],
    ["CALL: invalid Arguments", [48, 1, {}, "a.b", true]],
    ["CALL: invalid ArgumentsKw", [48, 1, {}, "a.b", [], 1]],
    ["CANCEL: invalid CALL.Request", [49, 0, {}]],
    ["CANCEL: invalid Options", [49, 1, []]],
    ["REGISTER: invalid Options", [64, 1, [], "a.b"]],
    ["REGISTER: invalid Procedure", [64, 1, {}, 1]],
    ["UNREGISTER: invalid REGISTERED.Registration", [66, 1, 1.5]],
    ["YIELD: invalid INVOCATION.Request", [70, "1", {}]],
    ["YIELD: invalid Options", [70, 1, []]],
    ["YIELD: invalid Arguments", [70, 1, {}, 1]],
    ["ERROR: invalid REQUEST.Request", [8, 68, 0, {}, "com.error"]],
    ["ERROR: invalid Details", [8, 68, 1, [], "com.error"]],
    ["ERROR: invalid Error", [8, 68, 1, {}, 1]],
    ["ERROR: invalid ArgumentsKw", [8, 68, 1, {}, "com.error", [], []]],
    ["GOODBYE: invalid Details", [6, [], "com.bye"]],
    ["GOODBYE: invalid Reason", [6, {}, 1]],
    ["ABORT: invalid Details", [3, "x", "com.bye"]],
    ["ABORT: invalid Arguments", [3, {}, "com.bye", {}]],
  ])("[MSG-04] have the types of the specification: %s in %j", (reason, message) => {
    expect(fate(message)).toStrictEqual(violated("ann", reason));
  });

  test.each([8, 16, 32, 34, 48, 49, 64, 66, 70, 99, 0])("[MSG-06] name INVOCATION in an ERROR, not type %d", (type) => {
    expect(fate([8, type, 1, {}, "com.error"])).toStrictEqual(violated("ann", "ERROR: invalid REQUEST.Type"));
  });
});

describe("options", () => {
  test.each([
    [
      [32, 1, { foo_bar: 1, constructor: 1, __proto__: 1 }, "a.b"],
      [33, 1, 2],
    ],
    [
      [64, 1, { foo_bar: 1, toString: "x" }, "a.b"],
      [65, 1, 2],
    ],
    [
      [16, 1, { foo_bar: [], acknowledge: true }, "a.b"],
      [17, 1, 2],
    ],
    [
      [48, 1, { foo_bar: {} }, "a.b"],
      [8, 48, 1, {}, ...routerError("wamp.error.no_such_procedure")],
    ],
  ])("[MSG-07] that are unknown are ignored: %j", (message, answer) => {
    expect(fate(message)).toStrictEqual([["ann", answer]]);
  });

  test.each([
    [
      [32, 1, { match: null, get_retained: null }, "a.b"],
      [33, 1, 2],
    ],
    [
      [64, 1, { match: null, invoke: null, concurrency: null, disclose_caller: null }, "a.b"],
      [65, 1, 2],
    ],
    [
      [16, 1, { acknowledge: true, exclude_me: null, exclude: null, eligible: null, disclose_me: null }, "a.b"],
      [17, 1, 2],
    ],
    [
      [48, 1, { timeout: null, receive_progress: null, ppt_scheme: null, disclose_me: null }, "a.b"],
      [8, 48, 1, {}, ...routerError("wamp.error.no_such_procedure")],
    ],
  ])("[MSG-12] that are null are absent: %j", (message, answer) => {
    expect(fate(message)).toStrictEqual([["ann", answer]]);
  });

  test("[MSG-12] that are undefined, as MessagePack and CBOR can say, are absent", () => {
    const realm = new TestRealm();
    const ann = realm.join("ann");
    realm.realm.receive(ann.peer, [32, 1, { match: undefined }, "a.b"]);
    expect(realm.take()).toStrictEqual([["ann", [33, 1, 2]]]);
  });

  const PUBLISH_OPTIONS = [
    ["acknowledge", 1],
    ["acknowledge", "true"],
    ["exclude_me", "hello"],
    ["exclude_me", 0],
    ["disclose_me", 1],
    ["retain", "hello"],
    ["exclude", ["hello"]],
    ["exclude", 7],
    ["exclude", [0]],
    ["exclude_authid", [1]],
    ["exclude_authrole", "staff"],
    ["eligible", [1.5]],
    ["eligible", {}],
    ["eligible_authid", "joe"],
    ["eligible_authrole", [null]],
    ["ppt_scheme", 1],
    ["ppt_serializer", true],
    ["ppt_cipher", []],
    ["ppt_keyid", 1],
    ["enc_algo", "rot13"],
    ["forward_for", {}],
  ] as const;

  test.each(PUBLISH_OPTIONS)(
    "[MSG-08][MSG-10] of PUBLISH with a wrong type break the protocol: %s = %j",
    (key, value) => {
      expect(fate([16, 123, { [key]: value }, "com.example.topic"])).toStrictEqual(
        violated("ann", `PUBLISH: invalid ${key}`),
      );
    },
  );

  test.each([
    ["SUBSCRIBE", "get_retained", "hello", [32, 1]],
    ["SUBSCRIBE", "get_retained", 1, [32, 1]],
    ["SUBSCRIBE", "match", "invalid", [32, 1]],
    ["SUBSCRIBE", "match", 1, [32, 1]],
    ["REGISTER", "match", " ", [64, 1]],
    ["REGISTER", "invoke", "any", [64, 1]],
    ["REGISTER", "concurrency", 0, [64, 1]],
    ["REGISTER", "concurrency", 1.5, [64, 1]],
    ["REGISTER", "disclose_caller", 1, [64, 1]],
    ["REGISTER", "force_reregister", "yes", [64, 1]],
    ["CALL", "timeout", -1, [48, 1]],
    ["CALL", "timeout", "1000", [48, 1]],
    ["CALL", "receive_progress", 1, [48, 1]],
    ["CALL", "progress", "true", [48, 1]],
    ["CALL", "disclose_me", 0, [48, 1]],
  ])("[MSG-08][MSG-09][MSG-10] with a wrong type or value break the protocol: %s.%s = %j", (name, key, value, head) => {
    expect(fate([...head, { [key]: value }, "com.name"])).toStrictEqual(violated("ann", `${name}: invalid ${key}`));
  });

  test.each([
    [[49, 1, { mode: "gently" }], "CANCEL: invalid mode"],
    [[70, 1, { progress: 1 }], "YIELD: invalid progress"],
    [[8, 68, 1, { ppt_scheme: 1 }, "com.error"], "ERROR: invalid ppt_scheme"],
  ])("[MSG-08][MSG-10] of answers are no different: %j", (message, reason) => {
    expect(fate(message)).toStrictEqual(violated("ann", reason));
  });
});

describe("[MSG-13] one opaque value in the place of Arguments", () => {
  const BYTES = "\u0000AQID";

  test("is carried as it stands with enc_algo", () => {
    const realm = new TestRealm();
    const [pub, sub] = realm.joinAll("pub", "sub");
    sub.send([32, 1, {}, "a.b"]);
    realm.take();
    pub.send([16, 1, { enc_algo: "cryptobox", enc_key: "k1", foo: 1 }, "a.b", BYTES]);
    expect(realm.take()).toStrictEqual([["sub", [36, 3, 4, { enc_algo: "cryptobox", enc_key: "k1" }, BYTES]]]);
  });

  test.each([
    ["bytes without enc_algo", [16, 1, {}, "a.b", BYTES], "PUBLISH: invalid Arguments"],
    ["no bytes and no string", [16, 1, { enc_algo: "x_mine" }, "a.b", {}], "PUBLISH: invalid Arguments"],
    ["ArgumentsKw besides", [48, 1, { enc_algo: "mqtt" }, "a.b", BYTES, { a: 1 }], "CALL: invalid Arguments"],
  ])("is refused otherwise: %s", (_, message, reason) => {
    expect(fate(message)).toStrictEqual(violated("ann", reason));
  });
});
