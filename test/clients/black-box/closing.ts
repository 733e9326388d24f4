/** The router ends sessions, also of slow clients (Session Close; Session Metaevents and Procedures). */

import { describe, expect, test } from "vitest";
import { ID, type RawClient, TEXT } from "../raw-client.ts";
import type { RouterUnderTest } from "../router-under-test.ts";

/** Tests of GOODBYE from the router, and of slow clients. */
export function closing(underTest: RouterUnderTest): void {
  describe("the router closes", () => {
    test("[SES-17][SES-23] GOODBYE carries the reason, and the client's answer ends the connection", async () => {
      using realm = underTest.newRealm();
      const killer = await realm.join();
      const { victim, sessionId } = await victimOf(realm);
      await kill(killer, sessionId);
      await victim.expect([6, { message: "bye" }, "wamp.close.system_shutdown"]);
      await victim.send([6, {}, "wamp.close.goodbye_and_out"]);
      expect((await victim.closed).code).toBe(1000);
      expect(victim.unread).toStrictEqual([]);
    });

    test("[SES-18] after its GOODBYE the router ignores all messages but the client's GOODBYE", async () => {
      using realm = underTest.newRealm();
      const killer = await realm.join();
      const { victim, sessionId } = await victimOf(realm);
      await kill(killer, sessionId);
      await victim.expect([6, { message: "bye" }, "wamp.close.system_shutdown"]);
      await victim.send([48, 1, {}, "com.app.procedure"]);
      await victim.send([16, 2, { acknowledge: true }, "com.app.topic"], [99], [32, 3, {}, "com.app.topic"]);
      await victim.send([6, {}, "wamp.close.goodbye_and_out"]);
      expect((await victim.closed).code).toBe(1000);
      expect(victim.unread).toStrictEqual([]);
    });

    test("[SES-20] GOODBYEs that cross answer each other", async () => {
      using realm = underTest.newRealm();
      const killer = await realm.join();
      const { victim, sessionId } = await victimOf(realm);
      await Promise.all([
        killer.send([48, 1, {}, "wamp.session.kill", [sessionId]]),
        victim.send([6, {}, "wamp.close.close_realm"]),
      ]);
      const [, , reason] = await victim.expect([6, expect.any(Object), TEXT]);
      expect(["wamp.close.goodbye_and_out", "wamp.close.killed"]).toContain(reason);
      // Either the socket closes or it accepts a new HELLO; a second GOODBYE would come before both.
      await victim.send([1, realm.name, { roles: { caller: {} } }]).catch(() => {});
      const next = await victim.next().catch(() => undefined);
      if (next !== undefined) expect(next).toStrictEqual([2, ID, expect.any(Object)]);
    });

    test("[SES-19] a client that does not answer GOODBYE is disconnected", async () => {
      using realm = underTest.newRealm("curt");
      const killer = await realm.join();
      const { victim, sessionId } = await victimOf(realm);
      await kill(killer, sessionId);
      await victim.expect([6, { message: "bye" }, "wamp.close.system_shutdown"]);
      expect([1000, 1001]).toContain((await victim.closed).code);
    });

    test("[LEAVE-05][LEAVE-07] callers of a killed callee get an error", async () => {
      using realm = underTest.newRealm();
      const [killer, caller] = await realm.pair();
      const { victim, sessionId } = await victimOf(realm);
      await victim.send([64, 1, {}, "com.app.procedure"]);
      await victim.expect([65, 1, ID]);
      await caller.send([48, 1, {}, "com.app.procedure"]);
      await victim.expect([68, 1, ID, {}]);
      await kill(killer, sessionId);
      await caller.expectError(48, 1, "wamp.error.canceled");
    });
  });

  describe("slow clients", () => {
    test("[SES-25] a client that sends no HELLO is disconnected", async () => {
      using realm = underTest.newRealm("impatient");
      const client = await realm.connect();
      expect([1002, 1008]).toContain((await client.closed).code);
    });

    test("[CALL-13][PUB-14][LEAVE-05] a callee that does not read is disconnected, and its callers get errors at once", async () => {
      using realm = underTest.newRealm("stalling");
      const [caller, callee] = await realm.pair();
      await callee.send([64, 1, {}, "com.app.procedure"]);
      await callee.expect([65, 1, ID]);
      // Of 10,000 unread bytes the router presumes 2,500 read at most, however long after the first call the second arrives.
      const text = "x".repeat(7000);
      await caller.send([48, 1, {}, "com.app.procedure", [text]], [48, 2, {}, "com.app.procedure", [text]]);
      const errors = [await caller.next(), await caller.next()].map((message) => message.slice(0, 5));
      expect(new Set(errors.map((error) => JSON.stringify(error)))).toStrictEqual(
        new Set([
          JSON.stringify([8, 48, 1, {}, "wamp.error.canceled"]),
          JSON.stringify([8, 48, 2, {}, "wamp.error.network_failure"]),
        ]),
      );
      await callee.closed;
      await caller.expectNothing();
    });
  });
}

/** Joins the session to be killed. */
async function victimOf(
  realm: ReturnType<RouterUnderTest["newRealm"]>,
): Promise<{ victim: RawClient; sessionId: number }> {
  const victim = await realm.connect();
  return { victim, sessionId: await victim.join(realm.name) };
}

async function kill(killer: RawClient, sessionId: number): Promise<void> {
  const reason = { reason: "wamp.close.system_shutdown", message: "bye" };
  await killer.send([48, 1, {}, "wamp.session.kill", [sessionId], reason]);
  await killer.expect([50, 1, {}]);
}
