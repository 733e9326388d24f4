/** `wamp.edge.tap`: which messages it shows, how, and when it ends. */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { LocalSession } from "../../../src/wamp/local/local-session.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import { joinResumable } from "../hibernation/resume-clients.ts";
import { ALL_ROLES, ANYTHING, type Client, TestRealm } from "../host/test-realm.ts";
import { joinAs } from "./meta-calls.ts";
import { REQUEST, takeOthers, takeSteps, takeTapped, tap } from "./tap-reader.ts";

const ROLE = { name: "anonymous", permissions: [ANYTHING], console: true };
const CANCELED = [8, 48, REQUEST, {}, "wamp.error.canceled", ["the call of wamp.edge.tap was canceled"]];

function newRealm(input: Partial<RealmInput> = {}): TestRealm {
  return new TestRealm({ roles: [ROLE], ...input });
}

function isTapped({ realm }: TestRealm): boolean {
  return realm.monitor.taps.isRunning;
}

function lines(count: number, topic = "com.topic"): unknown[][] {
  return Array.from({ length: count }, (_, index) => [16, index + 1, {}, topic]);
}

describe("wamp.edge.tap shows", () => {
  test("each message with its session, frame, head and payload", () => {
    const realm = newRealm();
    const [ann, ben, eve] = realm.joinAll("ann", "ben", "eve");
    ben.send([32, 1, {}, "com.topic"]);
    realm.time = 5_000;
    tap(realm, eve);
    ann.send([16, 3, {}, "com.topic", [1, "two"], { three: [3] }]);
    const same = { time: "1970-01-01T00:00:05.000Z", serializer: "json", uri: "com.topic", dropped: 0 };
    const payload = { payload: "whole", args: [1, "two"], kwargs: { three: [3] } };
    expect(takeTapped(realm, eve)).toStrictEqual([
      {
        ...{ ...same, ...payload, direction: "received", session: 1, authid: expect.any(String), bytes: 45 },
        ...{ type: "PUBLISH", message: [16, 3, {}, "com.topic"], payload_bytes: 23 },
      },
      {
        ...{
          ...same,
          ...payload,
          direction: "sent",
          session: 2,
          authid: expect.any(String),
          bytes: expect.any(Number),
        },
        ...{ type: "EVENT", message: [36, expect.any(Number), expect.any(Number), {}], payload_bytes: 23 },
      },
    ]);
  });

  test("at once that it runs, and no other tap shows that", () => {
    const realm = newRealm();
    const [ann, eve] = realm.joinAll("ann", "eve");
    tap(realm, ann);
    realm.time = 5_000;
    eve.send([48, 1, { receive_progress: true }, "wamp.edge.tap"]);
    const started = { started: "1970-01-01T00:00:05.000Z" };
    const [call, ...others] = realm.take();
    expect(call).toMatchObject(["ann", [50, REQUEST, { progress: true }, [{ type: "CALL" }]]]);
    expect(others).toStrictEqual([["eve", [50, 1, { progress: true }, [started]]]]);
  });

  test("the bytes of text in UTF-8", () => {
    const realm = newRealm();
    const [ann, eve] = realm.joinAll("ann", "eve");
    tap(realm, eve);
    ann.send([16, 1, {}, "com.topic", ["ä€😀"]]);
    expect(takeTapped(realm, eve)[0]).toMatchObject({ bytes: Buffer.byteLength('[16,1,{},"com.topic",["ä€😀"]]') });
  });

  test("a call on all its ways, with the procedure of each message", () => {
    const realm = newRealm();
    const [ann, ben, eve] = realm.joinAll("ann", "ben", "eve");
    ben.send([64, 1, {}, "com.add"]);
    tap(realm, eve, { uri: "com.add" });
    ann.send([16, 1, {}, "com.topic"], [48, 2, {}, "com.add", [1, 2]]);
    ben.send([70, 1, {}, [3]]);
    ann.send([48, 3, {}, "com.add"]);
    ben.send([8, 68, 2, {}, "com.error"]);
    expect(takeSteps(realm, eve)).toStrictEqual([
      ...["> CALL", "< INVOCATION", "> YIELD", "< RESULT"],
      ...["> CALL", "< INVOCATION", "> ERROR", "< ERROR"],
    ]);
  });

  test("replies by the URI of their request", () => {
    const realm = newRealm();
    const [ann, eve] = realm.joinAll("ann", "eve");
    tap(realm, eve, { uri: "com.", match: "prefix" });
    ann.send([32, 1, {}, "com.topic"], [64, 2, {}, "com.add"], [16, 3, { acknowledge: true }, "com.topic"]);
    ann.send([32, 4, {}, "org.topic"], [34, 5, 4], [66, 6, 5], [49, 9, {}]);
    const shown = takeTapped(realm, eve).map(({ type, uri }) => `${type} ${uri}`);
    expect(shown).toStrictEqual([
      ...["SUBSCRIBE com.topic", "SUBSCRIBED com.topic", "REGISTER com.add", "REGISTERED com.add"],
      ...["PUBLISH com.topic", "PUBLISHED com.topic", "UNSUBSCRIBE com.topic", "UNSUBSCRIBED com.topic"],
      ...["UNREGISTER com.add", "UNREGISTERED com.add"],
    ]);
  });

  test.each([
    ["exact", "com.a.b", ["com.a.b"]],
    ["prefix", "com.a", ["com.a.b", "com.a.c", "com.ab"]],
    ["wildcard", "com..b", ["com.a.b", "com.x.b"]],
    ["prefix", "", ["com.a.b", "com.a.c", "com.ab", "com.x.b"]],
  ])("the URIs that match %s %j", (match, uri, shown) => {
    const realm = newRealm();
    const [ann, eve] = realm.joinAll("ann", "eve");
    tap(realm, eve, { uri, match });
    for (const topic of ["com.a.b", "com.a.c", "com.ab", "com.x.b"]) ann.send([16, 1, {}, topic]);
    expect(takeTapped(realm, eve).map((message) => message.uri)).toStrictEqual(shown);
  });

  test("one session, or the sessions of an authid", () => {
    const realm = newRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    const eve = joinAs(realm, "eve", "anonymous");
    for (const kwargs of [{ session: 2 }, { authid: "eve" }, { session: 2, authid: "eve" }]) {
      tap(realm, eve, { ...kwargs, uri: "com.topic" });
      for (const client of [ann, ben, eve]) client.send([16, 1, {}, "com.topic"]);
      const shown = takeTapped(realm, eve).map(({ session }) => session);
      expect(shown).toStrictEqual("session" in kwargs ? ("authid" in kwargs ? [] : [2]) : [3]);
      eve.send([49, REQUEST, {}]);
    }
  });

  test("messages before WELCOME, which have no session", () => {
    const realm = newRealm();
    const eve = realm.join("eve");
    tap(realm, eve);
    realm.connect("ann").send([1, "realm1", { roles: ALL_ROLES }]);
    realm.connect("ben").send([1, "elsewhere", { roles: ALL_ROLES }]);
    expect(takeTapped(realm, eve).map(({ type, session }) => [type, session])).toStrictEqual([
      ["HELLO", null],
      ["WELCOME", 3],
      ["HELLO", null],
      ["ABORT", null],
    ]);
  });

  test("messages of sessions without a connection, which have no frames", async () => {
    const realm = newRealm();
    const [ann, eve] = realm.joinAll("ann", "eve");
    const identity = { authid: "web", authrole: "anonymous", authmethod: "internal", authprovider: "router" };
    const session = new LocalSession(realm.realm, realm, { identity, roles: ALL_ROLES });
    await session.subscribe("com.topic", {}, () => {});
    tap(realm, eve, { authid: "web" });
    ann.send([16, 1, {}, "com.topic", [5]]);
    await session.publish("com.other", Payload.of([6]), {});
    expect(takeTapped(realm, eve)).toMatchObject([
      { type: "EVENT", direction: "sent", bytes: null, serializer: null, args: [5], payload: "whole" },
      { type: "PUBLISH", direction: "received", bytes: null, serializer: null, args: [6], payload: "whole" },
      { type: "PUBLISHED", direction: "sent", payload: "none" },
    ]);
  });

  test("payload up to payload_limit, and says that it is cut", () => {
    const realm = newRealm();
    const [ann, eve] = realm.joinAll("ann", "eve");
    tap(realm, eve, { payload_limit: 50 });
    ann.send([16, 1, {}, "com.topic", ["x".repeat(100)], { a: 1 }], [16, 2, {}, "com.topic", [1, 2]]);
    const [cut, whole] = takeTapped(realm, eve);
    expect(cut).toMatchObject({ payload: "cut", payload_bytes: 112 });
    expect(cut!.text).toBe(`["${"x".repeat(48)}`);
    expect(cut).not.toHaveProperty("args");
    expect(whole).toMatchObject({ payload: "whole", args: [1, 2] });
  });

  test("only the size of a payload of more than 64 KiB, which it does not read", () => {
    const realm = newRealm();
    const [ann, eve] = realm.joinAll("ann", "eve");
    tap(realm, eve);
    ann.send([16, 1, {}, "com.topic", ["x".repeat(70_000)]]);
    const [message] = takeTapped(realm, eve);
    expect(message).toMatchObject({ payload: "cut", payload_bytes: 70_004 });
    expect(Object.keys(message!)).not.toEqual(expect.arrayContaining(["args"]));
    expect(JSON.stringify(message).length).toBeLessThan(500);
  });

  test("the payload of an answer of the router, cut as others", () => {
    const realm = newRealm();
    const [ann, eve] = realm.joinAll("ann", "eve");
    tap(realm, eve, { uri: "wamp.session.count" });
    ann.send([48, 1, {}, "wamp.session.count"]);
    expect(takeTapped(realm, eve)).toMatchObject([{ type: "CALL" }, { type: "RESULT", payload: "whole", args: [2] }]);
  });

  test("only the size of a payload in passthru mode", () => {
    const realm = newRealm();
    const eve = realm.join("eve");
    const ann = realm.join("ann", { publisher: { features: { payload_passthru_mode: true } } });
    tap(realm, eve);
    ann.send([16, 1, { ppt_scheme: "x_mine" }, "com.topic", ["\0AAAA"]]);
    const [message] = takeTapped(realm, eve);
    expect(message).toMatchObject({ payload: "passthru", payload_bytes: expect.any(Number) });
    expect(JSON.stringify(message)).not.toContain("AAAA");
  });

  test("no options that are longer than 4 KiB", () => {
    const realm = newRealm();
    const [ann, eve] = realm.joinAll("ann", "eve");
    tap(realm, eve);
    ann.send([16, 1, { exclude_authid: Array.from({ length: 900 }, (_, index) => `user${index}`) }, "com.topic"]);
    expect(takeTapped(realm, eve)[0]!.message).toStrictEqual([16, 1, "…", "com.topic"]);
  });

  test("nothing that a tap shows, to any tap", () => {
    const realm = newRealm();
    const [ann, eve, joe] = realm.joinAll("ann", "eve", "joe");
    for (const reader of [eve, joe]) tap(realm, reader);
    realm.take();
    ann.send([16, 1, {}, "com.topic"]);
    const entries = realm.take();
    expect(entries.map(([name]) => name).sort()).toStrictEqual(["eve", "joe"]);
    realm.advance(600_000);
    expect(realm.take().map(([name, message]) => [name, message[2]])).toStrictEqual([
      ["eve", {}],
      ["joe", {}],
    ]);
  });

  test("nothing that a tap has shown to a session before it was resumed", () => {
    const realm = newRealm({ options: { resume: { time: 60 } } });
    const ann = realm.join("ann");
    const joe = joinResumable(realm, "joe");
    tap(realm, joe.client);
    ann.send([16, 1, {}, "com.topic"]);
    joe.client.disconnect();
    const eve = realm.join("eve");
    tap(realm, eve);
    const wish = { resumable: true, "resume-session": joe.id, "resume-token": joe.token, _resume_received: 0 };
    realm.connect("joe").send([1, "realm1", { roles: ALL_ROLES, ...wish }]);
    const entries = realm.take();
    expect(entries.filter(([name, message]) => name === "joe" && message[0] === 50)).not.toStrictEqual([]);
    const shown = entries.filter(([name]) => name === "eve").map((entry) => JSON.stringify(entry));
    expect(shown.filter((text) => text.includes('"RESULT"'))).toStrictEqual([]);
  });
});

describe("wamp.edge.tap drops", () => {
  test("what is above 200 messages a second, and says how many", () => {
    const realm = newRealm();
    const [ann, eve] = realm.joinAll("ann", "eve");
    tap(realm, eve);
    ann.send(...lines(500));
    expect(takeTapped(realm, eve)).toHaveLength(200);
    realm.time = 10;
    ann.send(...lines(5));
    expect(takeTapped(realm, eve).map(({ dropped }) => dropped)).toStrictEqual([300, 0]);
    realm.advance(600_000);
    expect(takeOthers(realm, eve)).toStrictEqual([
      ["eve", [50, REQUEST, {}, [{ seconds: 600, shown: 202, dropped: { rate: 303, unread: 0 } }]]],
    ]);
  });

  test("what its reader does not read, and nothing of other sessions", () => {
    const realm = newRealm();
    const [ann, ben, eve] = realm.joinAll("ann", "ben", "eve");
    ben.send([32, 1, {}, "com.topic"]);
    tap(realm, eve, { session: 1 });
    eve.transport.isBehind = true;
    ann.send(...lines(1_000));
    const entries = realm.take();
    expect(entries.filter(([name]) => name === "ben")).toHaveLength(1_000);
    expect(entries.filter(([name]) => name === "eve")).toStrictEqual([]);
    eve.transport.isBehind = false;
    ann.send([16, 1, {}, "com.topic"]);
    expect(takeTapped(realm, eve)).toMatchObject([{ dropped: 1_000 }]);
  });

  test("what comes while its session waits for its client to resume it", () => {
    const realm = newRealm({ options: { resume: { time: 60, buffer: { messages: 3, bytes: 2_000 } } } });
    const ann = realm.join("ann");
    const joe = joinResumable(realm, "joe");
    tap(realm, joe.client);
    joe.client.disconnect();
    ann.send(...lines(100));
    const wish = { resumable: true, "resume-session": joe.id, "resume-token": joe.token };
    const back = realm.connect("joe");
    back.send([1, "realm1", { roles: ALL_ROLES, ...wish }]);
    realm.take();
    ann.send([16, 1, {}, "com.topic"]);
    expect(takeTapped(realm, back)).toMatchObject([{ type: "PUBLISH", dropped: expect.any(Number) }]);
  });
});

describe("wamp.edge.tap ends", () => {
  test.each([
    ["after its duration", { duration: 30 }, 30],
    ["after ten minutes", {}, 600],
  ])("%s, with a sum", (_, kwargs, seconds) => {
    const realm = newRealm();
    const [ann, eve] = realm.joinAll("ann", "eve");
    tap(realm, eve, kwargs);
    ann.send([16, 1, {}, "com.topic"]);
    realm.take();
    realm.advance(seconds * 1_000 - 1);
    expect(realm.take()).toStrictEqual([]);
    expect(isTapped(realm)).toBe(true);
    realm.advance(1);
    const sum = { seconds, shown: 1, dropped: { rate: 0, unread: 0 } };
    expect(realm.take()).toStrictEqual([["eve", [50, REQUEST, {}, [sum]]]]);
    expect(isTapped(realm)).toBe(false);
    ann.send([16, 2, {}, "com.topic"]);
    expect(realm.take()).toStrictEqual([]);
  });

  test.each(["kill", "killnowait", undefined])("by CANCEL with mode %s", (mode) => {
    const realm = newRealm();
    const [ann, eve] = realm.joinAll("ann", "eve");
    tap(realm, eve, { uri: "com.topic" });
    eve.send([49, REQUEST, mode === undefined ? {} : { mode }]);
    expect(realm.take()).toStrictEqual([["eve", CANCELED]]);
    expect(isTapped(realm)).toBe(false);
    ann.send([16, 2, {}, "com.topic"]);
    realm.advance(600_000);
    expect(realm.take()).toStrictEqual([]);
  });

  test("by CANCEL with mode skip, for the caller at once and for the realm with the next message", () => {
    const realm = newRealm();
    const [ann, eve] = realm.joinAll("ann", "eve");
    tap(realm, eve, { uri: "com.topic" });
    eve.send([49, REQUEST, { mode: "skip" }]);
    expect(realm.take()).toStrictEqual([["eve", CANCELED]]);
    ann.send([16, 2, {}, "com.topic"]);
    expect(realm.take()).toStrictEqual([]);
    expect(isTapped(realm)).toBe(false);
  });

  test.each([
    ["GOODBYE", (client: Client) => client.send([6, {}, "wamp.close.normal"])],
    ["the loss of the connection", (client: Client) => client.disconnect()],
  ])("with its session by %s", (_, end) => {
    const realm = newRealm();
    const [ann, eve] = realm.joinAll("ann", "eve");
    tap(realm, eve, { session: 1 });
    end(eve);
    expect(isTapped(realm)).toBe(false);
    realm.take();
    ann.send([16, 2, {}, "com.topic"]);
    expect(realm.take()).toStrictEqual([]);
  });

  test("with the timeout of its caller after the last message, but not with the default of the realm", () => {
    const realm = newRealm({ options: { call_timeout: { default: 1_000, maximum: 5_000 } } });
    const [ann, eve, joe] = realm.joinAll("ann", "eve", "joe");
    tap(realm, eve, { session: 1 }, { timeout: 3_000 });
    tap(realm, joe, { session: 1 });
    realm.advance(2_000);
    ann.send([16, 2, {}, "com.topic"]);
    realm.advance(2_999);
    realm.take();
    realm.advance(1);
    const timeout = ["wamp.error.timeout", ["the call of wamp.edge.tap took too long"]];
    expect(realm.take()).toStrictEqual([["eve", [8, 48, REQUEST, {}, ...timeout]]]);
    expect(realm.realm.monitor.taps.size).toBe(1);
  });

  test("when its role loses console, and not when it keeps it", () => {
    const manager = { uri: "wamp.edge.", match: "prefix" as const, allow: { call: true } };
    const viewer = { name: "viewer", console: true };
    const realm = newRealm({ roles: [{ ...ROLE, permissions: [ANYTHING, manager] }, viewer] });
    const ann = realm.join("ann");
    const eve = joinAs(realm, "eve", "viewer");
    tap(realm, eve, { uri: "com.topic" });
    const rule = { uri: "com.any", allow: { call: true } };
    ann.send([48, 1, {}, "wamp.edge.permission.add", ["viewer", rule]]);
    expect(isTapped(realm)).toBe(true);
    realm.take();
    ann.send([48, 2, {}, "wamp.edge.role.add", ["viewer", {}]]);
    expect(realm.take()).toStrictEqual([
      ["ann", [50, 2, {}]],
      ["eve", [8, 48, REQUEST, {}, "wamp.error.not_authorized", ["wamp.edge.tap ended: denied"]]],
    ]);
    expect(isTapped(realm)).toBe(false);
  });

  test("with the sleep of the realm, if that comes nevertheless", () => {
    const realm = newRealm();
    const [ann, eve] = realm.joinAll("ann", "eve");
    tap(realm, eve, { session: 1 });
    realm.sleepAndWake();
    const gone = ["wamp.error.canceled", ["the callee's session ended"]];
    expect(realm.take()).toStrictEqual([["eve", [8, 48, REQUEST, {}, ...gone]]]);
    ann.send([16, 2, {}, "com.topic"]);
    expect(realm.take()).toStrictEqual([]);
  });

  test("and leaves nothing in the tables of the realm", () => {
    const realm = newRealm();
    const [, eve] = realm.joinAll("ann", "eve");
    const { bytes } = realm.realm.records;
    for (const mode of ["kill", "killnowait"]) {
      tap(realm, eve);
      eve.send([49, REQUEST, { mode }]);
    }
    tap(realm, eve);
    realm.advance(600_000);
    expect(realm.realm.records.bytes).toBe(bytes);
    expect(realm.realm.dealer.tables.pending.count()).toBe(0);
    expect(realm.realm.nextDeadline()).toBe(undefined);
  });
});

describe("wamp.edge.tap is refused", () => {
  const MISUSED = "wamp.error.invalid_argument";

  test("without receive_progress, and says so", () => {
    const realm = newRealm();
    const eve = realm.join("eve");
    tap(realm, eve, {}, { receive_progress: false });
    const text = "wamp.edge.tap answers in parts: call it with receive_progress";
    expect(realm.take()).toStrictEqual([["eve", [8, 48, REQUEST, {}, MISUSED, [text]]]]);
  });

  test.each([
    [{ duration: 601 }, "duration must be a number above 0, and at most 600"],
    [{ duration: 0 }, "duration must be a number above 0, and at most 600"],
    [{ duration: "5" }, "duration must be a number above 0, and at most 600"],
    [{ payload_limit: 10_000 }, "payload_limit must be a number above 0, and at most 8192"],
    [{ session: "joe" }, "session is invalid"],
    [{ authid: 5 }, "authid is invalid"],
    [{ uri: "com topic" }, '"com topic" is not a URI for match exact'],
    [{ uri: "com.topic.", match: "exact" }, '"com.topic." is not a URI for match exact'],
    [{ uri: "com.topic", match: "regex" }, "match is invalid"],
    [{ match: "prefix" }, "match needs a uri"],
  ])("with %j", (kwargs, text) => {
    const realm = newRealm();
    const eve = realm.join("eve");
    tap(realm, eve, kwargs);
    expect(realm.take()).toStrictEqual([["eve", [8, 48, REQUEST, {}, MISUSED, [text]]]]);
    expect(isTapped(realm)).toBe(false);
  });

  test("while eight taps run", () => {
    const realm = newRealm();
    const clients = Array.from({ length: 9 }, (_, index) => realm.join(`reader${index}`));
    for (const client of clients) tap(realm, client, { session: 100 });
    const text = "a realm may have 8 taps at once";
    expect(realm.take()).toStrictEqual([["reader8", [8, 48, REQUEST, {}, "wamp.edge.error.limit_exceeded", [text]]]]);
  });
});

describe("the records of a tap", () => {
  test("say who taps what, when it starts and why it ends, in any realm", () => {
    const realm = newRealm();
    const eve = joinAs(realm, "eve", "anonymous");
    tap(realm, eve, { session: 9, authid: "ann", uri: "com.", match: "prefix" });
    eve.send([49, REQUEST, {}]);
    tap(realm, eve);
    realm.advance(600_000);
    const who = { session: 1, authid: "eve", authrole: "anonymous" };
    const some = { ...who, uri: "com.", match: "prefix", tapped_session: 9, tapped_authid: "ann" };
    const all = { ...who, uri: "", match: "prefix" };
    const audit = { realm: "realm1", action: "tap" };
    expect(realm.auditTrail).toStrictEqual([
      { ...audit, ...some, verdict: "started" },
      { ...audit, ...some, verdict: "ended" },
      { ...audit, ...all, verdict: "started" },
      { ...audit, ...all, verdict: "ended" },
    ]);
    expect(realm.logged).toStrictEqual([
      { level: "info", event: "tap.started", ...some },
      { level: "info", event: "tap.ended", cause: "canceled", ...some },
      { level: "info", event: "tap.started", ...all },
      { level: "info", event: "tap.ended", cause: "duration", ...all },
    ]);
  });

  test("are not written for a tap that is refused", () => {
    const realm = newRealm({ roles: [{ ...ROLE, console: false }] });
    tap(realm, realm.join("eve"));
    expect(realm.auditTrail).toStrictEqual([]);
    expect(realm.logged).toStrictEqual([]);
  });
});
