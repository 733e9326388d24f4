/** `wamp.edge.tap` on the platform: frames of each serializer, sleep, and readers that do not read. */

import { evictDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { DEFAULT_LIMITS } from "../../../src/wamp/config/limits.ts";
import { Monitor } from "../../../src/wamp/monitoring/monitor.ts";
import { MessageType } from "../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import type { Frame } from "../../../src/wamp/serializers/serializer.ts";
import { type Subprotocol, subprotocolByName } from "../../../src/wamp/serializers/subprotocols.ts";
import { Connection } from "../../../src/worker/realm/connection.ts";
import { FrameEncoder } from "../../../src/worker/realm/frame-encoder.ts";
import { UnreadBudget } from "../../../src/worker/realm/unread-budget.ts";
import { join, type TestClient } from "../socket.ts";

const TAP = [48, 1, { receive_progress: true }, "wamp.edge.tap", []] as const;

type Tapped = Readonly<Record<string, unknown>>;

/** The next message that a tap shows. */
async function nextTapped(reader: TestClient): Promise<Tapped> {
  const [type, request, details, args] = await reader.next();
  expect([type, request, details]).toEqual([50, 1, { progress: true }]);
  const dict = (args as Tapped[])[0]!;
  return "started" in dict ? nextTapped(reader) : dict;
}

/** A client of any subprotocol, which sends messages and gets its frames as they are. */
async function connectBy({ name, serializer, batching }: Subprotocol, realm: string) {
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": name };
  const { webSocket } = await exports.default.fetch(`http://router.test/ws/${realm}`, { headers });
  const socket = webSocket!;
  socket.binaryType = "arraybuffer";
  const received: (string | ArrayBuffer)[] = [];
  socket.addEventListener("message", ({ data }) => {
    received.push(data as string | ArrayBuffer);
  });
  socket.accept();
  return {
    socket,
    received,
    /** Sends messages together; returns their frames. */
    send: (...messages: Parameters<typeof serializer.encode>[0][]): Frame[] => {
      const frames = messages.map((message) => serializer.encode(message));
      if (batching !== undefined) socket.send(batching.join(frames, undefined));
      else for (const frame of frames) socket.send(frame);
      return frames;
    },
  };
}

/** Cancels a tap; resolves when it has ended. */
async function cancel(reader: TestClient): Promise<void> {
  reader.send([49, 1, {}]);
  while ((await reader.next())[0] === 50);
}

/** The console, which gets the audit records and the log lines. */
let records: { readonly log: MockInstance; readonly info: MockInstance };

beforeEach(() => {
  records = {
    log: vi.spyOn(console, "log").mockImplementation(() => {}),
    info: vi.spyOn(console, "info").mockImplementation(() => {}),
  };
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a tap", () => {
  it.each([...subprotocolByName.keys()])("shows the frames of %s", async (name) => {
    const subprotocol = subprotocolByName.get(name)!;
    const realm = `tapped-${name.replaceAll(".", "-")}`;
    const client = await connectBy(subprotocol, realm);
    const roles = { publisher: {}, subscriber: {}, caller: {} };
    client.send([MessageType.HELLO, realm, { roles }] as never);
    await vi.waitFor(() => expect(client.received).toHaveLength(1));
    const eve = await join(realm);
    eve.send([...TAP, { uri: "com.", match: "prefix" }]);
    const payload = Payload.of(["ä€", 2 ** 40], { bytes: new Uint8Array([1, 2]) });
    const [publish, subscribe] = client.send(
      [MessageType.PUBLISH, 1, {}, "com.topic", payload] as never,
      [MessageType.SUBSCRIBE, 2, {}, "com.topic"] as never,
    );
    const same = { serializer: subprotocol.serializer.name, session: expect.any(Number), dropped: 0 };
    expect(await nextTapped(eve)).toMatchObject({
      ...{ ...same, type: "PUBLISH", direction: "received", bytes: sizeOf(publish!), payload: "whole" },
      ...{ args: ["ä€", 2 ** 40], kwargs: { bytes: "\0AQI=" } },
    });
    expect(await nextTapped(eve)).toMatchObject({ ...same, type: "SUBSCRIBE", bytes: sizeOf(subscribe!) });
    const subscribed = await nextTapped(eve);
    await vi.waitFor(() => expect(client.received).toHaveLength(2));
    // A batch has a terminator or a length, besides its message.
    const overhead = subprotocol.batching === undefined ? 0 : typeof publish === "string" ? 1 : 4;
    const bytes = sizeOf(client.received[1]!) - overhead;
    expect(subscribed).toMatchObject({ ...same, type: "SUBSCRIBED", direction: "sent", bytes, uri: "com.topic" });
    await cancel(eve);
  });

  it("keeps the realm from sleeping until it ends", async () => {
    const { log, info } = records;
    const eve = await join("tapped-awake");
    eve.send([...TAP, { duration: 0.8, uri: "com.topic" }]);
    expect(await eve.next()).toEqual([50, 1, { progress: true }, [{ started: expect.any(String) }]]);
    // The object is evicted as soon as it can sleep; if it did before the end, the call would be canceled.
    await evictDurableObject(env.REALM.getByName("tapped-awake"));
    const sum = { seconds: expect.closeTo(0.8, 0), shown: 0, dropped: { rate: 0, unread: 0 } };
    expect(await eve.next()).toEqual([50, 1, {}, [sum]]);
    const who = { session: expect.any(Number), authrole: "anonymous", uri: "com.topic", match: "exact" };
    expect(log.mock.calls.map(([line]) => JSON.parse(line))).toMatchObject([
      { ...who, realm: "tapped-awake", action: "tap", verdict: "started" },
      { ...who, realm: "tapped-awake", action: "tap", verdict: "ended" },
    ]);
    expect(info.mock.calls.map(([line]) => JSON.parse(line))).toMatchObject([
      { ...who, realm: "tapped-awake", event: "tap.started" },
      { ...who, realm: "tapped-awake", event: "tap.ended", cause: "duration" },
    ]);
  });

  it("shows what a connection is sent that was restored after a sleep", async () => {
    const ann = await join("tapped-restored");
    ann.send([32, 1, {}, "com.topic"]);
    await ann.next();
    await evictDurableObject(env.REALM.getByName("tapped-restored"));
    const eve = await join("tapped-restored");
    eve.send([...TAP]);
    eve.send([16, 2, {}, "com.topic"]);
    const { session } = await nextTapped(eve);
    const event = await nextTapped(eve);
    expect(event).toMatchObject({ type: "EVENT", direction: "sent", session: expect.any(Number), uri: "com.topic" });
    expect(event.session).not.toBe(session);
    await cancel(eve);
  });
});

describe("the frames of a fan-out", () => {
  const EVENT = [MessageType.EVENT, 1, 2, {}, Payload.of(["x"])] as const;
  const RESULT = [MessageType.RESULT, 1, {}, Payload.of(["shown"])] as const;

  it("are encoded once, although a tap shows the message after each receiver", () => {
    const { serializer } = subprotocolByName.get("wamp.2.json")!;
    const encode = vi.spyOn(serializer, "encode");
    const encoder = new FrameEncoder();
    for (let receiver = 0; receiver < 5; receiver++) {
      expect(encoder.encode(EVENT, serializer)).toBe('[36,1,2,{},["x"]]');
      encoder.preserve(() => expect(encoder.encode(RESULT, serializer)).toBe('[50,1,{},["shown"]]'));
    }
    expect(encode.mock.calls.filter(([message]) => message === EVENT)).toHaveLength(1);
  });
});

describe("a connection is behind", () => {
  const EVENT = [MessageType.EVENT, 1, 2, {}, Payload.of(["x".repeat(10_000)])] as const;

  /** A connection whose client does not read, in a realm of so many unread bytes. */
  function stalled(realm_outgoing_bytes: number): Connection {
    const limits = { ...DEFAULT_LIMITS, realm_outgoing_bytes };
    const clock = { now: () => 0, wallTime: () => 0, setAlarm: () => {} };
    const budget = new UnreadBudget(
      limits,
      () => {},
      () => 0,
    );
    const context = { limits, relay: undefined, budget, encoder: new FrameEncoder(), monitor: new Monitor(clock) };
    const [, server] = Object.values(new WebSocketPair());
    server!.accept();
    const ignore = () => {};
    const subprotocol = subprotocolByName.get("wamp.2.json")!;
    return new Connection(server!, subprotocol, {
      ...{ ...context, queued: ignore, flush: ignore, changed: ignore, overflowed: ignore },
    });
  }

  it("while frames wait for its client to read earlier ones", () => {
    const connection = stalled(80_000);
    connection.send(EVENT);
    connection.flush();
    expect(connection.isBehind).toBe(false);
    connection.send([...EVENT]);
    connection.flush();
    expect(connection.isBehind).toBe(true);
  });

  it("after more than 256 KiB in one turn", () => {
    const connection = stalled(DEFAULT_LIMITS.realm_outgoing_bytes);
    for (let count = 0; count < 26; count++) connection.send(EVENT);
    expect(connection.isBehind).toBe(false);
    connection.send(EVENT);
    expect(connection.isBehind).toBe(true);
    connection.flush();
    expect(connection.isBehind).toBe(false);
  });
});

function sizeOf(frame: Frame | ArrayBuffer): number {
  return typeof frame === "string" ? new TextEncoder().encode(frame).length : frame.byteLength;
}
