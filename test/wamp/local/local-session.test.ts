/** Residents: sessions of the realm's own, there again after every wake. */

import { expect, it } from "vitest";
import { Resident } from "../../../src/wamp/local/local-session.ts";
import type { RouterMessage } from "../../../src/wamp/protocol/message.ts";
import { MessageType } from "../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import { ALL_ROLES, TestRealm } from "../host/test-realm.ts";

/** A testRealm with a resident who has the procedure `add` and hears of everything under `news.`. */
function inhabited(): { testRealm: TestRealm; heard: RouterMessage[]; resident: () => Resident } {
  const testRealm = new TestRealm();
  const heard: RouterMessage[] = [];
  let resident: Resident | undefined;
  testRealm.moveIn = (realm) => {
    resident = new Resident(realm, testRealm, { name: "adder", authrole: "trusted", roles: ALL_ROLES }, (message) => {
      heard.push(message);
      return undefined;
    });
    resident.register("add", "exact");
    resident.subscribe("news.", "prefix");
  };
  testRealm.restart();
  return { testRealm, heard, resident: () => resident! };
}

it("a resident gets calls and events like everybody, and its answers go where everybody's go", () => {
  const { testRealm, heard, resident } = inhabited();
  testRealm.time = 5;
  const [ann] = testRealm.joinAll("ann");
  ann.send([48, 1, {}, "add", [1, 2]], [16, 2, {}, "news.local", ["hi"]]);
  expect(heard.map(([type]) => type)).toEqual([MessageType.INVOCATION, MessageType.EVENT]);
  resident().say([MessageType.YIELD, heard[0]![1], {}, Payload.of([3])]);
  expect(testRealm.take()).toEqual([["ann", [50, 1, {}, [3]]]]);
});

it("a call that a resident has not answered when the realm sleeps is answered when it is awake", () => {
  const { testRealm, heard, resident } = inhabited();
  const [ann] = testRealm.joinAll("ann");
  ann.send([48, 1, {}, "add", [1, 2]]);
  testRealm.advance(20_000);
  testRealm.sleepAndWake();
  ann.send([48, 2, {}, "add", [3, 4]]);
  const [first, second] = heard.map(([, request]) => request as number);
  expect(second).not.toBe(first);
  resident().say([MessageType.YIELD, second, {}, Payload.of([7])]);
  resident().say([MessageType.YIELD, first, {}, Payload.of([3])]);
  expect(testRealm.take()).toEqual([
    ["ann", [50, 2, {}, [7]]],
    ["ann", [50, 1, {}, [3]]],
  ]);
});

it("nobody hears of a resident's coming, and ids stay what they were", () => {
  const { testRealm } = inhabited();
  const [ann] = testRealm.joinAll("ann");
  const topics = ["wamp.session.on_join", "wamp.registration.on_create", "wamp.registration.on_register"];
  for (const [index, topic] of topics.entries()) ann.send([32, index + 1, {}, topic]);
  ann.send([48, 4, {}, "wamp.registration.match", ["add"]], [48, 5, {}, "wamp.subscription.match", ["news.x"]]);
  const answers = testRealm.take().slice(-2);
  testRealm.sleepAndWake();
  ann.send([48, 4, {}, "wamp.registration.match", ["add"]], [48, 5, {}, "wamp.subscription.match", ["news.x"]]);
  expect(testRealm.take()).toEqual(answers);
  ann.send([48, 6, {}, "wamp.session.count"]);
  expect(testRealm.take()).toEqual([["ann", [50, 6, {}, [1]]]]);
});

it("a resident shares subscriptions that clients know, and leaves procedures to those who have them", () => {
  const testRealm = new TestRealm();
  const [ann, ben] = testRealm.joinAll("ann", "ben");
  ann.send([32, 1, { match: "prefix" }, "news."], [64, 2, {}, "add"]);
  testRealm.take();
  let hasProcedure: boolean | undefined;
  const heard: RouterMessage[] = [];
  testRealm.moveIn = (realm) => {
    const late = new Resident(realm, testRealm, { name: "late", authrole: "trusted", roles: ALL_ROLES }, (message) => {
      heard.push(message);
      return undefined;
    });
    hasProcedure = late.register("add", "exact");
    late.subscribe("news.", "prefix");
  };
  testRealm.sleepAndWake();
  ben.send([48, 1, {}, "add"], [16, 2, {}, "news.x"]);
  expect(hasProcedure).toBe(false);
  expect(heard.map(([type]) => type)).toEqual([MessageType.EVENT]);
  expect(testRealm.take().map(([name, message]) => [name, (message as unknown[])[0]])).toEqual([
    ["ann", MessageType.INVOCATION],
    ["ann", MessageType.EVENT],
  ]);
});
