/** How sessions end: GOODBYE, ABORT and lost transports (Session Closing). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { ALL_ROLES, aborted, TestRealm, violated } from "../host/test-realm.ts";

const HELLO = [1, "realm1", { roles: ALL_ROLES }];
const GOODBYE = [6, {}, "wamp.close.close_realm"];
const GOODBYE_AND_OUT = [6, {}, "wamp.close.goodbye_and_out"];

describe("GOODBYE from the client", () => {
  test("[SES-15] is answered with goodbye_and_out, whatever it holds", () => {
    const realm = new TestRealm();
    realm.join("ann").send([6, { message: "bye", foo: 1 }, "com.app.tired"]);
    expect(realm.take()).toStrictEqual([["ann", GOODBYE_AND_OUT]]);
    expect(realm.realm.sessions.byId.size).toBe(0);
  });

  test("[SES-16][LEAVE-06] is the end: no EVENT, no answer to its calls and nothing else follows", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ann.send([32, 1, {}, "com.topic"], [64, 2, {}, "com.add"], [48, 3, {}, "com.add"]);
    ben.send([64, 1, {}, "com.mul"]);
    ann.send([48, 4, {}, "com.mul"]);
    realm.take();
    ann.send(GOODBYE);
    ben.send([16, 2, {}, "com.topic"], [70, 1, {}]);
    expect(realm.take()).toStrictEqual([["ann", GOODBYE_AND_OUT]]);
  });

  test("[WS-15] leaves the transport open for another HELLO, whose session knows nothing of the first", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ann.send([32, 1, {}, "com.topic"], [64, 2, {}, "com.add"], GOODBYE, HELLO);
    realm.take();
    ann.send([34, 1, 3], [66, 2, 4]);
    ben.send([16, 1, {}, "com.topic"], [48, 2, {}, "com.add"]);
    expect(realm.take()).toStrictEqual([
      ["ann", [8, 34, 1, {}, ...routerError("wamp.error.no_such_subscription")]],
      ["ann", [8, 66, 2, {}, ...routerError("wamp.error.no_such_registration")]],
      ["ben", [8, 48, 2, {}, ...routerError("wamp.error.no_such_procedure")]],
    ]);
    expect([...realm.realm.sessions.byId.keys()]).toStrictEqual([2, 5]);
  });

  test("[SES-14][SES-16] is a broken protocol the second time, and so is everything but HELLO", () => {
    const realm = new TestRealm();
    realm.join("ann").send(GOODBYE, GOODBYE);
    expect(realm.take()).toStrictEqual([
      ["ann", GOODBYE_AND_OUT],
      ...violated("ann", "the first message must be HELLO"),
    ]);
  });
});

describe("GOODBYE from the router", () => {
  test("[SES-17][SES-23][WS-16] says why, and the transport closes when the client has answered", () => {
    const realm = new TestRealm();
    const ann = realm.join("ann");
    realm.realm.sessions.dismiss(ann.peer, "wamp.close.system_shutdown", "the realm goes down");
    ann.send(GOODBYE_AND_OUT);
    expect(realm.take()).toStrictEqual([
      ["ann", [6, { message: "the realm goes down" }, "wamp.close.system_shutdown"]],
      ["ann", "closed", 1000],
    ]);
  });

  test("[SES-17] detaches the session at once", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ann.send([32, 1, {}, "com.topic"], [64, 2, {}, "com.add"]);
    ben.send([48, 1, {}, "com.add"]);
    realm.take();
    realm.realm.sessions.dismiss(ann.peer, "wamp.close.killed");
    ben.send([16, 2, {}, "com.topic"], [48, 3, {}, "com.add"]);
    expect(realm.take()).toStrictEqual([
      ["ann", [6, {}, "wamp.close.killed"]],
      ["ben", [8, 48, 1, {}, "wamp.error.canceled", ["the callee's session ended"]]],
      ["ben", [8, 48, 3, {}, ...routerError("wamp.error.no_such_procedure")]],
    ]);
  });

  test("[SES-18] is followed by nothing: whatever the client sends is ignored, its GOODBYE is not answered again", () => {
    const realm = new TestRealm();
    const ann = realm.join("ann");
    realm.realm.sessions.dismiss(ann.peer, "wamp.close.killed");
    realm.take();
    ann.send([32, 1, {}, "a.b"], [16, 2, { acknowledge: true }, "a.b"], [99], HELLO, [70, 5, {}]);
    expect(realm.take()).toStrictEqual([]);
    realm.sleepAndWake();
    ann.send([48, 3, {}, "a.b"], GOODBYE_AND_OUT, GOODBYE_AND_OUT, HELLO);
    expect(realm.take()).toStrictEqual([["ann", "closed", 1000]]);
  });

  test("[SES-18] what is no message at all closes the transport without ABORT", () => {
    const realm = new TestRealm();
    const ann = realm.join("ann");
    realm.realm.sessions.dismiss(ann.peer, "wamp.close.killed");
    realm.take();
    ann.send("nonsense");
    expect(realm.take()).toStrictEqual([["ann", "closed", 1002]]);
  });

  test("[SES-20] crossing the client's own is answered by it", () => {
    const realm = new TestRealm();
    const ann = realm.join("ann");
    realm.realm.sessions.dismiss(ann.peer, "wamp.close.killed");
    ann.send(GOODBYE);
    expect(realm.take()).toStrictEqual([
      ["ann", [6, {}, "wamp.close.killed"]],
      ["ann", "closed", 1000],
    ]);
  });

  test("[SES-17] goes only to a session", () => {
    const realm = new TestRealm();
    const ann = realm.connect("ann");
    realm.realm.sessions.dismiss(ann.peer, "wamp.close.killed");
    ann.send(HELLO);
    expect(realm.take()).toStrictEqual([["ann", [2, 1, expect.any(Object)]]]);
  });
});

describe("ABORT", () => {
  test.each([
    ["without payload", [3, {}, "com.app.giving_up"]],
    ["with a message", [3, { message: "enough" }, "com.app.giving_up"]],
    ["with Arguments", [3, {}, "com.app.giving_up", ["enough"]]],
    ["with both", [3, {}, "com.app.giving_up", ["enough"], { really: true }]],
  ])("[SES-21][SES-22] from the client %s ends the session, and nothing is sent back", (_, abort) => {
    const realm = new TestRealm();
    realm.join("ann").send(abort);
    expect(realm.take()).toStrictEqual([["ann", "closed", 1000]]);
    expect(realm.realm.sessions.byId.size).toBe(0);
  });

  test("[SES-22][SES-23][SES-24][WS-12] from the router holds its reason as Details.message and ends everything of the session", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ann.send([32, 1, {}, "com.topic"], [64, 2, {}, "com.add"]);
    ben.send([64, 1, {}, "com.mul"], [48, 2, {}, "com.add"]);
    ann.send([48, 3, {}, "com.mul"]);
    realm.take();
    ann.send([99]);
    ben.send([16, 3, {}, "com.topic"], [48, 4, {}, "com.add"], [70, 1, {}]);
    expect(realm.take()).toStrictEqual([
      ["ann", [3, { message: "unknown message type 99" }, "wamp.error.protocol_violation"]],
      ["ben", [8, 48, 2, {}, "wamp.error.canceled", ["the callee's session ended"]]],
      ["ann", "closed", 1002],
      ["ben", [8, 48, 4, {}, ...routerError("wamp.error.no_such_procedure")]],
    ]);
  });

  test("[WS-13][SES-24] is the last: what the client had sent before it knew is not processed", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ben.send([32, 1, {}, "com.topic"]);
    realm.take();
    ann.send([99], [16, 1, { acknowledge: true }, "com.topic"], [99], HELLO);
    realm.sleepAndWake();
    ann.send([16, 1, { acknowledge: true }, "com.topic"], GOODBYE, HELLO);
    ann.disconnect();
    expect(realm.take()).toStrictEqual(violated("ann", "unknown message type 99"));
  });

  test("ends the session of a message that is too large", () => {
    const realm = new TestRealm();
    const ann = realm.join("ann");
    realm.realm.sessions.abort(ann.peer, "wamp.error.payload_size_exceeded", "the message is too large", 1009);
    realm.realm.sessions.abort(ann.peer, "wamp.error.payload_size_exceeded", "the message is too large", 1009);
    const message = "the message is too large";
    expect(realm.take()).toStrictEqual(aborted("ann", "wamp.error.payload_size_exceeded", 1009, message));
  });
});

describe("a lost transport", () => {
  test("[WS-14][SUB-09][REG-08] ends the session with all it holds", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ann.send([32, 1, {}, "com.topic"], [32, 2, { match: "prefix" }, "com."], [64, 3, {}, "com.add"]);
    ben.send([48, 1, {}, "com.add"]);
    realm.take();
    ann.disconnect();
    ben.send([16, 2, {}, "com.topic"], [48, 3, {}, "com.add"]);
    expect(realm.take()).toStrictEqual([
      ["ben", [8, 48, 1, {}, "wamp.error.canceled", ["the callee's session ended"]]],
      ["ben", [8, 48, 3, {}, ...routerError("wamp.error.no_such_procedure")]],
    ]);
    const { broker, dealer, sessions } = realm.realm;
    expect([broker.subscriptions.size, dealer.registrations.size, sessions.byId.size]).toStrictEqual([0, 0, 1]);
  });

  test("[WS-14] has no effect after the session has ended", () => {
    const realm = new TestRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ben.send([64, 1, {}, "com.add"]);
    ann.send([48, 1, {}, "com.add"]);
    realm.take();
    ben.send(GOODBYE);
    ben.disconnect();
    expect(realm.take()).toStrictEqual([
      ["ben", GOODBYE_AND_OUT],
      ["ann", [8, 48, 1, {}, "wamp.error.canceled", ["the callee's session ended"]]],
    ]);
  });
});
