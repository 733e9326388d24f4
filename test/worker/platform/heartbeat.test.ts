/** The heartbeat of clients that cannot send pings: the platform answers it on every socket, while the realm sleeps. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { RealmObject } from "../../../src/worker/realm/realm-object.ts";
import { connect } from "../socket.ts";

afterEach(() => vi.restoreAllMocks());

/** The next text frame of a socket, as it is. */
function nextFrame(socket: WebSocket): Promise<unknown> {
  return new Promise((resolve) => socket.addEventListener("message", ({ data }) => resolve(data), { once: true }));
}

async function openSocket(realm: string, subprotocol: string): Promise<WebSocket> {
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": subprotocol };
  const { webSocket } = await exports.default.fetch(`http://router.test/ws/${realm}`, { headers });
  webSocket!.accept();
  return webSocket!;
}

it.each(["wamp.2.json", "wamp.2.json.batched", "wamp.2.msgpack", "wamp.2.cbor.batched"])(
  "is answered on a socket that speaks %s",
  async (subprotocol) => {
    const socket = await openSocket("heartbeat-1", subprotocol);
    socket.send("ping");
    expect(await nextFrame(socket)).toBe("pong");
    socket.close();
  },
);

it("is answered while the realm sleeps, without waking it, and the session continues", async () => {
  const realm = env.REALM.getByName("heartbeat-2");
  const socket = await openSocket("heartbeat-2", "wamp.2.json");
  const ask = async (message: string) => {
    const answer = nextFrame(socket);
    socket.send(message);
    return answer;
  };
  expect(String(await ask('[1,"heartbeat-2",{"roles":{"subscriber":{}}}]'))).toMatch(/^\[2,/);
  await evictDurableObject(realm);
  const received = vi.spyOn(RealmObject.prototype, "webSocketMessage");
  for (let beat = 0; beat < 3; beat++) expect(await ask("ping")).toBe("pong");
  expect(received).not.toHaveBeenCalled();
  expect(String(await ask('[32,1,{},"com.example.topic"]'))).toMatch(/^\[33,1,/);
  expect(received).toHaveBeenCalledTimes(1);
  const beats = await runInDurableObject(realm, (_, ctx) =>
    ctx.getWebSockets().map((socket) => ctx.getWebSocketAutoResponseTimestamp(socket)),
  );
  expect(beats).toEqual([expect.any(Date)]);
});

it("is answered through a Worker that learned the realm from HELLO", async () => {
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };
  const { webSocket } = await exports.default.fetch("http://router.test/ws", { headers });
  webSocket!.accept();
  const welcome = nextFrame(webSocket!);
  webSocket!.send('[1,"heartbeat-3",{"roles":{"caller":{}}}]');
  expect(String(await welcome)).toMatch(/^\[2,/);
  const answer = nextFrame(webSocket!);
  webSocket!.send("ping");
  expect(await answer).toBe("pong");
});

it.each(['"ping"', "Ping", "ping ", "pong"])("is exactly one text: %j violates the protocol", async (text) => {
  const client = await connect("heartbeat-4");
  client.socket.send(text);
  expect((await client.next())[0]).toBe(3);
});
