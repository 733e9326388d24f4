/** The log line `session.ended`, which a realm with `options.log_sessions` writes for each session. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseRealm } from "../../../src/wamp/config/realm.ts";
import { ANYTHING, TestRealm } from "../host/test-realm.ts";
import { ask } from "../meta/meta-calls.ts";

const FACTS = {
  peer: "203.0.113.7",
  is_secure: true,
  websocket_protocol: "wamp.2.json",
  http_headers_received: {},
};

/** A block of JSON in docs/monitoring.md. */
function documented(block: string): Record<string, unknown> {
  const text = new RegExp(`\`\`\`json ${block}\n(.+?)\`\`\``, "s").exec(readFileSync("docs/monitoring.md", "utf8"));
  return JSON.parse(text![1]!) as Record<string, unknown>;
}

function newRealm(options: object = { log_sessions: true }): TestRealm {
  return new TestRealm({ roles: [{ name: "anonymous", permissions: [ANYTHING] }], options });
}

/** The lines, without fields that are undefined. */
function linesOf(realm: TestRealm): object[] {
  return JSON.parse(JSON.stringify(realm.logged)) as object[];
}

describe("a realm with options.log_sessions", () => {
  test("writes who left, how long the session was there, what it has sent and why it ended", () => {
    const realm = newRealm();
    const ben = realm.connect("ben", FACTS);
    ben.send([1, "realm1", { roles: { publisher: {} }, authid: "ben" }]);
    const { id, identity } = ben.savedSession;
    ben.transport.traffic = {
      ...{ messagesSent: 1, bytesReceived: 250 },
      unread: { sent: 300, queued: 0, handedOver: 300, hasProved: false },
    };
    ben.send([16, 1, {}, "com.topic"]);
    realm.time += 1_500;
    ben.send([6, {}, "wamp.close.close_realm"]);
    expect(linesOf(realm)).toStrictEqual([
      {
        ...{ level: "info", event: "session.ended", cause: "wamp.close.close_realm", session: id },
        ...{ authid: identity.authid, authrole: "anonymous", authmethod: "anonymous", seconds: 1.5 },
        ...{ messages_received: 2, messages_sent: 1, bytes_received: 250, bytes_sent: 300 },
        network: "203.0.113.0/24",
      },
    ]);
    // The transport of this test has no protocol, and the object adds the realm.
    const { realm: _, websocket_protocol, ...example } = documented("session");
    expect(Object.keys(linesOf(realm)[0]!)).toStrictEqual(Object.keys(example));
  });

  test("is configured as the documentation says", () => {
    expect(parseRealm(documented("realm"))).toMatchObject({ ok: true, value: { options: { log_sessions: true } } });
  });

  test("writes the cause of each end: a kill, a fault of the client, a loss", () => {
    const realm = newRealm();
    const [ann, ben, cleo, dan] = realm.joinAll("ann", "ben", "cleo", "dan");
    ask(realm, ann, "wamp.session.kill", [ben.savedSession.id], { reason: "com.example.banned" });
    cleo.send([1, "realm1", {}]);
    dan.disconnect();
    expect(realm.logged.map(({ event, cause }) => [event, cause])).toStrictEqual([
      ["session.ended", "com.example.banned"],
      ["session.ended", "wamp.error.protocol_violation"],
      ["session.ended", "the connection was lost"],
    ]);
  });

  test("writes one line for each session that wamp.session.kill_all ends", () => {
    const realm = newRealm();
    const [ann] = realm.joinAll("ann", "ben", "cleo");
    ask(realm, ann, "wamp.session.kill_all");
    expect(realm.logged.map(({ event }) => event)).toStrictEqual(["session.ended", "session.ended"]);
  });

  test("writes one line for a session that waits for its client in vain", () => {
    const realm = newRealm({ log_sessions: true, resume: { time: 60 } });
    const ann = realm.connect("ann");
    ann.send([1, "realm1", { roles: { publisher: {} }, resumable: true }]);
    realm.time += 1_000;
    ann.disconnect();
    expect(realm.logged).toStrictEqual([]);
    realm.time += 60_000;
    realm.realm.tick(realm.time);
    expect(realm.logged).toMatchObject([{ event: "session.ended", seconds: 61 }]);
  });

  test("writes no duration of a session that was there before the realm slept", () => {
    const realm = newRealm();
    const ann = realm.join("ann");
    realm.sleepAndWake();
    ann.disconnect();
    expect(linesOf(realm)).toMatchObject([{ event: "session.ended", authrole: "anonymous" }]);
    expect(linesOf(realm)).not.toMatchObject([{ seconds: expect.anything() }]);
  });

  test("writes nothing for a connection that had no session", () => {
    const realm = newRealm();
    realm.connect("ann").disconnect();
    expect(realm.logged).toStrictEqual([]);
  });
});

test("a realm without options.log_sessions writes no line for a session that ends", () => {
  const realm = newRealm({});
  realm.join("ann").disconnect();
  expect(realm.logged).toStrictEqual([]);
});
