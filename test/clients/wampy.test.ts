/** Wampy.js from npm, unmodified, with each of its serializers. */

import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Wampy } from "wampy";
import { CborSerializer } from "wampy/CborSerializer.js";
import { JsonSerializer } from "wampy/JsonSerializer.js";
import { MsgpackSerializer } from "wampy/MsgpackSerializer.js";
import { useRouter } from "./black-box.ts";
import { startProxy } from "./cuttable-proxy.ts";
import { freshRealm } from "./harness.ts";

const router = useRouter();

const SERIALIZERS = { json: JsonSerializer, msgpack: MsgpackSerializer, cbor: CborSerializer } as const;
type SerializerName = keyof typeof SERIALIZERS;
// Milliseconds to wait for a reconnect, and between checks.
const RECONNECT = { timeout: 10_000, interval: 5 };

const NAMES = ["json", "msgpack", "cbor"] as const;

describe.each(NAMES)("wampy over %s", (serializer) => {
  test("[CALL-01][CALL-02][WEL-01] calls carry arguments and results of every shape", async () => {
    const realm = freshRealm();
    const caller = await join(serializer, realm);
    const callee = await join("json", realm);
    await callee.register("com.app.echo", ({ argsList = [], argsDict = {} }) => ({ argsList, argsDict }));
    await callee.register("com.app.nothing", () => {});
    const argsDict = { color: "orange", sizes: [23, 42, 7], nested: { deep: [null, true, 1.5, "ü"] } };
    expect(await caller.call("com.app.echo", { argsList: [1, [2]], argsDict })).toMatchObject({
      argsList: [1, [2]],
      argsDict,
    });
    expect(await caller.call("com.app.echo", ["only a list"])).toMatchObject({ argsList: ["only a list"] });
    expect(await caller.call("com.app.nothing")).toMatchObject({ details: {} });
  });

  test("[REG-01] a callee answers calls of other sessions", async () => {
    const realm = freshRealm();
    const [caller, callee] = [await join("json", realm), await join(serializer, realm)];
    await callee.register("com.app.double", ({ argsList = [] }) => ({ argsList: [(argsList[0] as number) * 2] }));
    const results = await Promise.all(Array.from({ length: 50 }, (_, i) => caller.call("com.app.double", [i])));
    expect(results.map(({ argsList }) => argsList)).toStrictEqual(Array.from({ length: 50 }, (_, i) => [2 * i]));
  });

  test("[CALL-05][CALL-03] errors arrive with URI, arguments and keywords", async () => {
    const realm = freshRealm();
    const [caller, callee] = [await join(serializer, realm), await join(serializer, realm)];
    await callee.register("com.app.fail", () => {
      throw { error: "com.app.error.broken", argsList: ["text", 7], argsDict: { severity: 3 } };
    });
    await expect(caller.call("com.app.fail")).rejects.toMatchObject({
      errorUri: "com.app.error.broken",
      argsList: ["text", 7],
      argsDict: { severity: 3 },
    });
    await expect(caller.call("com.app.missing")).rejects.toMatchObject({ errorUri: "wamp.error.no_such_procedure" });
  });

  test("[SER-03][SER-04] bytes arrive as bytes, and in JSON as text of U+0000 and Base64", async () => {
    const realm = freshRealm();
    const caller = await join(serializer, realm);
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const own = serializer === "json" ? asText(bytes) : bytes;
    for (const other of NAMES) {
      const callee = await join(other, realm);
      const seen: unknown[] = [];
      await callee.register(`com.app.${other}`, ({ argsList = [] }) => {
        seen.push(argsList[0]);
        return { argsList };
      });
      const { argsList = [] } = await caller.call(`com.app.${other}`, [own]);
      expect([plain(seen[0]), plain(argsList[0])]).toStrictEqual([other === "json" ? asText(bytes) : bytes, own]);
    }
  });

  test("[SUB-01][PUB-02][PUB-07][PUB-08] events reach subscribers, and every publication returns an id", async () => {
    const realm = freshRealm();
    const [subscriber, publisher] = [await join(serializer, realm), await join(serializer, realm)];
    const events: unknown[] = [];
    await subscriber.subscribe("com.app.topic", ({ argsList, argsDict }) => void events.push([argsList, argsDict]));
    const own = vi.fn();
    await publisher.subscribe("com.app.topic", own);
    const { publicationId } = await publisher.publish("com.app.topic", ["Hello"]);
    expect(Number(publicationId)).toBeGreaterThan(0);
    await publisher.publish("com.app.topic", { argsList: [1], argsDict: { n: 2 } });
    await settled(subscriber);
    expect(events).toStrictEqual([
      [["Hello"], undefined],
      [[1], { n: 2 }],
    ]);
    expect(own).not.toHaveBeenCalled();
  });

  test("[SUB-06][REG-05][URI-05] no events follow unsubscribe, no invocations follow unregister", async () => {
    const realm = freshRealm();
    const [client, other] = [await join(serializer, realm), await join(serializer, realm)];
    const onEvent = vi.fn();
    const { subscriptionId } = await client.subscribe("com.app.topic", onEvent);
    await client.register("com.app.procedure", () => ({ argsList: [1] }));
    expect(await other.call("com.app.procedure")).toMatchObject({ argsList: [1] });
    await client.unsubscribe(subscriptionId, onEvent);
    await client.unregister("com.app.procedure");
    await other.publish("com.app.topic", ["late"]);
    await expect(other.call("com.app.procedure")).rejects.toMatchObject({ errorUri: "wamp.error.no_such_procedure" });
    await settled(client);
    expect(onEvent).not.toHaveBeenCalled();
  });

  test("[PUB-10][MSG-12] a prefix subscription receives its events, though Wampy sends undefined options", async () => {
    const realm = freshRealm();
    const [subscriber, publisher] = [await join(serializer, realm), await join(serializer, realm)];
    const topics: unknown[] = [];
    await subscriber.subscribe("com.app", ({ details }) => void topics.push(details.topic), { match: "prefix" });
    await publisher.publish("com.app.one", [1]);
    await publisher.publish("com.other", [2]);
    await publisher.publish("com.app.two", [3]);
    await settled(subscriber);
    expect(topics).toStrictEqual(["com.app.one", "com.app.two"]);
  });

  test("[SES-30] the session survives eviction of the realm's object, also during a call", async () => {
    const realm = freshRealm();
    const [caller, callee] = [await join(serializer, realm), await join("json", realm)];
    const called = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<{ argsList: unknown[] }>();
    await callee.register("com.app.slow", () => {
      called.resolve();
      return answer.promise;
    });
    const result = caller.call("com.app.slow");
    await called.promise;
    await router().evict(realm);
    answer.resolve({ argsList: ["done"] });
    expect(await result).toMatchObject({ argsList: ["done"] });
  });

  test("[WS-14][SES-30] the client reconnects after a network failure and after a deployment, and registers again", async () => {
    const proxy = await startProxy(router().origin);
    const realm = freshRealm();
    const other = await join(serializer, realm, router().origin);
    const onReconnectSuccess = vi.fn();
    const options = { autoReconnect: true, reconnectInterval: 10, maxRetries: 0, onReconnectSuccess };
    const client = await join(serializer, realm, proxy.origin, options);
    await client.register("com.app.procedure", () => ({ argsList: ["here"] }));
    proxy.cut();
    // Wampy does not register again while the lost session still holds the procedure.
    await vi.waitUntil(() => isGone(other, "com.app.procedure"), RECONNECT);
    proxy.restore();
    await vi.waitUntil(async () => !(await isGone(other, "com.app.procedure")), RECONNECT);
    expect(onReconnectSuccess).toHaveBeenCalledTimes(1);
    await router().evict(realm, "close");
    const another = await join(serializer, realm, router().origin);
    await vi.waitUntil(async () => !(await isGone(another, "com.app.procedure")), RECONNECT);
    expect(onReconnectSuccess).toHaveBeenCalledTimes(2);
  });

  test("[SES-15] the client closes the session with GOODBYE", async () => {
    const realm = freshRealm();
    const onClose = vi.fn();
    const [client, other] = [await join(serializer, realm, router().origin, { onClose }), await join("json", realm)];
    await client.register("com.app.procedure", () => ({ argsList: [1] }));
    await client.disconnect();
    expect(onClose).toHaveBeenCalledTimes(1);
    await expect(other.call("com.app.procedure")).rejects.toMatchObject({ errorUri: "wamp.error.no_such_procedure" });
  });
});

test("[SES-08] an unknown realm is refused by ABORT", async () => {
  await expect(join("json", "nope")).rejects.toMatchObject({ errorUri: "wamp.error.no_such_realm" });
});

type WampyOptions = ReturnType<Wampy["getOptions"]>;

/** Joins a realm; the session closes with the test. */
async function join(
  serializer: SerializerName,
  realm: string,
  origin = router().origin,
  options: Partial<WampyOptions> = {},
): Promise<Wampy> {
  const client = new Wampy(`${origin}/ws/${realm}`, {
    realm,
    serializer: new SERIALIZERS[serializer](),
    // Node's WebSocket ignores the additional arguments of Wampy.
    ws: WebSocket as unknown as WampyOptions["ws"],
    autoReconnect: false,
    ...options,
  });
  onTestFinished(async () => {
    await client.setOptions({ autoReconnect: false })?.disconnect();
  });
  await client.connect();
  return client;
}

/** Returns whether a call of the procedure fails: it has no callee, or the callee is leaving. */
async function isGone(client: Wampy, procedure: string): Promise<boolean> {
  const answer = await client.call(procedure).catch((error: { errorUri: string }) => error);
  return "errorUri" in answer;
}

/** Resolves when all messages sent to the client before have arrived: the answer of a call comes after them. */
async function settled(client: Wampy): Promise<void> {
  await expect(client.call("com.app.missing")).rejects.toMatchObject({ errorUri: "wamp.error.no_such_procedure" });
}

function asText(bytes: Uint8Array): string {
  return `\u0000${Buffer.from(bytes).toString("base64")}`;
}

/** Converts a Buffer to a Uint8Array; returns other values unchanged. */
function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? new Uint8Array(value) : value;
}
