/** Autobahn|JS from npm, unmodified, with each of its serializers. */

import autobahn, { type Connection, type Dict, type Session } from "autobahn";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { useRouter } from "./black-box.ts";
import { startProxy } from "./cuttable-proxy.ts";
import { freshRealm } from "./harness.ts";

// Autobahn warns of every closed connection.
autobahn.log.warn = () => {};

const router = useRouter();

const SERIALIZERS = { json: "JSONSerializer", msgpack: "MsgpackSerializer", cbor: "CBORSerializer" } as const;
type SerializerName = keyof typeof SERIALIZERS;
const NAMES = ["json", "msgpack", "cbor"] as const;

describe.each(NAMES)("autobahn over %s", (serializer) => {
  test("[CALL-01][CALL-02][WEL-01] calls carry arguments and results of every shape", async () => {
    const { session, url, realm } = await open(serializer);
    const callee = (await open("json", url, realm)).session;
    await callee.register("com.app.echo", (args, kwargs) => new autobahn.Result(args, kwargs));
    await callee.register("com.app.add2", ([a, b]) => (a as number) + (b as number));
    await callee.register("com.app.nothing", () => null);
    expect(await session.call("com.app.add2", [23, 7])).toBe(30);
    expect(await session.call("com.app.echo", ["single"])).toBe("single");
    expect(await session.call("com.app.nothing")).toBe(null);
    const kwargs = { color: "orange", sizes: [23, 42, 7], nested: { deep: [null, true, 1.5, "ü"] } };
    expect(await session.call("com.app.echo", [1, [2]], kwargs)).toMatchObject({ args: [1, [2]], kwargs });
  });

  test("[REG-01] a callee answers calls of other sessions", async () => {
    const { session, url, realm } = await open(serializer);
    const caller = (await open("json", url, realm)).session;
    await session.register("com.app.greet", ([name], { greeting }) => `${greeting}, ${name}!`);
    expect(await caller.call("com.app.greet", ["world"], { greeting: "Hello" })).toBe("Hello, world!");
    const calls = Array.from({ length: 50 }, (_, i) => caller.call("com.app.greet", [i], { greeting: "No" }));
    expect(await Promise.all(calls)).toStrictEqual(Array.from({ length: 50 }, (_, i) => `No, ${i}!`));
  });

  test("[CALL-05][CALL-03] errors arrive with URI, arguments and keywords", async () => {
    const { session, url, realm } = await open(serializer);
    const callee = (await open(serializer, url, realm)).session;
    await callee.register("com.app.fail", () => {
      throw new autobahn.Error("com.app.error.broken", ["text", 7], { severity: 3 });
    });
    await expect(session.call("com.app.fail")).rejects.toMatchObject({
      error: "com.app.error.broken",
      args: ["text", 7],
      kwargs: { severity: 3 },
    });
    await expect(session.call("com.app.missing")).rejects.toMatchObject({ error: "wamp.error.no_such_procedure" });
  });

  test("[SER-03][SER-04] bytes arrive as bytes, and in JSON as text of U+0000 and Base64", async () => {
    const { session, url, realm } = await open(serializer);
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const own = serializer === "json" ? asText(bytes) : Buffer.from(bytes);
    for (const other of NAMES) {
      const callee = (await open(other, url, realm)).session;
      const seen: unknown[] = [];
      await callee.register(`com.app.${other}`, ([value]) => {
        seen.push(value);
        return value;
      });
      const back = await session.call(`com.app.${other}`, [own]);
      expect([plain(seen[0]), plain(back)]).toStrictEqual([other === "json" ? asText(bytes) : bytes, plain(own)]);
    }
  });

  test("[SUB-01][PUB-02][PUB-07][PUB-08] events reach subscribers, and acknowledged publications return an id", async () => {
    const { session, url, realm } = await open(serializer);
    const publisher = (await open(serializer, url, realm)).session;
    const events: unknown[] = [];
    await session.subscribe("com.app.topic", (args, kwargs) => events.push([args, kwargs]));
    const own = vi.fn();
    await publisher.subscribe("com.app.topic", own);
    publisher.publish("com.app.topic", ["Hello"], { n: 1 });
    const { id } = await publisher.publish("com.app.topic", [], { n: 2 }, { acknowledge: true });
    expect(id).toBeGreaterThan(0);
    await settled(session);
    expect(events).toStrictEqual([
      [["Hello"], { n: 1 }],
      [[], { n: 2 }],
    ]);
    expect(own).not.toHaveBeenCalled();
  });

  test("[SUB-06][REG-05] no events follow unsubscribe, no invocations follow unregister", async () => {
    const { session, url, realm } = await open(serializer);
    const other = (await open(serializer, url, realm)).session;
    const onEvent = vi.fn();
    const subscription = await session.subscribe("com.app.topic", onEvent);
    const registration = await session.register("com.app.procedure", () => 1);
    expect(await other.call("com.app.procedure")).toBe(1);
    await subscription.unsubscribe();
    await registration.unregister();
    await other.publish("com.app.topic", ["late"], {}, { acknowledge: true });
    await expect(other.call("com.app.procedure")).rejects.toMatchObject({ error: "wamp.error.no_such_procedure" });
    await settled(session);
    expect(onEvent).not.toHaveBeenCalled();
  });

  test("[SES-30] the session survives eviction of the realm's object, also during a call", async () => {
    const { session, url, realm } = await open(serializer);
    const callee = (await open("json", url, realm)).session;
    const called = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<string>();
    await callee.register("com.app.slow", () => {
      called.resolve();
      return answer.promise;
    });
    const events = vi.fn();
    await session.subscribe("com.app.topic", events);
    const result = session.call("com.app.slow");
    await called.promise;
    await router().evict(realm);
    answer.resolve("done");
    expect(await result).toBe("done");
    await router().evict(realm);
    await callee.publish("com.app.topic", [1], {}, { acknowledge: true });
    await settled(session);
    expect(events).toHaveBeenCalledTimes(1);
  });

  test("[WS-14][SES-30] the client reconnects after a network failure and after a deployment", async () => {
    const proxy = await startProxy(router().origin);
    const realm = freshRealm();
    const sessions = reconnecting(serializer, `${proxy.origin}/ws/${realm}`, realm);
    const first = await sessions.next();
    proxy.cut();
    proxy.restore();
    const second = await sessions.next();
    expect(second.id).not.toBe(first.id);
    await second.register("com.app.procedure", () => "again");
    await router().evict(realm, "close");
    const third = await sessions.next();
    await expect(third.call("com.app.procedure")).rejects.toMatchObject({ error: "wamp.error.no_such_procedure" });
    await third.register("com.app.procedure", () => "at last");
    expect(await third.call("com.app.procedure")).toBe("at last");
  });

  test("[SES-15] the client closes the session with GOODBYE", async () => {
    const { session, connection, closed, url, realm } = await open(serializer);
    const other = (await open("json", url, realm)).session;
    await session.register("com.app.procedure", () => 1);
    connection.close("wamp.close.close_realm", "bye");
    expect(await closed).toMatchObject({ reason: "closed", details: { reason: "wamp.close.goodbye_and_out" } });
    await expect(other.call("com.app.procedure")).rejects.toMatchObject({ error: "wamp.error.no_such_procedure" });
  });
});

test("[WS-04] Autobahn's default list of subprotocols is accepted", async () => {
  const realm = freshRealm();
  const { session } = await openWith({ url: router().realmUrl(realm), realm });
  await session.register("com.app.procedure", () => "default");
  expect(await session.call("com.app.procedure")).toBe("default");
});

test("[SES-08] an unknown realm is refused by ABORT, and Autobahn does not retry", async () => {
  const closed = Promise.withResolvers<[string, Dict]>();
  const connection = new autobahn.Connection({ url: `${router().origin}/ws/nope`, realm: "nope" });
  connection.onclose = (reason, details) => {
    closed.resolve([reason, details]);
    return false;
  };
  connection.open();
  const [, details] = await closed.promise;
  expect(details).toMatchObject({ reason: "wamp.error.no_such_realm", will_retry: false });
});

interface Opened {
  readonly session: Session;
  readonly connection: Connection;
  readonly closed: Promise<{ reason: string; details: Dict }>;
  readonly url: string;
  readonly realm: string;
}

/** Opens a session that closes with the test; the realm is unused by default. */
function open(serializer: SerializerName, url?: string, realm = freshRealm()): Promise<Opened> {
  const serializers = [new autobahn.serializer[SERIALIZERS[serializer]]()];
  return openWith({ url: url ?? router().realmUrl(realm), realm, serializers });
}

function openWith(options: { url: string; realm: string; serializers?: object[] }): Promise<Opened> {
  const { url, realm } = options;
  const connection = new autobahn.Connection({ ...options, on_user_error: () => {} });
  const { promise: closed, resolve: close } = Promise.withResolvers<{ reason: string; details: Dict }>();
  onTestFinished(() => closeQuietly(connection));
  return new Promise((resolve, reject) => {
    connection.onopen = (session) => resolve({ session, connection, closed, url, realm });
    connection.onclose = (reason, details) => {
      close({ reason, details });
      reject(new Error(`${reason}: ${JSON.stringify(details)}`));
      return true;
    };
    connection.open();
  });
}

/** Opens a connection that reconnects; `next` returns its sessions in turn. */
function reconnecting(serializer: SerializerName, url: string, realm: string): { next(): Promise<Session> } {
  const serializers = [new autobahn.serializer[SERIALIZERS[serializer]]()];
  const connection = new autobahn.Connection({ url, realm, serializers, initial_retry_delay: 0.01, max_retries: -1 });
  const opened: Session[] = [];
  let wake: () => void = () => {};
  connection.onclose = () => false;
  connection.onopen = (session) => {
    opened.push(session);
    wake();
  };
  onTestFinished(() => closeQuietly(connection));
  connection.open();
  return {
    async next() {
      while (opened.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return opened.shift() as Session;
    },
  };
}

function closeQuietly(connection: Connection): void {
  try {
    connection.close();
  } catch {
    // `close` throws if the connection is closed already.
  }
}

/** Resolves when all messages sent to the session before have arrived: the answer of a call comes after them. */
async function settled(session: Session): Promise<void> {
  await expect(session.call("com.app.missing")).rejects.toMatchObject({ error: "wamp.error.no_such_procedure" });
}

function asText(bytes: Uint8Array): string {
  return `\u0000${Buffer.from(bytes).toString("base64")}`;
}

/** Converts a Buffer to a Uint8Array; returns other values unchanged. */
function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? new Uint8Array(value) : value;
}
