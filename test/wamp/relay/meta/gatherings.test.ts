/** The answers of relays to one request. */

import { expect, test } from "vitest";
import { type Call, MessageType } from "../../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../../src/wamp/protocol/payload.ts";
import { type Gathered, Gatherings } from "../../../../src/wamp/relay/meta/gatherings.ts";

test("are in the order of the relays, whatever answers first", () => {
  const clock = { now: () => 0, wallTime: () => 0, setAlarm: () => {} };
  const asked: number[] = [];
  const gatherings = new Gatherings(
    clock,
    () => 1,
    (relay) => void asked.push(relay),
  );
  const message: Call = [MessageType.CALL, 1, {}, "wamp.edge.stats", Payload.NONE];
  const caller = { id: 7, identity: { authid: "", authrole: "", authmethod: "", authprovider: "" }, features: 0 };
  let gathered: Gathered | undefined;
  gatherings.ask([3, 1, 2], caller, message, (all) => {
    gathered = all;
  });
  const number = 2 ** 32 + 1;
  for (const relay of [2, 3, 1]) {
    gatherings.answered(relay, { kind: "meta answer", number, message: [MessageType.RESULT, 1, {}, Payload.NONE] });
  }
  expect(asked).toStrictEqual([1, 2, 3]);
  expect(gathered?.answers.map(({ object }) => object)).toStrictEqual([1, 2, 3]);
});
