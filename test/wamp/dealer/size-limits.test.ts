/** Calls whose messages are too large for the connection of the receiver. */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { TestRealm } from "../host/test-realm.ts";
import { testRealmWithAdd } from "./rpc-clients.ts";

describe("[WS-18] a message that is too large for its receiver", () => {
  const LONG = ["x".repeat(200)];

  test("a RESULT that is too large becomes the error payload_size_exceeded", () => {
    const { realm, callee, caller } = testRealmWithAdd();
    caller.transport.maxLength = 150;
    caller.send([48, 1, {}, "com.add"], [48, 2, {}, "com.add"]);
    realm.take();
    callee.send([70, 1, {}, LONG], [70, 1, {}, ["late"]], [70, 2, {}, ["short"]]);
    const text = "the answer is too large for the caller's connection";
    expect(realm.take()).toStrictEqual([
      ["caller", [8, 48, 1, {}, "wamp.error.payload_size_exceeded", [text]]],
      ["caller", [50, 2, {}, ["short"]]],
    ]);
  });

  test("an ERROR that is too large becomes the error payload_size_exceeded", () => {
    const { realm, callee, caller } = testRealmWithAdd();
    caller.transport.maxLength = 150;
    caller.send([48, 1, {}, "com.add"]);
    realm.take();
    callee.send([8, 68, 1, {}, "com.error", LONG]);
    const text = "the answer is too large for the caller's connection";
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, "wamp.error.payload_size_exceeded", [text]]]]);
  });

  test("a progressive RESULT that is too large ends the call and interrupts the callee", () => {
    const realm = new TestRealm();
    const callee = realm.join("callee", { callee: { features: { call_canceling: true } } });
    const caller = realm.join("caller");
    callee.send([64, 1, {}, "com.add"]);
    caller.transport.maxLength = 150;
    caller.send([48, 1, { receive_progress: true }, "com.add"]);
    realm.take();
    callee.send([70, 1, { progress: true }, ["short"]], [70, 1, { progress: true }, LONG], [70, 1, {}, ["late"]]);
    const text = "the answer is too large for the caller's connection";
    expect(realm.take()).toStrictEqual([
      ["caller", [50, 1, { progress: true }, ["short"]]],
      ["callee", [69, 1, { mode: "killnowait" }]],
      ["caller", [8, 48, 1, {}, "wamp.error.payload_size_exceeded", [text]]],
    ]);
  });

  test("[ID-04] a call whose INVOCATION is too large fails and leaves no gap in the callee's request ids", () => {
    const { realm, callee, caller } = testRealmWithAdd();
    callee.transport.maxLength = 150;
    caller.send([48, 1, {}, "com.add", ["short"]], [48, 2, {}, "com.add", LONG], [48, 3, {}, "com.add", ["short"]]);
    callee.send([70, 2, {}]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, {}, ["short"]]],
      ["caller", [8, 48, 2, {}, ...routerError("wamp.error.payload_size_exceeded")]],
      ["callee", [68, 2, 3, {}, ["short"]]],
      ["caller", [50, 3, {}]],
    ]);
  });
});
