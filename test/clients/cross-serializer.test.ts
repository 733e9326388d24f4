/** Payloads arrive unchanged between clients with different serializers (Serializers). */

import { describe, expect, test } from "vitest";
import { useRouter } from "./black-box.ts";
import { ID, type RawClient } from "./raw-client.ts";
import { type RealmUnderTest, RouterUnderTest } from "./router-under-test.ts";
import { SUBPROTOCOLS, type Subprotocol } from "./wire.ts";

const router = useRouter();

/** Values that every serializer can write, by their difficulty. */
const VALUES: Readonly<Record<string, unknown>> = {
  nothing: null,
  booleans: [true, false],
  integers: [0, 1, -1, 23, 24, 127, 128, -32, -33, 255, 256, 65535, 65536, -(2 ** 31), 2 ** 31, 2 ** 32 - 1, 2 ** 32],
  largeIntegers: [2 ** 53 - 1, -(2 ** 53 - 1), 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n],
  floats: [1.5, -0.25, 0.1, 1e300, 5e-324, 3.4028234663852886e38, -1.7976931348623157e308],
  text: [
    "",
    "a",
    "Ünïcødé",
    "漢字",
    "🎉 👩‍👩‍👧",
    '\u0001\u001e\u0018\n\t"\\/',
    "\u2028",
    "e\u0301",
    "x".repeat(70_000),
  ],
  bytes: [new Uint8Array(), new Uint8Array([0]), Uint8Array.from({ length: 300 }, (_, i) => i % 256)],
  nested: [[[[[[[]]]]]], { a: { b: { c: [{ d: null }] } } }, [], {}],
  keys: { "": 1, "Ünïcødé 🎉": 2, constructor: 3, toString: 4, "a.b": 5, "1": 6, "\u0001": 7 },
  bytesInside: { list: [new Uint8Array([1, 2])], dict: { key: new Uint8Array([255]) } },
};

const PAIRS = SUBPROTOCOLS.flatMap((from) => SUBPROTOCOLS.map((to) => [from, to] as const));

describe.each(PAIRS)("from %s to %s", (from, to) => {
  test("[SER-01][SER-03][SER-04][SER-13][SER-14][CALL-02] EVENT, INVOCATION and RESULT carry the sent payload", async () => {
    using realm = realmOf(from);
    const [sender, receiver] = await realm.pair(to);
    const payload = [[VALUES, ...Object.values(VALUES)], VALUES];

    await receiver.send([32, 1, {}, "com.app.topic"]);
    const [, , subscription] = await receiver.expect([33, 1, ID]);
    await sender.send([16, 1, {}, "com.app.topic", ...payload]);
    await receiver.expect([36, subscription, ID, {}, ...payload]);

    await receiver.send([64, 2, {}, "com.app.echo"]);
    const [, , registration] = await receiver.expect([65, 2, ID]);
    await sender.send([48, 2, {}, "com.app.echo", ...payload]);
    await receiver.expect([68, 1, registration, {}, ...payload]);
    await receiver.send([70, 1, {}, ...payload]);
    await sender.expect([50, 2, {}, ...payload]);
  });

  test("[CALL-05] ERROR carries the sent payload", async () => {
    using realm = realmOf(from);
    const [sender, receiver] = await realm.pair(to);
    await receiver.send([64, 1, {}, "com.app.fail"]);
    const [, , registration] = await receiver.expect([65, 1, ID]);
    await sender.send([48, 1, {}, "com.app.fail"]);
    await receiver.expect([68, 1, registration, {}]);
    const payload = [["Prüfung", new Uint8Array([1, 2, 3])], { severity: 1.5, at: 2n ** 60n }];
    await receiver.send([8, 68, 1, {}, "com.app.error", ...payload]);
    await sender.expect([8, 48, 1, {}, "com.app.error", ...payload]);
  });
});

describe("values that only some serializers can write", () => {
  test("[SER-14] NaN and infinities become null in JSON, and stay unchanged between binary serializers", async () => {
    for (const [from, to] of [
      ["wamp.2.msgpack", "wamp.2.cbor"],
      ["wamp.2.cbor", "wamp.2.msgpack"],
    ] as const) {
      using realm = realmOf(from);
      const [sender, receiver] = await realm.pair(to);
      expect(await relay(sender, receiver, [Number.NaN, Infinity, -Infinity])).toStrictEqual([
        Number.NaN,
        Infinity,
        -Infinity,
      ]);
      using plainRealm = realmOf(from);
      const [other, json] = await plainRealm.pair("wamp.2.json");
      expect(await relay(other, json, [Number.NaN, Infinity, -Infinity])).toStrictEqual([null, null, null]);
    }
  });

  test("[SER-05] a string of U+0000 and text that is not Base64 stays a string", async () => {
    using realm = realmOf("wamp.2.json");
    const [sender, receiver] = await realm.pair("wamp.2.msgpack");
    await receiver.send([32, 1, {}, "com.app.topic"]);
    const [, , subscription] = await receiver.expect([33, 1, ID]);
    await sender.sendFrame('[16,1,{},"com.app.topic",["\\u0000no base64!"]]');
    await receiver.expect([36, subscription, ID, {}, ["\u0000no base64!"]]);
  });

  test("[SER-15] MessagePack extensions and CBOR tags reach the receiver, and the session stays open", async () => {
    const frames = [
      // [16, 1, {}, "a.b", [ext 5 "ab"]], and [16, 1, {}, "a.b", [2("ab")]]: a tagged byte string.
      ["wamp.2.msgpack", Buffer.from("95100180a3612e6291d5056162", "hex")],
      ["wamp.2.cbor", Buffer.from("851001a063612e6281c2426162", "hex")],
    ] as const;
    for (const [subprotocol, frame] of frames) {
      using realm = realmOf(subprotocol);
      const [sender, receiver] = await realm.pair("wamp.2.json");
      await receiver.send([32, 1, {}, "a.b"]);
      const [, , subscription] = await receiver.expect([33, 1, ID]);
      await sender.sendFrame(frame);
      await receiver.expect([36, subscription, ID, {}, expect.any(Array)]);
      await sender.expectNothing();
    }
  });
});

describe("a message that exceeds the receiver's limit in another serializer", () => {
  // 3,400 bytes are within the realm's limit of 4,096, but not as Base64.
  const bytes = new Uint8Array(3400);

  test("[WS-18] a result becomes an error for the caller", async () => {
    using realm = realmOf("wamp.2.json", "small");
    const [caller, callee] = await realm.pair("wamp.2.cbor");
    await callee.send([64, 1, {}, "com.app.procedure"]);
    await callee.expect([65, 1, ID]);
    await caller.send([48, 1, {}, "com.app.procedure"], [48, 2, {}, "com.app.procedure"]);
    await callee.expect([68, 1, ID, {}]);
    await callee.expect([68, 2, ID, {}]);
    await callee.send([70, 1, {}, [bytes]]);
    await caller.expectError(48, 1, "wamp.error.payload_size_exceeded");
    await callee.send([8, 68, 2, {}, "com.app.error", [bytes]]);
    await caller.expectError(48, 2, "wamp.error.payload_size_exceeded");
    await callee.expectNothing();
  });

  test("[WS-18] an event is dropped for that receiver only", async () => {
    using realm = realmOf("wamp.2.json", "small");
    const [small, large] = await realm.pair("wamp.2.msgpack");
    const publisher = await realm.join(undefined, "wamp.2.msgpack");
    await small.send([32, 1, {}, "com.app.topic"]);
    const [, , subscription] = await small.expect([33, 1, ID]);
    await large.send([32, 1, {}, "com.app.topic"]);
    await large.expect([33, 1, subscription]);
    await publisher.send([16, 1, {}, "com.app.topic", [bytes]], [16, 2, {}, "com.app.topic", ["small"]]);
    await large.expect([36, subscription, ID, {}, [bytes]]);
    await large.expect([36, subscription, ID, {}, ["small"]]);
    await small.expect([36, subscription, ID, {}, ["small"]]);
  });
});

/** Opens a fresh realm whose clients speak `subprotocol`. */
function realmOf(subprotocol: Subprotocol, family?: string): RealmUnderTest {
  return new RouterUnderTest(router, { subprotocol, evict: false }).newRealm(family);
}

/** Publishes `args`, and returns the arguments that the receiver gets. */
async function relay(sender: RawClient, receiver: RawClient, args: unknown[]): Promise<unknown> {
  await receiver.send([32, 1, {}, "com.app.topic"]);
  const [, , subscription] = await receiver.expect([33, 1, ID]);
  await sender.send([16, 1, {}, "com.app.topic", args]);
  const [, , , , received] = await receiver.expect([36, subscription, ID, {}, expect.any(Array)]);
  return received;
}
