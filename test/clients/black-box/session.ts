/** Opening and closing of sessions (Sessions). */

import { describe, expect, test } from "vitest";
import { ALL_ROLES, ID, TEXT } from "../raw-client.ts";
import { type RouterUnderTest, WAYS_TO_LEAVE } from "../router-under-test.ts";
import type { WireMessage } from "../wire.ts";

const BEFORE_HELLO: readonly WireMessage[] = [
  [5, "signature", {}],
  [6, {}, "wamp.close.close_realm"],
  [8, 68, 1, {}, "com.app.error"],
  [16, 1, {}, "com.app.topic"],
  [32, 1, {}, "com.app.topic"],
  [34, 1, 1],
  [48, 1, {}, "com.app.procedure"],
  [64, 1, {}, "com.app.procedure"],
  [66, 1, 1],
  [70, 1, {}],
];

/** Tests of HELLO, WELCOME, GOODBYE and ABORT. */
export function sessions(underTest: RouterUnderTest): void {
  describe("opening a session", () => {
    test.each(BEFORE_HELLO)(
      "[SES-01][SES-14][SES-22][SES-24] message %i before HELLO is a protocol error",
      async (...message) => {
        using realm = underTest.newRealm();
        const client = await realm.connect();
        await client.send(message);
        await client.expectAbort("wamp.error.protocol_violation", 1002);
      },
    );

    test("[SES-02][SES-03][SES-09] HELLO is answered with WELCOME as the first message", async () => {
      using realm = underTest.newRealm();
      const client = await realm.connect();
      await client.send([1, realm.name, { roles: { subscriber: {} } }]);
      const welcome = await client.next();
      expect(welcome).toStrictEqual([2, ID, expect.any(Object)]);
      await client.expectNothing();
    });

    test("[WEL-01][WEL-02][MSG-11] WELCOME names both roles, true features only, and keys as the protocol spells them", async () => {
      using realm = underTest.newRealm();
      const client = await realm.connect();
      await client.send([1, realm.name, { roles: ALL_ROLES }]);
      const [, , details] = (await client.next()) as [number, number, { roles: Record<string, { features: object }> }];
      expect(Object.keys(details.roles).sort()).toStrictEqual(["broker", "dealer"]);
      for (const { features } of Object.values(details.roles)) {
        for (const announced of Object.values(features)) expect(announced).toBe(true);
      }
      for (const key of Object.keys(details)) expect(key).toMatch(/^([a-z][a-z0-9_]{2,}|_[a-z0-9_]{3,})$/);
    });

    test("[WEL-03][WEL-05][WEL-06][WEL-07][WEL-04] WELCOME carries the identity of the session", async () => {
      using realm = underTest.newRealm();
      const client = await realm.connect();
      await client.send([1, realm.name, { roles: ALL_ROLES }]);
      const [, , details] = await client.next();
      expect(details).toMatchObject({
        realm: realm.name,
        authid: TEXT,
        authrole: "anonymous",
        authmethod: "anonymous",
        authprovider: "static",
      });
    });

    test("[SES-04][ID-02] session ids are random", async () => {
      using realm = underTest.newRealm();
      const ids = new Set<number>();
      for (let i = 0; i < 4; i++) ids.add(await (await realm.connect()).join(realm.name));
      expect(ids.size).toBe(4);
      // Four ids below 2^40 at random: one chance in 2^52. A counter would fail here.
      expect(Math.max(...ids)).toBeGreaterThan(2 ** 40);
    });

    test.each([{}, { roles: {} }, { roles: [] }, { roles: "caller" }, { roles: { foo: {} } }])(
      "[SES-05] HELLO with details %j, without a client role, is a protocol error",
      async (details) => {
        using realm = underTest.newRealm();
        const client = await realm.connect();
        await client.send([1, realm.name, details]);
        await client.expectAbort("wamp.error.protocol_violation", 1002);
      },
    );

    test.each([
      { roles: { subscriber: {}, foo: {} } },
      { roles: { subscriber: { features: { foo: true, pattern_based_subscription: false } } } },
      { roles: { caller: { features: {} }, callee: { features: { call_canceling: true } } }, bar: 1, _custom: [] },
      { roles: { publisher: {} }, agent: "test-1.0" },
      { roles: { publisher: {} }, authid: null, authmethods: null, agent: null },
      { roles: { publisher: {} }, authmethods: ["anonymous"] },
    ])("[SES-06][SES-26][MSG-12][FEAT-02] HELLO with details %j is accepted", async (details) => {
      using realm = underTest.newRealm();
      await (await realm.connect()).join(realm.name, details);
    });

    test("[SES-07] a session may use roles that it did not announce", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join({ roles: { subscriber: {} } });
      await client.send([16, 1, { acknowledge: true }, "com.app.topic"]);
      await client.expect([17, 1, ID]);
    });

    test("[SES-10][SES-22][SES-23] an empty realm name is refused", async () => {
      using realm = underTest.newRealm();
      const client = await realm.connect();
      await client.send([1, "", { roles: ALL_ROLES }]);
      await client.expectAbort("wamp.error.no_such_realm");
    });

    test("[SES-08] HELLO with another realm than the URL is refused", async () => {
      using realm = underTest.newRealm();
      const client = await realm.connect();
      await client.send([1, "test-elsewhere", { roles: ALL_ROLES }]);
      await client.expectAbort("wamp.error.no_such_realm");
    });

    test("[SES-11][SES-24] a second HELLO ends the session", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join();
      await client.send([1, realm.name, { roles: ALL_ROLES }]);
      await client.expectAbort("wamp.error.protocol_violation", 1002);
    });

    test("[SES-13] AUTHENTICATE without CHALLENGE ends the session", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join();
      await client.send([5, "signature", {}]);
      await client.expectAbort("wamp.error.protocol_violation", 1002);
    });
  });

  describe("closing a session", () => {
    test("[SES-15][WS-15] GOODBYE is answered, and the socket accepts a new HELLO", async () => {
      using realm = underTest.newRealm();
      const client = await realm.connect();
      const first = await client.join(realm.name);
      await client.leave();
      const second = await client.join(realm.name);
      expect(second).not.toBe(first);
      await client.expectNothing();
    });

    test("[SES-16] no message follows the answer to GOODBYE", async () => {
      using realm = underTest.newRealm();
      const [leaver, publisher] = await realm.pair();
      await leaver.send([32, 1, {}, "com.app.topic"]);
      await leaver.expect([33, 1, ID]);
      await leaver.leave();
      await publisher.send([16, 1, { acknowledge: true }, "com.app.topic", ["too late"]]);
      await publisher.expect([17, 1, ID]);
      // WELCOME is the next message on that socket, so no EVENT came before it.
      await leaver.join(realm.name);
    });

    test("[SES-14] a second GOODBYE is a protocol error", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join();
      await client.leave();
      await client.send([6, {}, "wamp.close.close_realm"]);
      await client.expectAbort("wamp.error.protocol_violation", 1002);
    });

    test("[SES-21] ABORT from the client ends the session and is not answered", async () => {
      using realm = underTest.newRealm();
      const [client, observer] = await realm.pair();
      await realm.vanish(client, observer, () => client.send([3, {}, "com.app.giving_up"]));
      expect(client.unread).toStrictEqual([]);
    });

    test.each(WAYS_TO_LEAVE)(
      "[WS-14][SUB-09][REG-08] %s releases subscriptions and registrations",
      async (_name, how) => {
        using realm = underTest.newRealm();
        const [client, observer] = await realm.pair();
        await client.send([64, 1, {}, "com.app.procedure"]);
        await client.expect([65, 1, ID]);
        await client.send([32, 2, {}, "com.app.topic"]);
        const [, , left] = await client.expect([33, 2, ID]);
        await realm.vanish(client, observer, how);
        await observer.send([48, 1, {}, "com.app.procedure"]);
        await observer.expectError(48, 1, "wamp.error.no_such_procedure");
        await observer.send([64, 2, {}, "com.app.procedure"]);
        await observer.expect([65, 2, ID]);
        await observer.send([32, 3, {}, "com.app.topic"]);
        const [, , fresh] = await observer.expect([33, 3, ID]);
        underTest.expectFresh(fresh, left);
      },
    );

    test("[WS-13][SES-24] messages after a protocol error are not processed", async () => {
      using realm = underTest.newRealm();
      const [culprit, observer] = await realm.pair();
      await observer.send([32, 1, {}, "com.app.topic"]);
      await observer.expect([33, 1, ID]);
      await culprit.send([99], [16, 1, {}, "com.app.topic", ["after the error"]]);
      await culprit.expectAbort("wamp.error.protocol_violation", 1002);
      await observer.expectNothing();
    });

    test("[SES-28] sessions of one principal are independent", async () => {
      using realm = underTest.newRealm();
      const [one, other] = await realm.pair();
      await one.send([99]);
      await one.expectAbort();
      await other.expectNothing();
    });

    test("[SES-27] realms are isolated", async () => {
      using realm = underTest.newRealm();
      using otherRealm = underTest.newRealm();
      const [here, there] = [await realm.join(), await otherRealm.join()];
      await here.send([32, 1, {}, "com.app.topic"]);
      await here.expect([33, 1, ID]);
      await here.send([64, 2, {}, "com.app.procedure"]);
      await here.expect([65, 2, ID]);
      await there.send([16, 1, { acknowledge: true }, "com.app.topic"]);
      await there.expect([17, 1, ID]);
      await there.send([48, 2, {}, "com.app.procedure"]);
      await there.expectError(48, 2, "wamp.error.no_such_procedure");
      await here.expectNothing();
    });
  });
}
