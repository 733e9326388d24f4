/** The WebSocket transport: upgrade, subprotocols, frames, batches, limits and the ways in (WebSocket Transport). */

import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { useRouter } from "./black-box.ts";
import { anonymousRealm, freshRealm, startRouter } from "./harness.ts";
import { ALL_ROLES, ID, RawClient } from "./raw-client.ts";
import { Stage } from "./stage.ts";
import { AUTOBAHN_SEPARATOR, prefixed, RECORD_SEPARATOR, SUBPROTOCOLS, type Subprotocol, wireOf } from "./wire.ts";

const router = useRouter();

function stageOf(subprotocol: Subprotocol): Stage {
  return new Stage(router, { subprotocol, evict: false });
}

describe("the upgrade", () => {
  test.each(SUBPROTOCOLS)("[WS-01][WS-02][WS-03] %s is answered with the same single value", async (subprotocol) => {
    expect(await upgrade(router().realmUrl(freshRealm()), [subprotocol])).toBe(subprotocol);
    expect(await upgrade(`${router().origin}/ws`, [subprotocol])).toBe(subprotocol);
    expect(await upgrade(`${router().origin}/`, [subprotocol])).toBe(subprotocol);
  });

  test("[WS-04][WS-05] the client's first choice that the router speaks is taken", async () => {
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
  test("[SER-20] bytes that are not UTF-8 in a text message are U+FFFD when the platform hands it over", async () => {
    using room = stageOf("wamp.2.json").room();
    const [publisher, subscriber] = await room.pair();
    await subscriber.send([32, 1, {}, "com.app.topic"]);
    await subscriber.expect([33, 1, ID]);
    const text = Buffer.from('[16,1,{},"com.app.topic",["a?b"]]');
    text[text.indexOf("?")] = 0xff;
    publisher.socket.send(text, { binary: false });
    await subscriber.expect([36, ID, ID, {}, ["a\ufffdb"]]);
    publisher.socket.send(Buffer.from([0xff]), { binary: false });
    expect((await publisher.closed).code).toBe(1002);
  });

  test("[WS-07] a message in several frames is put together first", async () => {
    for (const subprotocol of SUBPROTOCOLS) {
      using room = stageOf(subprotocol).room();
      const client = await room.connect();
      const [frame] = wireOf(subprotocol).encode([[1, room.realm, { roles: ALL_ROLES }]]) as [string | Uint8Array];
      for (let at = 0; at < frame.length; at += 7) {
        client.socket.send(frame.slice(at, at + 7), { fin: at + 7 >= frame.length });
      }
      await client.expect([2, ID, expect.any(Object)]);
    }
  });

  test.each(SUBPROTOCOLS)(
    "[WS-08][WS-09][SER-09] %s: WELCOME comes in the right kind of frame, its id an integer",
    async (subprotocol) => {
      using room = stageOf(subprotocol).room();
      const client = await room.connect();
      const arrived = once(client.socket, "message");
      await client.join(room.realm);
      const [data, isBinary] = (await arrived) as [Buffer, boolean];
      expect(isBinary).toBe(!subprotocol.includes("json"));
      expect(data.toString(isBinary ? "hex" : "utf8")).toMatch(WELCOME_HEAD[serializerOf(subprotocol)]);
    },
  );

  test.each(SUBPROTOCOLS)(
    "[WS-10] %s: the wrong kind of frame is a protocol error, before and in a session",
    async (subprotocol) => {
      using room = stageOf(subprotocol).room();
      for (const client of [await room.connect(), await room.join()]) {
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
  ] as const)(
    "[WS-11][WS-12][SER-17] %s: a frame that is no message (%s) ends the session",
    async (subprotocol, frame) => {
      using room = stageOf(subprotocol).room();
      for (const client of [await room.connect(), await room.join()]) {
        await client.sendFrame(frame);
        await client.expectAbort("wamp.error.protocol_violation", 1002);
      }
    },
  );

  test("[WS-07][SER-12] white space around JSON and indefinite lengths in CBOR are legal", async () => {
    using jsonRoom = stageOf("wamp.2.json").room();
    const json = await jsonRoom.join();
    await json.sendFrame(' [ 32 , 1 , { } , "com.app.topic" ]\r\n\t');
    await json.expect([33, 1, ID]);
    using cborRoom = stageOf("wamp.2.cbor").room();
    const cbor = await cborRoom.join();
    const topic = new TextEncoder().encode("com.app.topic");
    await cbor.sendFrame(
      new Uint8Array([0x9f, 0x18, 32, 0x1b, 0, 0, 0, 0, 0, 0, 0, 1, 0xbf, 0xff, 0x60 + 13, ...topic, 0xff]),
    );
    await cbor.expect([33, 1, ID]);
  });

  test("[WS-20] pings are answered below WAMP", async () => {
    using room = stageOf("wamp.2.json").room();
    const client = await room.join();
    client.socket.ping("are you there");
    const [payload] = await once(client.socket, "pong");
    expect(String(payload)).toBe("are you there");
    await client.expectNothing();
  });

  test("[WS-17] a message beyond the realm's limit ends the connection with 1009", async () => {
    using room = stageOf("wamp.2.json").room("small");
    const client = await room.join();
    await client.send([16, 1, { acknowledge: true }, "com.app.topic", ["x".repeat(4000)]]);
    await client.expect([17, 1, ID]);
    await client.send([16, 2, { acknowledge: true }, "com.app.topic", ["x".repeat(4100)]]);
    expect((await client.closed).code).toBe(1009);
  });

  test("[WS-17] the limit counts bytes, not characters", async () => {
    using room = stageOf("wamp.2.json").room("small");
    const client = await room.join();
    await client.send([16, 1, { acknowledge: true }, "com.app.topic", ["漢".repeat(1300)]]);
    await client.expect([17, 1, ID]);
    await client.send([16, 2, { acknowledge: true }, "com.app.topic", ["漢".repeat(1400)]]);
    expect((await client.closed).code).toBe(1009);
  });

  test("[WS-19] 3,000 events keep their order before a subscriber that stalls", async () => {
    using room = stageOf("wamp.2.json").room();
    const [publisher, subscriber] = await room.pair();
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
      using room = stageOf(subprotocol).room();
      const client = await room.join();
      await client.send([32, 1, {}, "com.app.one"]);
      await client.expect([33, 1, ID]);
      await client.send(...[2, 3, 4].map((request) => [32, request, {}, `com.app.topic${request}`]));
      for (const request of [2, 3, 4]) await client.expect([33, request, ID]);
    },
  );

  test.each([RECORD_SEPARATOR, AUTOBAHN_SEPARATOR])(
    "[WS-26] JSON batches are answered with the terminator %j they came with",
    async (separator) => {
      using room = stageOf("wamp.2.json.batched").room();
      const client = await room.connect({ separator });
      await client.join(room.realm);
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
    using room = stageOf(subprotocol).room();
    const client = await room.join();
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
    using room = stageOf(subprotocol).room();
    const client = await room.join();
    await client.sendFrame(frame);
    await expectFailure(client);
  });
});

describe("the ways in", () => {
  test("[SES-08] an unknown realm in the address is told by ABORT, since a client sees no HTTP error", async () => {
    for (const subprotocol of SUBPROTOCOLS) {
      using room = stageOf(subprotocol).room();
      const client = await room.connect({ url: `${router().origin}/ws/nope` });
      await client.send([1, "nope", { roles: ALL_ROLES }]);
      await client.expectAbort("wamp.error.no_such_realm");
    }
  });

  test("[SES-01] an unknown realm in the address is no licence for other messages", async () => {
    using room = stageOf("wamp.2.json").room();
    const client = await room.connect({ url: `${router().origin}/ws/nope` });
    await client.send([32, 1, {}, "com.app.topic"]);
    await client.expectAbort("wamp.error.protocol_violation", 1002);
  });

  test.each(SUBPROTOCOLS)(
    "[SES-02][SES-27] %s: at /ws the HELLO names the realm, and realms stay apart",
    async (subprotocol) => {
      using room = stageOf(subprotocol).room();
      const url = `${router().origin}/ws`;
      const [piped, direct] = [await room.connect({ url }), await room.join()];
      await piped.join(room.realm);
      await direct.send([64, 1, {}, "com.app.procedure"]);
      const [, , registration] = await direct.expect([65, 1, ID]);
      await piped.send([48, 1, {}, "com.app.procedure", ["through the pipe"]]);
      await direct.expect([68, 1, registration, {}, ["through the pipe"]]);
      await direct.send([70, 1, {}, ["and back"]]);
      await piped.expect([50, 1, {}, ["and back"]]);
      const elsewhere = await room.connect({ url });
      await elsewhere.join(freshRealm());
      await elsewhere.expectNothing();
    },
  );

  test("[SES-08][SES-10][SES-01] at /ws a HELLO without a realm of ours, or no HELLO at all, is refused", async () => {
    using room = stageOf("wamp.2.json").room();
    const url = `${router().origin}/ws`;
    for (const realm of ["nope", ""]) {
      const client = await room.connect({ url });
      await client.send([1, realm, { roles: ALL_ROLES }]);
      await client.expectAbort("wamp.error.no_such_realm");
    }
    const client = await room.connect({ url });
    await client.send([48, 1, {}, "com.app.procedure"]);
    await client.expectAbort("wamp.error.protocol_violation", 1002);
  });

  test.each(["/ws", "/ws/test-uri"])("[URI-07] %s: a realm that is no URI is refused as such", async (path) => {
    using room = stageOf("wamp.2.json").room();
    const client = await room.connect({ url: router().origin + path });
    await client.send([1, "bad realm", { roles: ALL_ROLES }]);
    await client.expectAbort("wamp.error.invalid_uri");
  });

  test("[WS-13][WS-14] a piped socket passes on closes and violations like any other", async () => {
    using room = stageOf("wamp.2.json").room();
    const url = `${router().origin}/ws`;
    const [piped, observer] = [await room.connect({ url }), await room.join()];
    await piped.join(room.realm);
    await room.vanish(piped, observer, () => piped.socket.terminate());
    const violator = await room.connect({ url });
    await violator.join(room.realm);
    await violator.send([99]);
    await violator.expectAbort("wamp.error.protocol_violation", 1002);
  });

  test("[WS-14] a piped client that breaks the WebSocket protocol is gone from the realm", async () => {
    using room = stageOf("wamp.2.json").room();
    const [piped, observer] = [await room.connect({ url: `${router().origin}/ws` }), await room.join()];
    await piped.join(room.realm);
    await room.vanish(piped, observer, () => piped.socket.send(Buffer.alloc(LARGEST_MESSAGE_BYTES + 1)));
  });

  test("[SES-21] at /ws an ABORT in place of HELLO is not answered", async () => {
    using room = stageOf("wamp.2.json").room();
    const client = await room.connect({ url: `${router().origin}/ws` });
    await client.send([3, {}, "com.app.giving_up"]);
    await client.closed;
    expect(client.unread).toStrictEqual([]);
  });

  test("[SES-02] with a single realm in the configuration /ws leads straight to it", async () => {
    const single = await startRouter({ version: 1, realms: [anonymousRealm("only")] });
    onTestFinished(() => single.close());
    const client = await RawClient.connect(`${single.origin}/ws`, "wamp.2.json");
    onTestFinished(() => client.socket.terminate());
    await client.join("only");
    // Only a hibernatable socket of the object itself survives its object (platform: Hibernation).
    await single.evict("only");
    await client.expectNothing();
  });
});

/** Bytes; longer ones end the WebSocket below the router (platform: WebSocket message size). */
const LARGEST_MESSAGE_BYTES = 33_554_432;

/** How WELCOME starts, binary as hex and after the length in a batch: a list of three, 2, and an integer of 32 or 64 bits, no float. */
const WELCOME_HEAD = {
  json: /^\[2,[1-9]\d*,\{/,
  msgpack: /^(0000[0-9a-f]{4})?9302c[ef]/,
  cbor: /^(0000[0-9a-f]{4})?83021[ab]/,
} as const;

function serializerOf(subprotocol: Subprotocol): keyof typeof WELCOME_HEAD {
  return subprotocol.split(".")[2] as keyof typeof WELCOME_HEAD;
}

/** Tries to open a socket: the subprotocol chosen, or the HTTP status of the refusal. */
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

/** The transport fails with 1002; an ABORT may say why. */
async function expectFailure(client: RawClient): Promise<void> {
  expect((await client.closed).code).toBe(1002);
  expect(client.unread.map((message) => message[0]).filter((code) => code !== 3)).toStrictEqual([]);
}
