/** Message rates: limits on messages and events of a session and of a role. */

import { describe, expect, test } from "vitest";
import { parseRole, type RealmInput } from "../../../src/wamp/config/realm.ts";
import type { Client } from "../host/test-realm.ts";
import { ANYTHING, TestRealm } from "../host/test-realm.ts";

type RatesInput = NonNullable<NonNullable<RealmInput["roles"]>[number]["rates"]>;

const RATE_EXCEEDED = "wamp.edge.error.rate_exceeded";
const OWN = [`the session exceeds its rate of messages`];

function createRealm(rates: RatesInput): TestRealm {
  return new TestRealm({ roles: [{ name: "anonymous", permissions: [ANYTHING], rates }] });
}

/** The types of the messages that a client was sent, and the URIs of ERRORs. */
function answers(realm: TestRealm, name: string): unknown[] {
  const own = realm.take().filter(([client]) => client === name);
  return own.map(([, message]) => (message[0] === 8 ? message[4] : message[0]));
}

function publishTimes(client: Client, times: number, options: object = { acknowledge: true }): void {
  for (let request = 1; request <= times; request++) client.send([16, request, options, "com.topic"]);
}

describe("rates of messages", () => {
  test("each refusable request beyond the rate gets rate_exceeded, and other sessions are not affected", () => {
    const realm = createRealm({ session: { messages: { per_second: 1, burst: 1 } } });
    const [ann, bob] = realm.joinAll("ann", "bob");
    ann.send([16, 1, { acknowledge: true }, "com.topic"]);
    realm.take();
    ann.send([16, 2, { acknowledge: true }, "com.topic"], [32, 3, {}, "com.topic"]);
    ann.send([64, 4, {}, "com.procedure"], [48, 5, {}, "com.procedure"]);
    bob.send([32, 1, {}, "com.topic"]);
    expect(realm.take()).toStrictEqual([
      ["ann", [8, 16, 2, {}, RATE_EXCEEDED, OWN]],
      ["ann", [8, 32, 3, {}, RATE_EXCEEDED, OWN]],
      ["ann", [8, 64, 4, {}, RATE_EXCEEDED, OWN]],
      ["ann", [8, 48, 5, {}, RATE_EXCEEDED, OWN]],
      ["bob", [33, 1, expect.any(Number)]],
    ]);
  });

  test("tokens come back with time, up to the burst", () => {
    const realm = createRealm({ session: { messages: { per_second: 2, burst: 3 } } });
    const ann = realm.join("ann");
    publishTimes(ann, 4);
    expect(answers(realm, "ann")).toStrictEqual([17, 17, 17, RATE_EXCEEDED]);
    realm.advance(499);
    publishTimes(ann, 1);
    expect(answers(realm, "ann")).toStrictEqual([RATE_EXCEEDED]);
    realm.advance(1);
    publishTimes(ann, 2);
    expect(answers(realm, "ann")).toStrictEqual([17, RATE_EXCEEDED]);
    realm.advance(3_600_000);
    publishTimes(ann, 4);
    expect(answers(realm, "ann")).toStrictEqual([17, 17, 17, RATE_EXCEEDED]);
  });

  test("an unacknowledged PUBLISH beyond the rate is dropped and logged", () => {
    const realm = createRealm({ session: { messages: { per_second: 1, burst: 1 } } });
    const [ann, bob] = realm.joinAll("ann", "bob");
    bob.send([32, 1, {}, "com.topic"]);
    realm.take();
    publishTimes(ann, 2, {});
    expect(answers(realm, "bob")).toStrictEqual([36]);
    expect(realm.logged).toStrictEqual([
      {
        level: "warn",
        event: "rate.exceeded",
        authid: expect.any(String),
        authrole: "anonymous",
        type: 16,
        cause: "messages of the session",
      },
    ]);
  });

  test("YIELD, CANCEL, UNSUBSCRIBE, UNREGISTER and input that continues a call pass, but count", () => {
    const realm = createRealm({ session: { messages: { per_second: 1, burst: 3 } } });
    const streaming = { progressive_call_invocations: true, progressive_call_results: true, call_canceling: true };
    const roles = { caller: { features: streaming }, callee: { features: streaming } };
    const [callee, caller] = [realm.join("callee", roles), realm.join("caller", roles)];
    callee.send([64, 1, {}, "com.procedure"]);
    const registration = realm.take()[0]?.[1][2];
    caller.send([48, 1, { progress: true }, "com.procedure"]);
    caller.send([48, 1, { progress: true }, "com.procedure"], [48, 1, { progress: true }, "com.procedure"]);
    caller.send([48, 1, { progress: true }, "com.procedure"]);
    expect(answers(realm, "callee")).toStrictEqual([68, 68, 68, 68]);
    caller.send([49, 1, { mode: "skip" }]);
    expect(answers(realm, "caller")).toStrictEqual(["wamp.error.canceled"]);
    callee.send([70, 1, {}], [70, 1, {}], [66, 2, registration]);
    caller.send([48, 2, {}, "com.procedure"]);
    callee.send([64, 3, {}, "com.procedure"]);
    expect(realm.take().map(([name, message]) => [name, message[0], message[4]])).toStrictEqual([
      ["callee", 67, undefined],
      ["caller", 8, RATE_EXCEEDED],
      ["callee", 8, RATE_EXCEEDED],
    ]);
  });

  test("a session that sends more than ten times its rate is ended with ABORT and 1008", () => {
    const realm = createRealm({ session: { messages: { per_second: 1, burst: 2 } } });
    const ann = realm.join("ann");
    publishTimes(ann, 20);
    expect(answers(realm, "ann").slice(2)).toStrictEqual(Array.from({ length: 18 }, () => RATE_EXCEEDED));
    publishTimes(ann, 1);
    const message = "the session sends more than 10 times the rate of messages";
    expect(realm.take()).toStrictEqual([
      ["ann", [3, { message }, RATE_EXCEEDED]],
      ["ann", "closed", 1008],
    ]);
    expect(realm.logged.at(-1)).toMatchObject({ event: "rate.flooded" });
  });

  test("the rate of a role is shared by its sessions", () => {
    const realm = createRealm({ role: { messages: { per_second: 1, burst: 2 } } });
    const [ann, bob] = realm.joinAll("ann", "bob");
    publishTimes(ann, 1);
    publishTimes(bob, 2);
    expect(realm.take()).toStrictEqual([
      ["ann", [17, 1, expect.any(Number)]],
      ["bob", [17, 1, expect.any(Number)]],
      ["bob", [8, 16, 2, {}, RATE_EXCEEDED, ["role 'anonymous' exceeds its rate of messages"]]],
    ]);
  });

  test("buckets are full after the realm has slept", () => {
    const realm = createRealm({ session: { messages: { per_second: 1, burst: 1 } } });
    const ann = realm.join("ann");
    publishTimes(ann, 2);
    realm.sleepAndWake();
    realm.take();
    publishTimes(ann, 1);
    expect(answers(realm, "ann")).toStrictEqual([17]);
  });
});

describe("rates of events", () => {
  test("a publication costs one token per receiver; later ones are refused until the tokens are back", () => {
    const realm = createRealm({ session: { events: { per_second: 1, burst: 1 } } });
    const [ann, ...others] = realm.joinAll("ann", "bob", "cat", "dan");
    for (const other of others) other.send([32, 1, {}, "com.topic"]);
    realm.take();
    publishTimes(ann, 2);
    expect(answers(realm, "ann")).toStrictEqual([17, RATE_EXCEEDED]);
    // 3 events were sent with 1 token: 2 tokens are missing, and the next publication needs 1.
    realm.advance(2_999);
    publishTimes(ann, 1);
    expect(answers(realm, "ann")).toStrictEqual([RATE_EXCEEDED]);
    realm.advance(1);
    publishTimes(ann, 1);
    expect(answers(realm, "ann")).toStrictEqual([17]);
  });

  test("a publication without receivers costs nothing, and other requests pass", () => {
    const realm = createRealm({ session: { events: { per_second: 1, burst: 1 } } });
    const ann = realm.join("ann");
    publishTimes(ann, 3);
    ann.send([32, 4, {}, "com.topic"]);
    expect(answers(realm, "ann")).toStrictEqual([17, 17, 17, 33]);
  });
});

describe("the configuration", () => {
  test.each([
    [{ session: { messages: { per_second: 0 } } }, "rates.session.messages.per_second"],
    [{ role: { events: { per_second: 1, burst: 1.5 } } }, "rates.role.events.burst"],
    [{ role: { events: {} } }, "rates.role.events.per_second"],
    [{ sessions: {} }, "rates.sessions"],
  ])("%j has a fault with its path", (rates, path) => {
    const parsed = parseRole({ name: "user", rates });
    expect(parsed.ok ? [] : parsed.faults.map((fault) => fault.path)).toStrictEqual([path]);
  });
});
