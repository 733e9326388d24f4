/** A callee whose answer is too large for the router: its session ends, and the caller gets an error. */

import { describe, expect, test } from "vitest";
import type { Message } from "../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import { TestRealm } from "../host/test-realm.ts";
import { SERIALIZERS } from "../serializers/samples.ts";

const ANSWER = Payload.of(["x".repeat(1_000)]);

describe.each(SERIALIZERS)("in $name", (serializer) => {
  test.each([
    ["YIELD", [70, 2, {}, ANSWER]],
    ["progressive YIELD", [70, 2, { progress: true }, ANSWER]],
    ["ERROR", [8, 68, 2, {}, "com.error", ANSWER]],
  ])("a %s is answered with payload_size_exceeded to its caller, and with canceled to other callers", (_, message) => {
    const realm = new TestRealm();
    const [callee, caller] = realm.joinAll("callee", "caller");
    callee.send([64, 1, {}, "com.p"]);
    caller.send([48, 1, {}, "com.p"], [48, 2, {}, "com.p"]);
    realm.take();
    realm.realm.abortTooLarge(callee.peer, serializer.peek(serializer.encode(message as unknown as Message)));
    const received = realm.take();
    const words = ["the answer of the callee of com.p is too large for the router"];
    expect(received).toContainEqual(["caller", [8, 48, 2, {}, "wamp.error.payload_size_exceeded", words]]);
    expect(received).toContainEqual(["caller", [8, 48, 1, {}, "wamp.error.canceled", ["the callee's session ended"]]]);
    expect(received).toContainEqual(["callee", "closed", 1009]);
    expect(received).toHaveLength(4);
  });

  test.each([[[16, 2, {}, "com.t", ANSWER]], [[48, 2, {}, "com.p", ANSWER]], [[70, 9, {}, ANSWER]]])(
    "%j is not an answer to a call",
    (message) => {
      const realm = new TestRealm();
      const [callee, caller] = realm.joinAll("callee", "caller");
      callee.send([64, 1, {}, "com.p"]);
      caller.send([48, 1, {}, "com.p"]);
      realm.take();
      realm.realm.abortTooLarge(callee.peer, serializer.peek(serializer.encode(message as unknown as Message)));
      expect(realm.take()).toContainEqual([
        "caller",
        [8, 48, 1, {}, "wamp.error.canceled", ["the callee's session ended"]],
      ]);
    },
  );

  test("peek does not throw for frames that are not messages", () => {
    const frames =
      serializer.name === "json"
        ? ["", "[", "[70", "{}", "[70,1", '["70",1,2]', `[${" ".repeat(200)}70,1,{}]`]
        : [[], [0x91], [0x92, 0x46], [0xc1], [0xff, 0xff], [0x82, 0x18]].map((bytes) => Uint8Array.from(bytes));
    for (const frame of frames) expect(() => serializer.peek(frame)).not.toThrow();
  });
});
