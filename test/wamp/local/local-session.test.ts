/** Residents: sessions of the realm's own, there again after every wake. */

import { expect, it } from "vitest";
import { Resident } from "../../../src/wamp/local/local-session.ts";
import type { RouterMessage } from "../../../src/wamp/protocol/message.ts";
import { MessageType } from "../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import { ALL_ROLES, Stage } from "../host/recording-host.ts";

/** A stage with a resident who has the procedure `add` and hears of everything under `news.`. */
function inhabited(): { stage: Stage; heard: RouterMessage[]; resident: () => Resident } {
  const stage = new Stage();
  const heard: RouterMessage[] = [];
  let resident: Resident | undefined;
  stage.moveIn = (realm) => {
    resident = new Resident(realm, stage, { name: "adder", authrole: "trusted", roles: ALL_ROLES }, (message) => {
      heard.push(message);
      return undefined;
    });
    resident.register("add", "exact");
    resident.subscribe("news.", "prefix");
  };
  stage.restart();
  return { stage, heard, resident: () => resident! };
}

it("a resident gets calls and events like everybody, and its answers go where everybody's go", () => {
  const { stage, heard, resident } = inhabited();
  stage.time = 5;
  const [ann] = stage.joinAll("ann");
  ann.send([48, 1, {}, "add", [1, 2]], [16, 2, {}, "news.local", ["hi"]]);
  expect(heard.map(([type]) => type)).toEqual([MessageType.INVOCATION, MessageType.EVENT]);
  resident().say([MessageType.YIELD, heard[0]![1], {}, Payload.of([3])]);
  expect(stage.take()).toEqual([["ann", [50, 1, {}, [3]]]]);
});

it("a call that a resident has not answered when the realm sleeps is answered when it is awake", () => {
  const { stage, heard, resident } = inhabited();
  const [ann] = stage.joinAll("ann");
  ann.send([48, 1, {}, "add", [1, 2]]);
  stage.advance(20_000);
  stage.sleepAndWake();
  ann.send([48, 2, {}, "add", [3, 4]]);
  const [first, second] = heard.map(([, request]) => request as number);
  expect(second).not.toBe(first);
  resident().say([MessageType.YIELD, second, {}, Payload.of([7])]);
  resident().say([MessageType.YIELD, first, {}, Payload.of([3])]);
  expect(stage.take()).toEqual([
    ["ann", [50, 2, {}, [7]]],
    ["ann", [50, 1, {}, [3]]],
  ]);
});

it("nobody hears of a resident's coming, and ids stay what they were", () => {
  const { stage } = inhabited();
  const [ann] = stage.joinAll("ann");
  const topics = ["wamp.session.on_join", "wamp.registration.on_create", "wamp.registration.on_register"];
  for (const [index, topic] of topics.entries()) ann.send([32, index + 1, {}, topic]);
  ann.send([48, 4, {}, "wamp.registration.match", ["add"]], [48, 5, {}, "wamp.subscription.match", ["news.x"]]);
  const answers = stage.take().slice(-2);
  stage.sleepAndWake();
  ann.send([48, 4, {}, "wamp.registration.match", ["add"]], [48, 5, {}, "wamp.subscription.match", ["news.x"]]);
  expect(stage.take()).toEqual(answers);
  ann.send([48, 6, {}, "wamp.session.count"]);
  expect(stage.take()).toEqual([["ann", [50, 6, {}, [1]]]]);
});

it("a resident shares subscriptions that clients know, and leaves procedures to those who have them", () => {
  const stage = new Stage();
  const [ann, ben] = stage.joinAll("ann", "ben");
  ann.send([32, 1, { match: "prefix" }, "news."], [64, 2, {}, "add"]);
  stage.take();
  let hasProcedure: boolean | undefined;
  const heard: RouterMessage[] = [];
  stage.moveIn = (realm) => {
    const late = new Resident(realm, stage, { name: "late", authrole: "trusted", roles: ALL_ROLES }, (message) => {
      heard.push(message);
      return undefined;
    });
    hasProcedure = late.register("add", "exact");
    late.subscribe("news.", "prefix");
  };
  stage.sleepAndWake();
  ben.send([48, 1, {}, "add"], [16, 2, {}, "news.x"]);
  expect(hasProcedure).toBe(false);
  expect(heard.map(([type]) => type)).toEqual([MessageType.EVENT]);
  expect(stage.take().map(([name, message]) => [name, (message as unknown[])[0]])).toEqual([
    ["ann", MessageType.INVOCATION],
    ["ann", MessageType.EVENT],
  ]);
});
