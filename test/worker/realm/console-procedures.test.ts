/** What the platform counts for the procedures of the console: bytes, frames, wakes, rows, and unread bytes. */

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { connect, type TestClient } from "../socket.ts";

/** A client that counts the characters of its frames. */
class Counting {
  sent = 0;
  received = 0;
  frames = 0;
  readonly #client: TestClient;
  readonly #realm: string;

  constructor(client: TestClient, realm: string) {
    this.#client = client;
    this.#realm = realm;
    client.socket.addEventListener("message", ({ data }) => {
      this.received += String(data).length;
    });
  }

  static async join(realm: string): Promise<Counting> {
    const counting = new Counting(await connect(realm), realm);
    counting.send([1, counting.#realm, { roles: { publisher: {}, subscriber: {}, caller: {} } }]);
    await counting.next(2);
    return counting;
  }

  send(message: readonly unknown[]): void {
    this.sent += JSON.stringify(message).length;
    this.frames++;
    this.#client.send(message);
  }

  close(): void {
    this.#client.socket.close();
  }

  async next(type: number): Promise<unknown[]> {
    const message = await this.#client.next();
    expect(message[0]).toBe(type);
    return message;
  }

  async ask(procedure: string): Promise<Record<string, unknown>> {
    this.send([48, 9, {}, procedure]);
    return ((await this.next(50)) as [number, number, object, [Record<string, unknown>]])[3][0];
  }
}

it("wamp.edge.stats and slow have the bytes of the realm and of each session, until the realm sleeps", async () => {
  const [ann, ben] = [await Counting.join("observed-1"), await Counting.join("observed-1")];
  ben.send([32, 1, {}, "com.topic"]);
  await ben.next(33);
  ann.send([16, 1, {}, "com.topic", ["x".repeat(1000)]]);
  await ben.next(36);
  const sent = ann.received + ben.received;
  expect(await ann.ask("wamp.edge.stats")).toMatchObject({
    bytes: { received: ann.sent + ben.sent, sent },
    frames_received: ann.frames + ben.frames,
    rows_written: expect.any(Number),
    wakes: 1,
  });
  // A client that only receives proves nothing.
  expect((await ann.ask("wamp.edge.slow")).sessions).toContainEqual(
    expect.objectContaining({ unread: ben.received, queued: 0, sent: ben.received, proves: false }),
  );
  await evictDurableObject(env.REALM.getByName("observed-1"));
  const before = ann.sent;
  const woken = await ann.ask("wamp.edge.stats");
  expect(woken).toMatchObject({ bytes: { received: ann.sent - before, sent: 0 }, frames_received: 1, wakes: 2 });
});

it("wamp.edge.connections has clients that get no session: what they sent, or that they left", async () => {
  const ann = await Counting.join("observed-3");
  const [ben, cleo] = [await connect("observed-3"), await connect("observed-3")];
  ben.socket.send("GET / HTTP/1.1");
  expect(await ben.next()).toMatchObject([3, {}, "wamp.error.protocol_violation"]);
  cleo.socket.close(4000);
  await vi.waitFor(async () => {
    expect(await ann.ask("wamp.edge.connections")).toMatchObject([
      { event: "joined" },
      { event: "refused", reason: "wamp.error.protocol_violation", cause: expect.any(String) },
      { event: "abandoned", reason: "closed by the client (4000)" },
    ]);
  });
});

it("wamp.edge.stats still has the bytes of connections that have ended, and the rows that were written", async () => {
  const [ann, ben] = [await Counting.join("observed-2"), await Counting.join("observed-2")];
  const { rows_written: before } = await ann.ask("wamp.edge.stats");
  ben.send([6, {}, "wamp.close.close_realm"]);
  await ben.next(6);
  ben.close();
  // After GOODBYE the open connection counts as one without a session.
  await vi.waitFor(async () => expect((await ann.ask("wamp.edge.stats")).handshakes).toBe(0));
  const [sent, received] = [ben.received, ben.sent];
  ann.send([16, 1, { retain: true, acknowledge: true }, "com.retained"]);
  await ann.next(17);
  const stats = await ann.ask("wamp.edge.stats");
  expect(stats.bytes).toMatchObject({ received: ann.sent + received });
  expect((stats.bytes as { sent: number }).sent).toBeGreaterThan(sent);
  expect(stats.rows_written).toBeGreaterThan(before as number);
});
