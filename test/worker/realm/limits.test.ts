import { describe, expect, it } from "vitest";
import { connect, join } from "../socket.ts";

/** The close code of a socket. */
function closed(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.addEventListener("close", ({ code }) => resolve(code), { once: true }));
}

describe("limits of a realm", () => {
  it("a message over message_bytes ends its session with 1009, counted in bytes of UTF-8 [WS-17]", async () => {
    const client = await join("narrow-1");
    const other = await join("narrow-1");
    const code = closed(client.socket);
    client.send([16, 1, {}, "t", ["ü".repeat(999)]]);
    expect((await client.next()).slice(0, 1)).toEqual([3]);
    expect(await code).toBe(1009);
    other.send([16, 1, { acknowledge: true }, "t"]);
    expect((await other.next())[0]).toBe(17);
  });

  it("more calls with short timeouts may be open than the platform has timers", async () => {
    const callee = await join("timers");
    callee.send([64, 1, {}, "p"]);
    await callee.next();
    const calls = 5_100;
    const callers = await Promise.all([join("timers"), join("timers")]);
    for (let request = 1; request <= calls; request++) {
      for (const caller of callers) caller.send([48, request, { timeout: 240 }, "p"]);
    }
    for (const caller of callers) {
      const ends = new Set<unknown>();
      for (let request = 1; request <= calls; request++) ends.add((await caller.next())[4]);
      expect(ends).toEqual(new Set(["wamp.error.timeout"]));
    }
  });

  it("a result over sent_message_bytes is an error for the caller [WS-18]", async () => {
    const callee = await join("narrow-2");
    callee.send([64, 1, {}, "p"]);
    await callee.next();
    const caller = await join("narrow-2");
    caller.send([48, 1, {}, "p"]);
    await callee.next();
    // 1,500 bytes are the limit of this realm; in UTF-8 these are 1,800.
    callee.send([70, 1, {}, ["漢".repeat(600)]]);
    expect(await caller.next()).toEqual([8, 48, 1, {}, "wamp.error.payload_size_exceeded", [expect.any(String)]]);
  });

  it("a result over message_bytes ends its callee with 1009, and its caller gets an error [WS-17]", async () => {
    const callee = await join("narrow-callee");
    callee.send([64, 1, {}, "p"]);
    await callee.next();
    const caller = await join("narrow-callee");
    caller.send([48, 1, {}, "p"]);
    await callee.next();
    const code = closed(callee.socket);
    callee.send([70, 1, {}, ["x".repeat(2_000)]]);
    const words = ["the answer of the callee of p is too large for the router"];
    expect(await caller.next()).toEqual([8, 48, 1, {}, "wamp.error.payload_size_exceeded", words]);
    expect(await code).toBe(1009);
  });

  it("a client that does not read is closed with 1013, and other clients are not affected [PUB-14]", async () => {
    const silent = await join("narrow-3");
    const lively = await join("narrow-3");
    for (const subscriber of [silent, lively]) {
      subscriber.send([32, 1, {}, "t"]);
      await subscriber.next();
    }
    const code = closed(silent.socket);
    const publisher = await join("narrow-3");
    for (let i = 1; i <= 40; i++) {
      publisher.send([16, i, {}, "t", ["x".repeat(1000), i]]);
      expect(((await lively.next()) as unknown[][])[4]?.[1]).toBe(i);
      // To give up a subscription proves that its id was read, and all before it.
      lively.send([32, 2 * i, {}, "other"]);
      const [, , subscription] = await lively.next();
      lively.send([34, 2 * i + 1, subscription]);
      expect((await lively.next())[0]).toBe(35);
    }
    expect(await code).toBe(1013);
  });

  it("a client that does not read is closed even if it sends messages that prove nothing", async () => {
    const talker = await join("narrow-4");
    talker.send([32, 1, {}, "t"]);
    await talker.next();
    const code = closed(talker.socket);
    const publisher = await join("narrow-4");
    for (let i = 1; i <= 40; i++) {
      publisher.send([16, i, { acknowledge: true }, "t", ["x".repeat(1000)]]);
      await publisher.next();
      if (talker.socket.readyState === WebSocket.OPEN) talker.send([34, i + 1, 1]);
    }
    expect(await code).toBe(1013);
  });

  it("a client that sends no HELLO in time is closed with 1008 [SES-25]", async () => {
    const { socket } = await connect("hasty-1");
    expect(await closed(socket)).toBe(1008);
  });

  it("a client that stays silent after its GOODBYE is closed with 1000 [WS-16]", async () => {
    const client = await join("hasty-2");
    const code = closed(client.socket);
    client.send([6, {}, "wamp.close.close_realm"]);
    expect(await client.next()).toEqual([6, {}, "wamp.close.goodbye_and_out"]);
    expect(await code).toBe(1000);
  });

  it("a session that sends far more than its rate is refused, then ended with 1008; other sessions are not affected", async () => {
    const [flooder, other] = [await join("rated-1"), await join("rated-1")];
    const code = closed(flooder.socket);
    for (let request = 1; request <= 100; request++) flooder.send([32, request, {}, `t${request}`]);
    expect((await flooder.next())[0]).toBe(33);
    expect((await flooder.next())[0]).toBe(33);
    expect((await flooder.next())[4]).toBe("wamp.edge.error.rate_exceeded");
    expect(await code).toBe(1008);
    other.send([16, 1, { acknowledge: true }, "t"]);
    expect((await other.next())[0]).toBe(17);
  });
});
