/** The orderly stop of `npm run serve`: no acknowledged event is lost, and the close code makes clients reconnect. */

import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ID, RawClient } from "../clients/raw-client.ts";
import { startReceiver } from "../clients/webhook-receiver.ts";
import { running } from "./command.ts";
import { joinRealm, killServed, OPEN, ROLES, type Served, scratchDirectory, serve, stop } from "./served.ts";

const TOPIC = "com.example.kept";
/** The close frame of a stop; 1012 is "service restart", after which clients reconnect. */
const RESTART = { code: 1012, reason: "the router restarts" };

function configOf(extra: object = {}): string {
  const realm = {
    name: "realm1",
    ...OPEN,
    store: { "event-history": [{ uri: TOPIC, match: "exact", limit: 100_000 }] },
  };
  return JSON.stringify({
    version: 1,
    realms: [
      { ...realm, ...extra, options: { resume: { time: 600 } } },
      { name: "realm2", ...OPEN },
    ],
    http: { events: { role: "anonymous" } },
  });
}

const CONFIG = configOf();

afterEach(killServed);

/** Publishes `inFlight` events at a time until the socket closes; returns how many were acknowledged. */
async function publishUntilClosed(client: RawClient, options: object, inFlight: number): Promise<number> {
  let request = 0;
  let acknowledged = 0;
  const publish = () => client.send([16, ++request, { acknowledge: true, ...options }, TOPIC, [request]]);
  for (let count = 0; count < inFlight; count++) await publish();
  for (;;) {
    const message = await client.next().catch(() => undefined);
    if (message === undefined) return acknowledged;
    expect(message).toStrictEqual([17, expect.any(Number), ID]);
    acknowledged = message[1] as number;
    await publish();
  }
}

describe("npm run serve, when stopped", () => {
  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("by %s, has stored every acknowledged event", async (signal) => {
    const data = scratchDirectory();
    const served = await serve(data, CONFIG);
    const publisher = await joinRealm(served);
    const publishing = publishUntilClosed(publisher, { retain: true }, 64);
    // The signal arrives while events are in flight.
    const counter = await joinRealm(served);
    await counter.send([32, 1, {}, TOPIC]);
    await counter.expect([33, 1, ID]);
    for (let count = 0; count < 500; count++) await counter.next();
    served.command.process.kill(signal);
    expect(await served.command.ended()).toBe(0);
    const acknowledged = await publishing;
    expect(acknowledged).toBeGreaterThan(400);
    expect(await publisher.closed).toStrictEqual(RESTART);

    const again = await serve(data, CONFIG);
    const reader = await joinRealm(again);
    await reader.send([32, 1, { get_retained: true }, TOPIC]);
    const [, , subscription] = await reader.expect([33, 1, ID]);
    const [, , , , [retained]] = (await reader.expect([
      36,
      subscription,
      ID,
      expect.any(Object),
      [expect.any(Number)],
    ])) as [number, number, number, object, [number]];
    expect(retained).toBeGreaterThanOrEqual(acknowledged);
    await reader.send([48, 2, {}, "wamp.subscription.get_events", [subscription], { limit: 1, reverse: true }]);
    const result = await reader.next();
    const last = (result[3] as { args: [number] }[])[0];
    expect(last?.args[0]).toBeGreaterThanOrEqual(acknowledged);
    await stop(again);
  });

  it("closes every socket with 1012 and without GOODBYE: of a realm, and of the Worker before and after HELLO", async () => {
    const served = await serve(scratchDirectory(), CONFIG);
    const direct = await joinRealm(served);
    const spliced = await joinRealm(served, "/ws");
    const silent = await RawClient.connect(`${served.socketUrl}/ws`, "wamp.2.json");
    const unnamed = await RawClient.connect(`${served.socketUrl}/ws/realm2`, "wamp.2.json");
    const clients = [direct, spliced, silent, unnamed];
    await stop(served);
    for (const client of clients) {
      expect(await client.closed).toStrictEqual(RESTART);
      expect(client.unread).toStrictEqual([]);
    }
  });

  it("ends event streams and answers waiting polls", async () => {
    const served = await serve(scratchDirectory(), CONFIG);
    const stream = await fetch(new URL(`/realms/realm1/events?topic=${TOPIC}`, served.origin));
    const reader = stream.body!.getReader();
    await reader.read();
    const body = JSON.stringify({ protocols: ["wamp.2.json"] });
    const opened = await fetch(new URL("/lp/realm1/open", served.origin), { method: "POST", body });
    const { transport } = (await opened.json()) as { transport: string };
    const receive = new URL(`/lp/realm1/${transport}/receive`, served.origin);
    // The router refuses one of two polls because the other one is waiting.
    const polls = [fetch(receive, { method: "POST" }), fetch(receive, { method: "POST" })];
    expect((await Promise.race(polls)).status).toBe(400);
    await stop(served);
    expect((await Promise.all(polls)).map(({ status }) => status).sort()).toStrictEqual([200, 400]);
    expect(await reader.read()).toStrictEqual({ done: true, value: undefined });
  });

  it("keeps resumable sessions and the messages for them", async () => {
    const data = scratchDirectory();
    const served = await serve(data, CONFIG);
    const client = await RawClient.connect(`${served.socketUrl}/ws/realm1`, "wamp.2.json");
    await client.send([1, "realm1", { ...ROLES, resumable: true }]);
    const [, session, { resume_token }] = (await client.expect([2, ID, expect.any(Object)])) as [
      number,
      number,
      { resume_token: string },
    ];
    await client.send([32, 1, {}, "com.example.news"]);
    const [, , subscription] = await client.expect([33, 1, ID]);
    await stop(served);

    const again = await serve(data, CONFIG);
    const back = await RawClient.connect(`${again.socketUrl}/ws/realm1`, "wamp.2.json");
    const wish = { "resume-session": session, "resume-token": resume_token };
    await back.send([1, "realm1", { ...ROLES, resumable: true, ...wish }]);
    await back.expect([2, session, expect.objectContaining({ resumed: true })]);
    const publisher = await joinRealm(again);
    await publisher.send([16, 1, {}, "com.example.news", ["hello"]]);
    await back.expect([36, subscription, ID, {}, ["hello"]]);
    await stop(again);
  });

  it("delivers all events to webhooks, also unacknowledged ones", async () => {
    const data = scratchDirectory();
    const receiver = await startReceiver();
    const hook = {
      name: "orders",
      uri: "com.order.",
      match: "prefix",
      url: receiver.url,
      secret: "s",
      role: "anonymous",
    };
    const config = configOf({ webhooks_out: [hook] });
    const served = await serve(data, config);
    const publisher = await joinRealm(served);
    for (let order = 0; order < 20; order++) await publisher.send([16, order + 1, {}, "com.order.new", [order]]);
    await publisher.expectNothing();
    await stop(served);
    const again = await serve(data, config);
    // Distinct orders, because a delivery that the stop interrupted is repeated.
    const orders = () => new Set(receiver.received.map(({ body }) => body.args[0]));
    await expect.poll(() => orders().size, { timeout: 20_000 }).toBe(20);
    await stop(again);
    receiver.close();
  });

  describe("while a client does not answer its close frame", () => {
    /** Opens a socket whose client never answers. */
    async function silentSocket({ origin }: Served): Promise<ReturnType<typeof connect>> {
      const socket = connect(Number(origin.port), origin.hostname);
      const head = [
        "GET /ws/realm1 HTTP/1.1",
        `Host: ${origin.host}`,
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Protocol: wamp.2.json",
      ];
      socket.write(`${head.join("\r\n")}\r\n\r\n`);
      const [answer] = (await once(socket, "data")) as [Buffer];
      expect(answer.toString()).toContain("101 Switching Protocols");
      return socket;
    }

    it("refuses new clients at once and ends in time", async () => {
      const served = await serve(scratchDirectory(), CONFIG);
      const socket = await silentSocket(served);
      const closing = once(socket, "data");
      served.command.process.kill("SIGTERM");
      await closing;
      const refusals = [503, "ECONNREFUSED", "ECONNRESET"];
      const healthz = fetch(new URL("/healthz", served.origin), { signal: AbortSignal.timeout(500) });
      expect(refusals).toContain(await healthz.then(({ status }) => status, codeOf));
      await expect(RawClient.connect(`${served.socketUrl}/ws/realm1`, "wamp.2.json")).rejects.toThrow(/503|ECONN/);
      expect(await served.command.ended()).toBe(0);
      socket.destroy();
    });

    it("ends at once on a second signal and leaves no process", async () => {
      const served = await serve(scratchDirectory(), CONFIG);
      const socket = await silentSocket(served);
      const closing = once(socket, "data");
      const processes = served.command.descendants();
      served.command.process.kill("SIGTERM");
      await closing;
      served.command.process.kill("SIGTERM");
      expect(await served.command.ended()).toBe(1);
      await expect.poll(() => running(processes), { timeout: 2_000 }).toStrictEqual([]);
      socket.destroy();
    });
  });
});

/** The error code of a request that got no answer. */
function codeOf({ cause }: Error): unknown {
  return (cause as { code?: unknown } | undefined)?.code;
}
