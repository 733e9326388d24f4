/** Visitors: one request from outside WAMP, under the same rules as everybody's. */

import { expect, it } from "vitest";
import { Visitor } from "../../../src/wamp/local/visitor.ts";
import type { CallOutcome } from "../../../src/wamp/session/pending-requests.ts";
import { ANYTHING, TestRealm } from "../host/test-realm.ts";

const IDENTITY = { authid: "shop", authrole: "anonymous", authmethod: "internal", authprovider: "bridge" };
const CANCELING = { callee: { features: { call_canceling: true, progressive_call_results: true } } };

function visitorOf(testRealm: TestRealm, authrole = "anonymous"): Visitor {
  return new Visitor(testRealm.realm, testRealm, { ...IDENTITY, authrole });
}

it("a visitor's call reaches the callee and comes back with result or error", async () => {
  const testRealm = new TestRealm();
  const callee = testRealm.join("callee");
  callee.send([64, 1, {}, "add"]);
  testRealm.take();
  const sum = visitorOf(testRealm).call("add", [1], { b: 2 }, {});
  expect(testRealm.take()).toEqual([["callee", [68, 1, expect.any(Number), {}, [1], { b: 2 }]]]);
  callee.send([70, 1, {}, [3], { exact: true }]);
  expect(await sum).toEqual({ ok: true, args: [3], kwargs: { exact: true } });
  const failing = visitorOf(testRealm).call("add", [], {}, {});
  callee.send([8, 68, 2, {}, "com.too_few", ["two"], { needed: 2 }]);
  expect(await failing).toEqual({ ok: false, uri: "com.too_few", args: ["two"], kwargs: { needed: 2 } });
});

it("a visitor's event reaches subscribers, and its publisher hears the publication id", async () => {
  const testRealm = new TestRealm();
  testRealm.join("subscriber").send([32, 1, {}, "news"]);
  testRealm.take();
  const outcome = await visitorOf(testRealm).publish("news", ["hi"], {}, {});
  const [[, event]] = testRealm.take() as [[string, unknown[]]];
  expect(event).toEqual([36, expect.any(Number), expect.any(Number), {}, ["hi"]]);
  expect(outcome).toEqual({ ok: true, args: [event[2]], kwargs: {} });
});

it("nobody sees a visitor come, stay or go", async () => {
  const testRealm = new TestRealm();
  const observer = testRealm.join("observer");
  observer.send([32, 1, {}, "wamp.session.on_join"]);
  observer.send([32, 2, {}, "wamp.session.on_leave"]);
  testRealm.take();
  const outcome = await visitorOf(testRealm).call("wamp.session.list", [], {}, {});
  expect(outcome).toEqual({ ok: true, args: [[expect.any(Number)]], kwargs: {} });
  await visitorOf(testRealm).publish("news", [], {}, {});
  expect(testRealm.take()).toEqual([]);
});

it("the rules of a visitor's role, its authorizer and the rules for URIs and options are those of everybody", async () => {
  const rules = [{ uri: "open.", match: "prefix", allow: { call: true, publish: true } }] as const;
  const testRealm = new TestRealm({
    roles: [
      { name: "anonymous", permissions: [ANYTHING] },
      { name: "guest", permissions: rules },
      { name: "asking", permissions: [], authorizer: "judge" },
    ],
  });
  const judge = testRealm.join("judge");
  judge.send([64, 1, {}, "judge"]);
  testRealm.take();
  const refused = (uri: string, args: unknown = expect.anything()) => ({ ok: false, uri, args, kwargs: {} });
  const visit = (role: string): Visitor => visitorOf(testRealm, role);
  expect(await visit("guest").publish("closed.topic", [], {}, {})).toEqual(refused("wamp.error.not_authorized"));
  expect(await visit("guest").call("open.door", [], {}, {})).toEqual(refused("wamp.error.no_such_procedure"));
  expect(await visit("nobody").call("open.door", [], {}, {})).toEqual(refused("wamp.error.not_authorized"));
  expect(await visit("guest").publish("open. door", [], {}, {})).toEqual(refused("wamp.error.invalid_uri"));
  expect(await visit("guest").publish("open.door", [], {}, { exclude: "me" })).toEqual(
    refused("wamp.error.protocol_violation", ["PUBLISH: invalid exclude"]),
  );
  const asked = visit("asking").publish("any.topic", [], {}, {});
  const [[, invocation]] = testRealm.take() as [[string, unknown[]]];
  judge.send([70, invocation[1], {}, [true]]);
  expect(await asked).toMatchObject({ ok: true });
});

it("a visitor takes progressive results if he asks, and his leaving cancels the call", async () => {
  const testRealm = new TestRealm();
  const callee = testRealm.join("callee", CANCELING);
  callee.send([64, 1, {}, "count"]);
  testRealm.take();
  const seen: unknown[] = [];
  const visitor = visitorOf(testRealm);
  const outcome: Promise<CallOutcome> = visitor.call("count", [], {}, {}, (args) => seen.push(args));
  expect(testRealm.take()).toEqual([["callee", [68, 1, expect.any(Number), { receive_progress: true }]]]);
  callee.send([70, 1, { progress: true }, [1]]);
  callee.send([70, 1, { progress: true }, [2]]);
  visitor.leave();
  expect(await outcome).toEqual({ ok: false, uri: "wamp.error.canceled", args: [], kwargs: {} });
  expect(seen).toEqual([[1], [2]]);
  expect(testRealm.take()).toEqual([["callee", [69, 1, { mode: "killnowait" }]]]);
});

it.each(["internal", "ticket"])(
  "the router itself ends a call of a visitor who came by %s, whatever its callee promised to see to",
  async (authmethod) => {
    const testRealm = new TestRealm();
    const callee = testRealm.join("callee", { callee: { features: { call_timeout: true } } });
    callee.send([64, 1, { forward_timeout: true }, "slow"]);
    testRealm.take();
    const outcome = new Visitor(testRealm.realm, testRealm, { ...IDENTITY, authmethod }).call(
      "slow",
      [],
      {},
      { timeout: 500 },
    );
    expect(testRealm.take()).toEqual([["callee", [68, 1, expect.any(Number), {}]]]);
    testRealm.advance(500);
    expect(await outcome).toMatchObject({ ok: false, uri: "wamp.error.timeout" });
  },
);
