/** The WebSocket transport: upgrade, subprotocols, frames, batches and limits (WebSocket Transport). */

import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { useRouter } from "./black-box.ts";
import { freshRealm } from "./harness.ts";
import { ALL_ROLES, ID, type RawClient } from "./raw-client.ts";
import { type RealmUnderTest, RouterUnderTest } from "./router-under-test.ts";
import { AUTOBAHN_SEPARATOR, prefixed, RECORD_SEPARATOR, SUBPROTOCOLS, type Subprotocol, wireOf } from "./wire.ts";

const router = useRouter();

describe("the upgrade", () => {
  test.each(SUBPROTOCOLS)("[WS-01][WS-02][WS-03] %s is answered with the same single value", async (subprotocol) => {
    expect(await upgrade(router().realmUrl(freshRealm()), [subprotocol])).toBe(subprotocol);
    expect(await upgrade(`${router().origin}/ws`, [subprotocol])).toBe(subprotocol);
    expect(await upgrade(`${router().origin}/`, [subprotocol])).toBe(subprotocol);
  });

  test("[WS-04][WS-05] the first subprotocol in the client's list that the router supports is chosen", async () => {
    const url = router().realmUrl(freshRealm());
    expect(await upgrade(url, ["wamp.2.cbor", "wamp.2.json"])).toBe("wamp.2.cbor");
    expect(await upgrade(url, ["wamp.2.json", "wamp.2.cbor"])).toBe("wamp.2.json");
    expect(await upgrade(url, ["wamp.2.flatbuffers", "wamp.9.json", "wamp.2.msgpack"])).toBe("wamp.2.msgpack");
  });

  test.each(["/", "/ws", "/ws/test-upgrade", "/ws/nope"])(
    "[WS-05][WS-06] %s without a common subprotocol is 400",
    async (path) => {
      expect(await upgrade(router().origin + path, ["wamp.2.flatbuffers", "mqtt"])).toBe(400);
      expect(await upgrade(router().origin + path, [])).toBe(400);
    },
  );
});

describe("frames", () => {
  test("[SER-20] the platform replaces bytes that are not UTF-8 in a text message by U+FFFD", async () => {
    using realm = realmOf("wamp.2.json");
    const [publisher, subscriber] = await realm.pair();
    await subscriber.send([32, 1, {}, "com.app.topic"]);
    await subscriber.expect([33, 1, ID]);
    const text = Buffer.from('[16,1,{},"com.app.topic",["a?b"]]');
    text[text.indexOf("?")] = 0xff;
    publisher.socket.send(text, { binary: false });
    await subscriber.expect([36, ID, ID, {}, ["a\ufffdb"]]);
    publisher.socket.send(Buffer.from([0xff]), { binary: false });
    expect((await publisher.closed).code).toBe(1002);
  });

  test("[WS-07] fragments of a message are joined", async () => {
    for (const subprotocol of SUBPROTOCOLS) {
      using realm = realmOf(subprotocol);
      const client = await realm.connect();
      const [frame] = wireOf(subprotocol).encode([[1, realm.name, { roles: ALL_ROLES }]]) as [string | Uint8Array];
      for (let at = 0; at < frame.length; at += 7) {
        client.socket.send(frame.slice(at, at + 7), { fin: at + 7 >= frame.length });
      }
      await client.expect([2, ID, expect.any(Object)]);
    }
  });

  test.each(SUBPROTOCOLS)(
    "[WS-08][WS-09][SER-09] %s: WELCOME is a text or binary frame as the subprotocol requires, with an integer id",
    async (subprotocol) => {
      using realm = realmOf(subprotocol);
      const client = await realm.connect();
      const arrived = once(client.socket, "message");
      await client.join(realm.name);
      const [data, isBinary] = (await arrived) as [Buffer, boolean];
      expect(isBinary).toBe(!subprotocol.includes("json"));
      expect(data.toString(isBinary ? "hex" : "utf8")).toMatch(WELCOME_HEAD[serializerOf(subprotocol)]);
    },
  );

  test.each(SUBPROTOCOLS)(
    "[WS-10] %s: the wrong kind of frame is a protocol error, before and in a session",
    async (subprotocol) => {
      using realm = realmOf(subprotocol);
      for (const client of [await realm.connect(), await realm.join()]) {
        const [frame] = wireOf(subprotocol).encode([[32, 1, {}, "com.app.topic"]]) as [string | Uint8Array];
        await client.sendFrame(typeof frame === "string" ? Buffer.from(frame) : Buffer.from(frame).toString("latin1"));
        await client.expectAbort("wamp.error.protocol_violation", 1003);
      }
    },
  );

  test.each([
    ["wamp.2.json", "[32,1,"],
    ["wamp.2.json", ""],
    ["wamp.2.json", "{}[]"],
    ["wamp.2.json", '[32,1,{},"com.app.topic"] x'],
    ["wamp.2.json", '[32,1,{},"com.app.topic"][32,2,{},"com.app.topic"]'],
    ["wamp.2.msgpack", new Uint8Array([0x94, 0x20, 0x01])],
    ["wamp.2.msgpack", new Uint8Array([])],
    ["wamp.2.msgpack", new Uint8Array([0xc1])],
    ["wamp.2.msgpack", new Uint8Array([0x92, 0x06, 0x80, 0x00])],
    ["wamp.2.msgpack", new Uint8Array([0xdd, 0xff, 0xff, 0xff, 0xff, 0x01])],
    ["wamp.2.cbor", new Uint8Array([0x84, 0x18, 0x20, 0x01])],
    ["wamp.2.cbor", new Uint8Array([])],
    ["wamp.2.cbor", new Uint8Array([0xff])],
    ["wamp.2.cbor", new Uint8Array([0x82, 0x06, 0xa0, 0x00])],
    ["wamp.2.cbor", new Uint8Array([0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])],
  ] as const)("[WS-11][WS-12][SER-17] %s: an invalid frame (%s) ends the session", async (subprotocol, frame) => {
    using realm = realmOf(subprotocol);
    for (const client of [await realm.connect(), await realm.join()]) {
      await client.sendFrame(frame);
      await client.expectAbort("wamp.error.protocol_violation", 1002);
    }
  });

  test("[WS-07][SER-12] white space around JSON and indefinite lengths in CBOR are legal", async () => {
    using jsonRealm = realmOf("wamp.2.json");
    const json = await jsonRealm.join();
    await json.sendFrame(' [ 32 , 1 , { } , "com.app.topic" ]\r\n\t');
    await json.expect([33, 1, ID]);
    using cborRealm = realmOf("wamp.2.cbor");
    const cbor = await cborRealm.join();
    const topic = new TextEncoder().encode("com.app.topic");
    await cbor.sendFrame(
      new Uint8Array([0x9f, 0x18, 32, 0x1b, 0, 0, 0, 0, 0, 0, 0, 1, 0xbf, 0xff, 0x60 + 13, ...topic, 0xff]),
    );
    await cbor.expect([33, 1, ID]);
  });

  test("[WS-20] pings are answered by the platform", async () => {
    using realm = realmOf("wamp.2.json");
    const client = await realm.join();
    client.socket.ping("are you there");
    const [payload] = await once(client.socket, "pong");
    expect(String(payload)).toBe("are you there");
    await client.expectNothing();
  });

  test("[WS-17] a message above the realm's limit ends the connection with 1009", async () => {
    using realm = realmOf("wamp.2.json", "small");
    const client = await realm.join();
    await client.send([16, 1, { acknowledge: true }, "com.app.topic", ["x".repeat(4000)]]);
    await client.expect([17, 1, ID]);
    await client.send([16, 2, { acknowledge: true }, "com.app.topic", ["x".repeat(4100)]]);
    expect((await client.closed).code).toBe(1009);
  });

  test("[WS-17] the limit counts bytes, not characters", async () => {
    using realm = realmOf("wamp.2.json", "small");
    const client = await realm.join();
    await client.send([16, 1, { acknowledge: true }, "com.app.topic", ["漢".repeat(1300)]]);
    await client.expect([17, 1, ID]);
    await client.send([16, 2, { acknowledge: true }, "com.app.topic", ["漢".repeat(1400)]]);
    expect((await client.closed).code).toBe(1009);
  });

  test("[WS-19] 3,000 events to a subscriber that pauses keep their order", async () => {
    using realm = realmOf("wamp.2.json");
    const [publisher, subscriber] = await realm.pair();
    await subscriber.send([32, 1, {}, "com.app.topic"]);
    const [, , subscription] = await subscriber.expect([33, 1, ID]);
    subscriber.socket.pause();
    const text = "x".repeat(1000);
    for (let i = 0; i < 3000; i++) await publisher.send([16, i + 1, {}, "com.app.topic", [i, text]]);
    await publisher.expectNothing();
    subscriber.socket.resume();
    for (let i = 0; i < 3000; i++) await subscriber.expect([36, subscription, ID, {}, [i, text]]);
  });
});

describe("batches", () => {
  test.each(["wamp.2.json.batched", "wamp.2.msgpack.batched", "wamp.2.cbor.batched"] as const)(
    "[WS-21][WS-22][WS-23][WS-24] %s: a batch holds one message or many, and all are answered in order",
    async (subprotocol) => {
      using realm = realmOf(subprotocol);
      const client = await realm.join();
      await client.send([32, 1, {}, "com.app.one"]);
      await client.expect([33, 1, ID]);
      await client.send(...[2, 3, 4].map((request) => [32, request, {}, `com.app.topic${request}`]));
      for (const request of [2, 3, 4]) await client.expect([33, request, ID]);
    },
  );

  test.each([RECORD_SEPARATOR, AUTOBAHN_SEPARATOR])(
    "[WS-26] JSON batches are answered with the terminator %j they came with",
    async (separator) => {
      using realm = realmOf("wamp.2.json.batched");
      const client = await realm.connect({ separator });
      await client.join(realm.name);
      await client.send([32, 1, {}, "com.app.one"], [32, 2, {}, "com.app.two"]);
      await client.expect([33, 1, ID]);
      await client.expect([33, 2, ID]);
    },
  );

  test.each([
    ["wamp.2.json.batched", ""],
    ["wamp.2.msgpack.batched", new Uint8Array([])],
    ["wamp.2.cbor.batched", new Uint8Array([])],
  ] as const)("[WS-25] %s: an empty batch fails the transport", async (subprotocol, frame) => {
    using realm = realmOf(subprotocol);
    const client = await realm.join();
    await client.sendFrame(frame);
    await expectFailure(client);
  });

  test.each([
    ["wamp.2.json.batched", '[32,1,{},"com.app.topic"]'],
    ["wamp.2.json.batched", '[32,1,{},"com.app.topic"]\u001e[32,2'],
    ["wamp.2.json.batched", "\u001e"],
    ["wamp.2.msgpack.batched", new Uint8Array([0, 0, 0])],
    ["wamp.2.msgpack.batched", new Uint8Array([0, 0, 0, 9, 0x91, 0x01])],
    ["wamp.2.msgpack.batched", new Uint8Array([0, 0, 0, 0])],
    ["wamp.2.msgpack.batched", Buffer.concat([prefixed([new Uint8Array([0x91, 99])]), new Uint8Array([0])])],
    ["wamp.2.cbor.batched", new Uint8Array([0, 0, 0])],
    ["wamp.2.cbor.batched", new Uint8Array([255, 255, 255, 255, 0x81, 0x01])],
  ] as const)("[WS-27] %s: a truncated batch (%s) fails the transport", async (subprotocol, frame) => {
    using realm = realmOf(subprotocol);
    const client = await realm.join();
    await client.sendFrame(frame);
    await expectFailure(client);
  });
});

/**
 * The start of WELCOME, binary in hex, in batches after the length: a list of three, 2, and an integer of 32 or 64
 * bits.
 */
const WELCOME_HEAD = {
  json: /^\[2,[1-9]\d*,\{/,
  msgpack: /^(0000[0-9a-f]{4})?9302c[ef]/,
  cbor: /^(0000[0-9a-f]{4})?83021[ab]/,
} as const;

function serializerOf(subprotocol: Subprotocol): keyof typeof WELCOME_HEAD {
  return subprotocol.split(".")[2] as keyof typeof WELCOME_HEAD;
}

/** Tries to open a socket; returns the chosen subprotocol, or the HTTP status of the refusal. */
function upgrade(url: string, offered: string[]): Promise<string | number> {
  const socket = new WebSocket(url, offered);
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => resolve(socket.protocol));
    socket.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
  }).finally(() => {
    socket.removeAllListeners("error").on("error", () => {});
    socket.terminate();
  }) as Promise<string | number>;
}

/** Asserts that the connection closes with 1002, after at most an ABORT. */
async function expectFailure(client: RawClient): Promise<void> {
  expect((await client.closed).code).toBe(1002);
  expect(client.unread.map((message) => message[0]).filter((code) => code !== 3)).toStrictEqual([]);
}

/** Opens a fresh realm whose clients speak `subprotocol`. */
function realmOf(subprotocol: Subprotocol, family?: string): RealmUnderTest {
  return new RouterUnderTest(router, { subprotocol, evict: false }).newRealm(family);
}
