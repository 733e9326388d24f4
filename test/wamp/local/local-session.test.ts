/** Local sessions: those of RPC requests, and those that the configuration asks for. */

import { expect, it } from "vitest";
import { LocalSession } from "../../../src/wamp/local/local-session.ts";
import type { RouterMessage } from "../../../src/wamp/protocol/message.ts";
import { MessageType } from "../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import type { CallOutcome } from "../../../src/wamp/session/pending-requests.ts";
import type { Identity } from "../../../src/wamp/session/session.ts";
import { ALL_ROLES, ANYTHING, TestRealm } from "../host/test-realm.ts";

const IDENTITY = { authid: "shop", authrole: "anonymous", authmethod: "internal", authprovider: "bridge" };
const CANCELING = { callee: { features: { call_canceling: true, progressive_call_results: true } } };

/** The session of an RPC request. */
function rpcSession(testRealm: TestRealm, identity: Partial<Identity> = {}): LocalSession {
  const roles = { publisher: {}, caller: {} };
  return new LocalSession(testRealm.realm, testRealm, { identity: { ...IDENTITY, ...identity }, roles });
}

it("an RPC session's CALL reaches the callee, and resolves to its RESULT or ERROR", async () => {
  const testRealm = new TestRealm();
  const callee = testRealm.join("callee");
  callee.send([64, 1, {}, "add"]);
  testRealm.take();
  const sum = rpcSession(testRealm).call("add", Payload.of([1], { b: 2 }), {});
  expect(testRealm.take()).toEqual([["callee", [68, 1, expect.any(Number), {}, [1], { b: 2 }]]]);
  callee.send([70, 1, {}, [3], { exact: true }]);
  expect(await sum).toEqual({ ok: true, args: [3], kwargs: { exact: true } });
  const failing = rpcSession(testRealm).call("add", Payload.NONE, {});
  callee.send([8, 68, 2, {}, "com.too_few", ["two"], { needed: 2 }]);
  expect(await failing).toEqual({ ok: false, uri: "com.too_few", args: ["two"], kwargs: { needed: 2 } });
});

it("an RPC session's event reaches subscribers, and PUBLISH resolves to the publication id", async () => {
  const testRealm = new TestRealm();
  testRealm.join("subscriber").send([32, 1, {}, "news"]);
  testRealm.take();
  const outcome = await rpcSession(testRealm).publish("news", Payload.of(["hi"]), {});
  const [[, event]] = testRealm.take() as [[string, unknown[]]];
  expect(event).toEqual([36, expect.any(Number), expect.any(Number), {}, ["hi"]]);
  expect(outcome).toEqual({ ok: true, args: [event[2]], kwargs: {} });
});

it("no other session sees an RPC session: neither meta events nor wamp.session.list show it", async () => {
  const testRealm = new TestRealm();
  const observer = testRealm.join("observer");
  observer.send([32, 1, {}, "wamp.session.on_join"]);
  observer.send([32, 2, {}, "wamp.session.on_leave"]);
  testRealm.take();
  const session = rpcSession(testRealm);
  const outcome = await session.call("wamp.session.list", Payload.NONE, {});
  expect(outcome).toEqual({ ok: true, args: [[expect.any(Number)]], kwargs: {} });
  await session.publish("news", Payload.NONE, {});
  session.leave();
  expect(testRealm.take()).toEqual([]);
});

it("an RPC session is subject to rules, authorizer, URI rules and option checks as the session of a client is", async () => {
  const rules = [{ uri: "open.", match: "prefix", allow: { call: true, publish: true } }] as const;
  const testRealm = new TestRealm({
    roles: [
      { name: "anonymous", permissions: [ANYTHING] },
      { name: "guest", permissions: rules },
      { name: "asking", permissions: [], authorizer: "authorizer" },
    ],
  });
  const authorizer = testRealm.join("authorizer");
  authorizer.send([64, 1, {}, "authorizer"]);
  testRealm.take();
  const refused = (uri: string, args: unknown = expect.anything()) => ({ ok: false, uri, args, kwargs: {} });
  const as = (authrole: string) => rpcSession(testRealm, { authrole });
  expect(await as("guest").publish("closed.topic", Payload.NONE, {})).toEqual(refused("wamp.error.not_authorized"));
  expect(await as("guest").call("open.uri", Payload.NONE, {})).toEqual(refused("wamp.error.no_such_procedure"));
  expect(await as("unknown").call("open.uri", Payload.NONE, {})).toEqual(refused("wamp.error.not_authorized"));
  expect(await as("guest").publish("open. uri", Payload.NONE, {})).toEqual(refused("wamp.error.invalid_uri"));
  expect(await as("guest").publish("open.uri", Payload.NONE, { exclude: "me" })).toEqual(
    refused("wamp.error.protocol_violation", ["PUBLISH: invalid exclude"]),
  );
  const asked = as("asking").publish("any.topic", Payload.NONE, {});
  const [[, invocation]] = testRealm.take() as [[string, unknown[]]];
  authorizer.send([70, invocation[1], {}, [true]]);
  expect(await asked).toMatchObject({ ok: true });
});

it("an RPC session takes progressive results on request, and leaving cancels its call", async () => {
  const testRealm = new TestRealm();
  const callee = testRealm.join("callee", CANCELING);
  callee.send([64, 1, {}, "count"]);
  testRealm.take();
  const seen: unknown[] = [];
  const session = rpcSession(testRealm);
  const outcome: Promise<CallOutcome> = session.call("count", Payload.NONE, {}, (args) => seen.push(args));
  expect(testRealm.take()).toEqual([["callee", [68, 1, expect.any(Number), { receive_progress: true }]]]);
  callee.send([70, 1, { progress: true }, [1]]);
  callee.send([70, 1, { progress: true }, [2]]);
  session.leave();
  expect(await outcome).toEqual({ ok: false, uri: "wamp.error.canceled", args: [], kwargs: {} });
  expect(seen).toEqual([[1], [2]]);
  expect(testRealm.take()).toEqual([["callee", [69, 1, { mode: "killnowait" }]]]);
});

it.each(["internal", "ticket"])(
  "the router itself ends a call of an RPC session with authmethod %s after its timeout, though the callee has call_timeout",
  async (authmethod) => {
    const testRealm = new TestRealm();
    const callee = testRealm.join("callee", { callee: { features: { call_timeout: true } } });
    callee.send([64, 1, { forward_timeout: true }, "slow"]);
    testRealm.take();
    const outcome = rpcSession(testRealm, { authmethod }).call("slow", Payload.NONE, { timeout: 500 });
    expect(testRealm.take()).toEqual([["callee", [68, 1, expect.any(Number), {}]]]);
    testRealm.advance(500);
    expect(await outcome).toMatchObject({ ok: false, uri: "wamp.error.timeout" });
  },
);

/** Opens a session that the configuration asks for, and collects what it receives. */
function openConfigured(testRealm: TestRealm, name: string, received: RouterMessage[]): LocalSession {
  return new LocalSession(testRealm.realm, testRealm, {
    name,
    identity: { authid: name, authrole: "trusted", authmethod: "internal", authprovider: "static" },
    roles: ALL_ROLES,
    onMessage: (message) => received.push(message),
  });
}

/** A realm with a configured session, which has the procedure `add` and a subscription of the prefix `news.`. */
function realmWithSession(): { testRealm: TestRealm; received: RouterMessage[]; session: () => LocalSession } {
  const testRealm = new TestRealm();
  const received: RouterMessage[] = [];
  let session: LocalSession | undefined;
  testRealm.joinLocalSessions = () => {
    session = openConfigured(testRealm, "adder", received);
    session.registerConfigured("add", "exact");
    session.subscribeConfigured("news.", "prefix");
  };
  testRealm.restart();
  return { testRealm, received, session: () => session! };
}

it("a configured session gets INVOCATION and EVENT, and its YIELD reaches the caller", () => {
  const { testRealm, received, session } = realmWithSession();
  testRealm.time = 5;
  const [ann] = testRealm.joinAll("ann");
  ann.send([48, 1, {}, "add", [1, 2]], [16, 2, {}, "news.local", ["hi"]]);
  expect(received.map(([type]) => type)).toEqual([MessageType.INVOCATION, MessageType.EVENT]);
  session().submit([MessageType.YIELD, received[0]![1], {}, Payload.of([3])]);
  expect(testRealm.take()).toEqual([["ann", [50, 1, {}, [3]]]]);
});

it("a configured session answers a call after the realm has slept, which it got before", () => {
  const { testRealm, received, session } = realmWithSession();
  const [ann] = testRealm.joinAll("ann");
  ann.send([48, 1, {}, "add", [1, 2]]);
  testRealm.advance(20_000);
  testRealm.sleepAndWake();
  ann.send([48, 2, {}, "add", [3, 4]]);
  const [first, second] = received.map(([, request]) => request as number);
  expect(second).not.toBe(first);
  session().submit([MessageType.YIELD, second, {}, Payload.of([7])]);
  session().submit([MessageType.YIELD, first, {}, Payload.of([3])]);
  expect(testRealm.take()).toEqual([
    ["ann", [50, 2, {}, [7]]],
    ["ann", [50, 1, {}, [3]]],
  ]);
});

it("a configured session causes no meta events when it joins, and its ids are the same after sleep", () => {
  const { testRealm } = realmWithSession();
  const [ann] = testRealm.joinAll("ann");
  const topics = ["wamp.session.on_join", "wamp.registration.on_create", "wamp.registration.on_register"];
  for (const [index, topic] of topics.entries()) ann.send([32, index + 1, {}, topic]);
  ann.send([48, 4, {}, "wamp.registration.match", ["add"]], [48, 5, {}, "wamp.subscription.match", ["news.x"]]);
  const answers = testRealm.take().slice(-2);
  testRealm.sleepAndWake();
  ann.send([48, 4, {}, "wamp.registration.match", ["add"]], [48, 5, {}, "wamp.subscription.match", ["news.x"]]);
  expect(testRealm.take()).toEqual(answers);
  ann.send([48, 6, {}, "wamp.session.count"]);
  expect(testRealm.take()).toEqual([["ann", [50, 6, {}, [1]]]]);
});

it("a configured session shares the subscriptions of clients, and does not register a procedure that a client has", () => {
  const testRealm = new TestRealm();
  const [ann, ben] = testRealm.joinAll("ann", "ben");
  ann.send([32, 1, { match: "prefix" }, "news."], [64, 2, {}, "add"]);
  testRealm.take();
  let registration: number | undefined = 0;
  const received: RouterMessage[] = [];
  testRealm.joinLocalSessions = () => {
    const late = openConfigured(testRealm, "late", received);
    registration = late.registerConfigured("add", "exact");
    late.subscribeConfigured("news.", "prefix");
  };
  testRealm.sleepAndWake();
  ben.send([48, 1, {}, "add"], [16, 2, {}, "news.x"]);
  expect(registration).toBeUndefined();
  expect(received.map(([type]) => type)).toEqual([MessageType.EVENT]);
  expect(testRealm.take().map(([name, message]) => [name, (message as unknown[])[0]])).toEqual([
    ["ann", MessageType.INVOCATION],
    ["ann", MessageType.EVENT],
  ]);
});
