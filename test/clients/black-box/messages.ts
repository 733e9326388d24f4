/** Validation of messages: shape, codes, ids, URIs, options (Protocol Errors; Identifiers; URIs). */

import { describe, expect, test } from "vitest";
import { ID } from "../raw-client.ts";
import type { RouterUnderTest } from "../router-under-test.ts";
import type { WireMessage } from "../wire.ts";

/** Messages that end an open session, by their checklist ids. */
const VIOLATIONS: readonly [rows: string, message: WireMessage][] = [
  ["[MSG-01]", []],
  ["[MSG-01]", ["1"]],
  ["[MSG-01]", [null]],
  ["[MSG-01]", [[1]]],
  ["[MSG-01]", [1.5, 1]],
  ["[MSG-02]", [99]],
  ["[MSG-02]", [0]],
  ["[MSG-02]", [-1]],
  ["[MSG-02]", [7, 1, 1]],
  ["[MSG-02]", [337, 1]],
  ["[MSG-02]", [1023, {}]],
  ["[MSG-03]", [32]],
  ["[MSG-03]", [32, 1, {}]],
  ["[MSG-03]", [32, 1, {}, "com.app.topic", []]],
  ["[MSG-03]", [16, 1, {}]],
  ["[MSG-03]", [16, 1, {}, "com.app.topic", [], {}, 1]],
  ["[MSG-03]", [48, 1]],
  ["[MSG-03]", [48, 1, {}, "com.app.procedure", [], {}, []]],
  ["[MSG-03]", [64, 1, {}]],
  ["[MSG-03]", [34, 1]],
  ["[MSG-03]", [66, 1]],
  ["[MSG-03]", [6, {}]],
  ["[MSG-03]", [70, 1]],
  ["[MSG-04][MSG-14]", [16, 1, [], "com.app.topic"]],
  ["[MSG-04]", [16, 1, {}, 7]],
  ["[MSG-04]", [16, 1, {}, null]],
  ["[MSG-04]", [16, 1, {}, "com.app.topic", {}]],
  ["[MSG-04]", [16, 1, {}, "com.app.topic", "text"]],
  ["[MSG-04]", [16, 1, {}, "com.app.topic", [], []]],
  ["[MSG-04]", [16, 1, true, "com.app.topic"]],
  ["[MSG-04]", [32, 1, "exact", "com.app.topic"]],
  ["[MSG-04]", [32, 1, {}, ["com.app.topic"]]],
  ["[MSG-04]", [48, 1, {}, { uri: "com.app.procedure" }]],
  ["[MSG-04]", [48, 1, {}, "com.app.procedure", [], 1]],
  ["[MSG-04]", [64, 1, 0, "com.app.procedure"]],
  ["[MSG-04]", [34, 1, "1"]],
  ["[MSG-04]", [66, 1, null]],
  ["[MSG-04]", [6, [], "wamp.close.close_realm"]],
  ["[MSG-05]", [2, 1, {}]],
  ["[MSG-05]", [4, "ticket", {}]],
  ["[MSG-05]", [17, 1, 1]],
  ["[MSG-05]", [33, 1, 1]],
  ["[MSG-05]", [35, 1]],
  ["[MSG-05]", [36, 1, 1, {}]],
  ["[MSG-05]", [50, 1, {}]],
  ["[MSG-05]", [65, 1, 1]],
  ["[MSG-05]", [67, 1]],
  ["[MSG-05]", [68, 1, 1, {}]],
  ["[MSG-05]", [69, 1, {}]],
  ["[MSG-06]", [8, 48, 1, {}, "com.app.error"]],
  ["[MSG-06]", [8, 32, 1, {}, "com.app.error"]],
  ["[MSG-08][MSG-10]", [16, 1, { acknowledge: 1 }, "com.app.topic"]],
  ["[MSG-08]", [16, 1, { exclude_me: "hello" }, "com.app.topic"]],
  ["[MSG-08]", [16, 1, { exclude: ["hello"] }, "com.app.topic"]],
  ["[MSG-08]", [16, 1, { exclude: 7 }, "com.app.topic"]],
  ["[MSG-08]", [16, 1, { retain: "hello" }, "com.app.topic"]],
  ["[MSG-08]", [32, 1, { get_retained: "hello" }, "com.app.topic"]],
  ["[MSG-08]", [32, 1, { match: 1 }, "com.app.topic"]],
  ["[MSG-09]", [32, 1, { match: "invalid" }, "com.app.topic"]],
  ["[MSG-09]", [64, 1, { match: "invalid" }, "com.app.procedure"]],
  ["[ID-01][ID-07]", [32, 0, {}, "com.app.topic"]],
  ["[ID-07]", [32, -1, {}, "com.app.topic"]],
  ["[ID-07]", [32, 1.5, {}, "com.app.topic"]],
  ["[ID-07]", [32, "1", {}, "com.app.topic"]],
  ["[ID-07]", [32, true, {}, "com.app.topic"]],
  ["[ID-07]", [48, 2n ** 53n + 2n, {}, "com.app.procedure"]],
  ["[ID-07]", [48, 2n ** 64n - 1n, {}, "com.app.procedure"]],
  ["[URI-08]", [6, {}, "not a uri"]],
];

/** Tests of messages that violate the protocol. */
export function brokenMessages(underTest: RouterUnderTest): void {
  describe("invalid messages", () => {
    test.each(VIOLATIONS.map(([rows, message]) => [rows, label(message), message] as const))(
      "%s [WS-12] %s ends the session",
      async (_rows, _label, message) => {
        using realm = underTest.newRealm();
        const client = await realm.join();
        await client.send(message);
        await client.expectAbort("wamp.error.protocol_violation", 1002);
      },
    );

    test("[MSG-01] a dict ends the session", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join();
      await client.send({} as WireMessage);
      await client.expectAbort("wamp.error.protocol_violation", 1002);
    });
  });
}

/** Tests of options and ids. */
export function messages(underTest: RouterUnderTest): void {
  describe("the other sessions", () => {
    test("[MSG-15] a protocol error does not affect other sessions", async () => {
      using realm = underTest.newRealm();
      const [caller, callee] = await realm.pair();
      await callee.send([64, 1, {}, "com.app.procedure"]);
      await callee.expect([65, 1, ID]);
      await caller.send([48, 1, {}, "com.app.procedure", ["before"]]);
      await callee.expect([68, 1, ID, {}, ["before"]]);
      const culprit = await realm.join();
      await culprit.send([99]);
      await culprit.expectAbort();
      await callee.send([70, 1, {}, ["after"]]);
      await caller.expect([50, 1, {}, ["after"]]);
    });
  });

  describe("options", () => {
    test("[MSG-07] unknown options are ignored and not forwarded", async () => {
      using realm = underTest.newRealm();
      const [publisher, subscriber] = await realm.pair();
      await subscriber.send([32, 1, { foo_bar: 1, _custom: [] }, "com.app.topic"]);
      const [, , subscription] = await subscriber.expect([33, 1, ID]);
      await publisher.send([16, 1, { acknowledge: true, foo_bar: "x" }, "com.app.topic"]);
      const [, , publication] = await publisher.expect([17, 1, ID]);
      await subscriber.expect([36, subscription, publication, {}]);
    });

    test("[MSG-12] null for an option equals no option", async () => {
      using realm = underTest.newRealm();
      const [publisher, subscriber] = await realm.pair();
      await subscriber.send([32, 1, { match: null, get_retained: null }, "com.app.topic"]);
      const [, , subscription] = await subscriber.expect([33, 1, ID]);
      await publisher.send([16, 1, { acknowledge: null, exclude: null, eligible: null }, "com.app.topic"]);
      await publisher.expectNothing();
      await subscriber.expect([36, subscription, ID, {}]);
    });
  });

  describe("ids", () => {
    test("[ID-01][ID-05][SER-10] request ids up to 2^53 are accepted in any order", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join();
      for (const request of [1, 7, 3, 2 ** 31, 2 ** 32 + 1, 2 ** 53 - 1, 2n ** 53n, 1]) {
        await client.send([32, request, {}, "com.app.topic"]);
        await client.expect([33, Number(request), ID]);
      }
    });

    test("[ID-03] a subscription keeps its id while it exists", async () => {
      using realm = underTest.newRealm();
      const [one, other] = await realm.pair();
      await one.send([32, 1, {}, "com.app.topic"]);
      const [, , subscription] = await one.expect([33, 1, ID]);
      await other.send([32, 1, {}, "com.app.topic"]);
      await other.expect([33, 1, subscription]);
      await one.send([34, 2, subscription]);
      await one.expect([35, 2]);
      await one.send([32, 3, {}, "com.app.topic"]);
      await one.expect([33, 3, subscription]);
    });

    test("[ID-04] each callee counts its invocations from 1", async () => {
      using realm = underTest.newRealm();
      const [caller, callee] = await realm.pair();
      const other = await realm.join();
      await callee.send([64, 1, {}, "com.app.one"]);
      const [, , one] = await callee.expect([65, 1, ID]);
      await other.send([64, 1, {}, "com.app.other"]);
      const [, , another] = await other.expect([65, 1, ID]);
      await caller.send([48, 1, {}, "com.app.one"]);
      await callee.expect([68, 1, one, {}]);
      await caller.send([48, 2, {}, "com.app.other"]);
      await other.expect([68, 1, another, {}]);
      await caller.send([48, 3, {}, "com.app.one"]);
      await callee.expect([68, 2, one, {}]);
      await callee.send([70, 1, {}]);
      await caller.expect([50, 1, {}]);
      await caller.send([48, 4, {}, "com.app.one"]);
      await callee.expect([68, 3, one, {}]);
    });

    test("[ID-08] request ids of two sessions are independent", async () => {
      using realm = underTest.newRealm();
      const [callee, one] = await realm.pair();
      const other = await realm.join();
      await callee.send([64, 1, {}, "com.app.echo"]);
      const [, , registration] = await callee.expect([65, 1, ID]);
      await one.send([48, 5, {}, "com.app.echo", ["one"]]);
      await callee.expect([68, 1, registration, {}, ["one"]]);
      await other.send([48, 5, {}, "com.app.echo", ["other"]]);
      await callee.expect([68, 2, registration, {}, ["other"]]);
      await callee.send([70, 2, {}, ["to the other"]]);
      await other.expect([50, 5, {}, ["to the other"]]);
      await callee.send([70, 1, {}, ["to the one"]]);
      await one.expect([50, 5, {}, ["to the one"]]);
    });

    test("[ID-09] one string, three subscriptions: exact, prefix and wildcard", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join();
      const ids: unknown[] = [];
      for (const [request, match] of [
        [1, "exact"],
        [2, "prefix"],
        [3, "wildcard"],
      ] as const) {
        await client.send([32, request, { match }, "com.app.topic"]);
        const [, , subscription] = await client.expect([33, request, ID]);
        ids.push(subscription);
      }
      expect(new Set(ids).size).toBe(3);
    });

    test("[ID-06] a realm that counts request ids aborts on a gap", async () => {
      using realm = underTest.newRealm("counted");
      const client = await realm.join();
      await client.send([32, 1, {}, "com.app.topic"]);
      await client.expect([33, 1, ID]);
      await client.send([32, 3, {}, "com.app.topic"]);
      await client.expectAbort("wamp.error.protocol_violation", 1002);
    });
  });
}

/** Formats a message for the title of a test. */
function label(message: WireMessage): string {
  return JSON.stringify(message, (_key, value) => (typeof value === "bigint" ? `${value}` : value));
}
