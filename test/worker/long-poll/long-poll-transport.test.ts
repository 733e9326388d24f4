import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DEFAULT_LIMITS } from "../../../src/wamp/config/limits.ts";
import { subprotocolByName } from "../../../src/wamp/serializers/subprotocols.ts";
import { LongPollTransport } from "../../../src/worker/long-poll/long-poll-transport.ts";

const OPTIONS = { request_timeout: 10, session_timeout: 30, queue_limit_bytes: 100, queue_limit_messages: 3 };

/** A transport, and the realm's end of its socket with the received close codes. */
function openTransport() {
  const { 0: ours, 1: realm } = new WebSocketPair();
  const closes: number[] = [];
  realm.addEventListener("close", ({ code }) => {
    closes.push(code);
  });
  realm.accept();
  const transport = new LongPollTransport(ours, subprotocolByName.get("wamp.2.json")!, OPTIONS, DEFAULT_LIMITS);
  return { transport, realm, closes };
}

/** Whether a poll has been answered. */
function watched(poll: Response | Promise<Response>) {
  const state = { isAnswered: false, text: Promise.resolve(poll).then((response) => response.text()) };
  void state.text.then(() => {
    state.isAnswered = true;
  });
  return state;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a long-poll transport", () => {
  it("answers a poll with an empty body after request_timeout, and the next one with the message [LP-06]", async () => {
    const { transport, realm } = openTransport();
    const poll = watched(transport.receive());
    await vi.advanceTimersByTimeAsync(9_999);
    expect(poll.isAnswered).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await poll.text).toBe("");
    realm.send("[1]");
    expect(await watched(transport.receive()).text).toBe("[1]");
  });

  it("ends session_timeout after the last request [LP-11]", async () => {
    const { transport, closes } = openTransport();
    await vi.advanceTimersByTimeAsync(29_999);
    const sent = transport.send(new Request("http://t/send", { method: "POST", body: "[1]" }));
    expect((await sent).status).toBe(204);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(transport.isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(transport.isOver).toBe(true);
    await vi.waitFor(() => expect(closes).toEqual([1000]));
  });

  it("stays open while a poll waits, and for session_timeout after the last poll [LP-11]", async () => {
    const { transport } = openTransport();
    for (let i = 0; i < 5; i++) {
      const poll = watched(transport.receive());
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await poll.text).toBe("");
    }
    await vi.advanceTimersByTimeAsync(29_999);
    expect(transport.isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(transport.isOver).toBe(true);
  });

  it("leaves no timer behind after its end", async () => {
    const { transport } = openTransport();
    const poll = watched(transport.receive());
    transport.close();
    expect(await poll.text).toBe("");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("keeps the realm's last messages for one session_timeout after the realm closes it", async () => {
    const { transport, realm } = openTransport();
    realm.send("[1]");
    realm.send("[2]");
    realm.close(1000);
    await vi.waitFor(async () => expect((await transport.send(emptyList())).status).toBe(404));
    expect(await watched(transport.receive()).text).toBe("[1]");
    expect(transport.isOver).toBe(false);
    expect(await watched(transport.receive()).text).toBe("[2]");
    expect(transport.isOver).toBe(true);
  });

  it.each([
    ["queue_limit_messages", "[1]", 3],
    ["queue_limit_bytes", JSON.stringify(["x".repeat(60)]), 2],
  ])("ends when a message arrives while %s is reached, and not before [LP-11]", async (_, message, fit) => {
    const { transport, realm } = openTransport();
    for (let i = 0; i < fit; i++) realm.send(message);
    await delivered();
    expect(transport.isOver).toBe(false);
    expect(await watched(transport.receive()).text).toBe(message);
    for (let i = 0; i < 2; i++) realm.send(message);
    await vi.waitFor(() => expect(transport.isOver).toBe(true));
  });
});

function emptyList(): Request {
  return new Request("http://t/send", { method: "POST", body: "[]" });
}

/**
 * Waits until messages that were sent over socket pairs before have arrived: a message over another pair takes as long.
 */
async function delivered(): Promise<void> {
  const { 0: near, 1: far } = new WebSocketPair();
  near.accept();
  far.accept();
  const arrival = new Promise((resolve) => near.addEventListener("message", resolve, { once: true }));
  far.send("");
  await arrival;
}
