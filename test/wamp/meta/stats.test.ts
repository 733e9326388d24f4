/** `wamp.edge.stats`: what is in a realm, and what has happened since it woke. */

import { describe, expect, test, vi } from "vitest";
import { LocalSession } from "../../../src/wamp/local/local-session.ts";
import { ALL_ROLES, ANYTHING, type Client, TestRealm } from "../host/test-realm.ts";
import { ask, refused } from "./meta-calls.ts";

const ROLE = { name: "anonymous", permissions: [ANYTHING], console: true };

type Stats = Readonly<Record<string, unknown>> & {
  readonly messages: { readonly received: object; readonly sent: object };
  readonly rates: readonly object[];
};

function newRealm(input: ConstructorParameters<typeof TestRealm>[0] = {}): TestRealm {
  return new TestRealm({ roles: [ROLE], ...input });
}

function statsOf(realm: TestRealm, client: Client): Stats {
  const [[, message] = []] = ask(realm, client, "wamp.edge.stats");
  return (message as unknown[][])[3]![0] as Stats;
}

describe("wamp.edge.stats", () => {
  test("of a realm with one session", () => {
    const realm = newRealm();
    const ann = realm.join("ann");
    expect(statsOf(realm, ann)).toStrictEqual({
      realm: "realm1",
      time: "1970-01-01T00:00:00.000Z",
      since: "1970-01-01T00:00:00.000Z",
      sessions: 1,
      parked_sessions: 0,
      handshakes: 0,
      subscriptions: 0,
      registrations: 0,
      open_calls: 0,
      queued_calls: 0,
      messages: { received: { HELLO: 1, CALL: 1 }, sent: { WELCOME: 1 } },
      errors: {},
      logins: { anonymous: { admitted: 1, refused: 0 } },
      limits: {
        requests: 0,
        rates: 0,
        sessions: 0,
        handshakes: 0,
        failed_logins: 0,
        message_bytes: 0,
        outgoing_bytes: 0,
        undecided_bytes: 0,
      },
      capacity: {
        sessions: { used: 1, limit: 32_000 },
        handshakes: { used: 0, limit: 10_000 },
        realm_bytes: { used: realm.realm.records.bytes, limit: 67_108_864 },
        session_bytes: { used: expect.any(Number), limit: 1_048_576 },
      },
      call_latency: {
        bounds_ms: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000],
        counts: Array(14).fill(0),
        sum_ms: 0,
        calls: 0,
      },
      rates: [],
    });
  });

  test("counts sessions, subscriptions, registrations, connections without a session and calls", () => {
    const realm = newRealm({ store: { "call-queue": [{ uri: "com.busy", match: "exact", limit: 5 }] } });
    const [ann, ben] = realm.joinAll("ann", "ben");
    realm.connect("cleo");
    ann.send([64, 1, { concurrency: 1 }, "com.busy"], [32, 2, {}, "com.topic"]);
    ben.send([48, 1, {}, "com.busy"], [48, 2, {}, "com.busy"], [48, 3, {}, "com.busy"]);
    expect(statsOf(realm, ann)).toMatchObject({
      ...{ sessions: 2, handshakes: 1, subscriptions: 1, registrations: 1, open_calls: 1, queued_calls: 2 },
    });
  });

  test("has the record of the session that holds most", () => {
    const realm = newRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    const used = (): number =>
      (statsOf(realm, ann) as unknown as { capacity: { session_bytes: { used: number } } }).capacity.session_bytes.used;
    const before = used();
    ben.send([32, 1, {}, "com.topic"]);
    const after = used();
    ann.send([32, 2, {}, "com.topic"]);
    // An entry of a record takes 64 bytes, and its URI.
    expect([after - before, used() - after]).toStrictEqual([64 + "com.topic".length, 0]);
  });

  test("counts the messages of each type and direction, an EVENT once for each receiver", () => {
    const realm = newRealm();
    const [ann, ben, cleo] = realm.joinAll("ann", "ben", "cleo");
    ben.send([32, 1, {}, "com.topic"]);
    cleo.send([32, 1, {}, "com.topic"]);
    ann.send([16, 1, {}, "com.topic"], [16, 2, { acknowledge: true }, "com.topic"], [16, 3, {}, "com.other"]);
    expect(statsOf(realm, ann).messages).toStrictEqual({
      received: { HELLO: 3, SUBSCRIBE: 2, PUBLISH: 3, CALL: 1 },
      sent: { WELCOME: 3, SUBSCRIBED: 2, EVENT: 4, PUBLISHED: 1 },
    });
  });

  test("counts the messages of sessions without a connection, too", async () => {
    const realm = newRealm();
    const ann = realm.join("ann");
    const identity = { authid: "joe", authrole: "anonymous", authmethod: "internal", authprovider: "router" };
    const session = new LocalSession(realm.realm, realm, { identity, roles: ALL_ROLES });
    await session.subscribe("com.topic", {}, () => {});
    ann.send([16, 1, {}, "com.topic"]);
    expect(statsOf(realm, ann)).toMatchObject({
      sessions: 1,
      messages: { received: { SUBSCRIBE: 1 }, sent: { SUBSCRIBED: 1, EVENT: 1 } },
    });
  });

  test("counts a message that waits for an authorizer once", async () => {
    const asks = { name: "anonymous", authorizer: "com.authorize", console: true };
    const realm = newRealm({ roles: [asks, { name: "authorizer", permissions: [ANYTHING] }] });
    const ann = realm.join("ann");
    ann.send([16, 1, {}, "com.topic"]);
    realm.advance(10_000);
    await settled();
    expect(statsOf(realm, ann).messages.received).toMatchObject({ PUBLISH: 1 });
  });

  test("counts errors by URI, those of a PUBLISH without an ERROR included", () => {
    const permissions = [{ uri: "com.mine", allow: { publish: true } }];
    const realm = newRealm({ roles: [{ ...ROLE, permissions }] });
    const ann = realm.join("ann");
    ann.send([16, 1, {}, "com.yours"], [16, 2, { acknowledge: true }, "com.yours"], [66, 3, 7]);
    realm.connect("ben").send([1, "elsewhere", { roles: ALL_ROLES }]);
    expect(statsOf(realm, ann).errors).toStrictEqual({
      "wamp.error.not_authorized": 2,
      "wamp.error.no_such_registration": 1,
      "wamp.error.no_such_realm": 1,
    });
  });

  test("counts the errors of callees, and puts those beyond a hundred URIs under *", () => {
    const realm = newRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ben.send([64, 1, {}, "com.fail"]);
    for (let call = 1; call <= 120; call++) {
      ann.send([48, call, {}, "com.fail"]);
      ben.send([8, 68, call, {}, call === 50 ? `com.${"long".repeat(100)}` : `com.error${call}`]);
    }
    // The first long one takes the place of * among the hundred.
    const { errors } = statsOf(realm, ann) as unknown as { errors: Record<string, number> };
    expect(Object.keys(errors)).toHaveLength(100);
    expect(errors).toMatchObject({ "com.error1": 1, "com.error100": 1, "*": 21 });
  });

  test("counts logins by method and outcome", async () => {
    const ticket = { type: "static", principals: { joe: { ticket: "right", role: "anonymous" } } } as const;
    const realm = newRealm({ auth: { ticket } });
    const login = async (name: string, method: string, signature?: string) => {
      const client = realm.connect(name);
      client.send([1, "realm1", { roles: ALL_ROLES, authmethods: [method], authid: "joe" }]);
      await decided(client);
      if (signature !== undefined) client.send([5, signature, {}]);
      await decided(client);
      return client;
    };
    const ann = await login("ann", "ticket", "right");
    await login("ben", "ticket", "wrong");
    await login("cleo", "wampcra");
    expect(statsOf(realm, ann).logins).toStrictEqual({
      ticket: { admitted: 1, refused: 1 },
      none: { admitted: 0, refused: 1 },
    });
  });

  test("counts what limits have refused", () => {
    const realm = newRealm({
      limits: { sessions: 2, subscriptions_per_session: 1 },
      roles: [{ ...ROLE, rates: { session: { messages: { per_second: 1, burst: 4 } } } }],
    });
    const [ann, ben] = realm.joinAll("ann", "ben");
    realm.connect("cleo").send([1, "realm1", { roles: ALL_ROLES }]);
    ben.send([32, 1, {}, "com.one"], [32, 2, {}, "com.two"], [32, 3, {}, "com.three"]);
    ben.send([48, 4, {}, "com.call"], [48, 5, {}, "com.call"]);
    expect(statsOf(realm, ann).limits).toMatchObject({ sessions: 1, requests: 2, rates: 1 });
  });

  test("begins anew when the realm has slept", () => {
    const realm = newRealm();
    const ann = realm.join("ann");
    realm.time = 5000;
    realm.sleepAndWake();
    expect(statsOf(realm, ann)).toMatchObject({
      since: "1970-01-01T00:00:05.000Z",
      sessions: 1,
      messages: { received: { CALL: 1 }, sent: {} },
    });
  });

  test("is not in a realm without meta API", () => {
    const realm = newRealm({ options: { enable_meta_api: false } });
    const answer = ask(realm, realm.join("ann"), "wamp.edge.stats");
    expect(answer).toStrictEqual(refused("ann", "wamp.error.no_such_procedure"));
  });
});

describe("the rates of wamp.edge.stats", () => {
  test("are of intervals of a minute or longer, and of the time since the last one", () => {
    const realm = newRealm();
    const ann = realm.join("ann");
    realm.time = 60_000;
    for (let request = 1; request <= 58; request++) ann.send([16, request, {}, "com.topic"]);
    statsOf(realm, ann);
    realm.time = 70_000;
    expect(statsOf(realm, ann).rates).toStrictEqual([
      {
        time: "1970-01-01T00:01:00.000Z",
        seconds: 60,
        received: { HELLO: 0.017, PUBLISH: 0.967, CALL: 0.017 },
        sent: { WELCOME: 0.017 },
      },
      { time: "1970-01-01T00:01:10.000Z", seconds: 10, received: { CALL: 0.1 }, sent: { RESULT: 0.1 } },
    ]);
  });

  test("have at most fifteen samples, which are taken with the message by which the minute is noticed to be over", () => {
    const realm = newRealm();
    const ann = realm.join("ann");
    for (let batch = 1; batch <= 20; batch++) {
      realm.time = batch * 60_000;
      for (let count = 0; count < 1024; count++) ann.send([16, 1, {}, "com.topic"]);
    }
    const { rates } = statsOf(realm, ann);
    expect(rates).toHaveLength(14);
    expect(rates.at(-1)).toStrictEqual({
      time: "1970-01-01T00:20:00.000Z",
      seconds: 60,
      received: { PUBLISH: 17.067 },
      sent: {},
    });
  });
});

/** Resolves when the router has answered HELLO or AUTHENTICATE. */
function decided(client: Client): Promise<void> {
  return vi.waitFor(() => expect(client.peer.state.kind).not.toBe("authenticating"));
}

/** Resolves when the realm has processed what only waits for promises. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe("the call latency in wamp.edge.stats", () => {
  function measure(realm: TestRealm, calls: readonly { readonly takesMs: number; readonly answer: unknown[] }[]) {
    const [ann, ben] = realm.joinAll("ann", "ben");
    ben.send([64, 1, {}, "com.proc"]);
    for (const [index, { takesMs, answer }] of calls.entries()) {
      ann.send([48, index + 1, {}, "com.proc"]);
      realm.time += takesMs;
      ben.send(answer);
    }
    return statsOf(realm, ann).call_latency as { counts: number[]; sum_ms: number; calls: number };
  }

  test("has every seventeenth call, from the first one on, whether it succeeds or fails", () => {
    const calls = Array.from({ length: 35 }, (_, index) => {
      const number = index + 1;
      if (number === 18) return { takesMs: 200, answer: [8, 68, number, {}, "com.error"] };
      return { takesMs: number === 35 ? 60_000 : 3, answer: [70, number, {}] };
    });
    const { counts, sum_ms, calls: all } = measure(newRealm(), calls);
    expect(counts).toStrictEqual([0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
    expect([sum_ms, all]).toStrictEqual([60_203, 35]);
  });

  test("leaves out a call over which the realm slept", () => {
    const realm = newRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ben.send([64, 1, {}, "com.proc"]);
    ann.send([48, 1, {}, "com.proc"]);
    realm.sleepAndWake();
    realm.time = 5000;
    ben.send([70, 1, {}]);
    expect(statsOf(realm, ann).call_latency).toMatchObject({ counts: Array(14).fill(0), calls: 0 });
  });
});
