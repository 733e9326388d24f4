/** Remote procedure calls, basic profile (Remote Procedure Calls). */

import { describe, expect, test } from "vitest";
import { ALL_ROLES, ID, type RawClient } from "../raw-client.ts";
import { type RouterUnderTest, WAYS_TO_LEAVE } from "../router-under-test.ts";

/** HELLO details of a callee that receives INTERRUPT. */
const CANCELING = { roles: { ...ALL_ROLES, callee: { features: { call_canceling: true } } } };

/** Tests of REGISTER, UNREGISTER, CALL, and of sessions that leave during calls. */
export function remoteProcedureCalls(underTest: RouterUnderTest): void {
  describe("REGISTER and UNREGISTER", () => {
    test("[REG-01][REG-05] a procedure is registered and unregistered", async () => {
      using realm = underTest.newRealm();
      const [caller, callee] = await realm.pair();
      const registration = await register(callee, "com.myapp.myprocedure1");
      await callee.send([66, 2, registration]);
      await callee.expect([67, 2]);
      await caller.send([48, 1, {}, "com.myapp.myprocedure1"]);
      await caller.expectError(48, 1, "wamp.error.no_such_procedure");
      await callee.send([64, 3, {}, "com.myapp.myprocedure1"]);
      await callee.expect([65, 3, ID]);
    });

    test("[REG-02] a registered procedure cannot be registered again, by another session or its own", async () => {
      using realm = underTest.newRealm();
      const [owner, other] = await realm.pair();
      await register(owner, "com.myapp.myprocedure1");
      await other.send([64, 1, {}, "com.myapp.myprocedure1"]);
      await other.expectError(64, 1, "wamp.error.procedure_already_exists");
      await owner.send([64, 2, {}, "com.myapp.myprocedure1"]);
      await owner.expectError(64, 2, "wamp.error.procedure_already_exists");
    });

    test("[REG-03][AZ-03][AZ-07] REGISTER without permission is refused before any lookup", async () => {
      using realm = underTest.newRealm("guarded");
      const client = await realm.join();
      await client.send([64, 1, {}, "secret.procedure"]);
      await client.expectError(64, 1, "wamp.error.not_authorized");
      await client.send([64, 2, {}, "open.procedure"]);
      await client.expect([65, 2, ID]);
    });

    test("[REG-06] UNREGISTER with an unknown id is refused", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join();
      await client.send([66, 1, 2103333224]);
      await client.expectError(66, 1, "wamp.error.no_such_registration");
    });

    test("[REG-07][AZ-06] UNREGISTER of a registration of another session is refused", async () => {
      using realm = underTest.newRealm();
      const [callee, stranger] = await realm.pair();
      const registration = await register(callee, "com.myapp.myprocedure1");
      await stranger.send([66, 1, registration]);
      await stranger.expectError(66, 1, "wamp.error.no_such_registration");
      await stranger.send([48, 2, {}, "com.myapp.myprocedure1"]);
      await callee.expect([68, 1, registration, {}]);
    });

    test("[REG-09] UNREGISTER does not affect pending invocations", async () => {
      using realm = underTest.newRealm();
      const [caller, callee] = await realm.pair();
      const registration = await register(callee, "com.myapp.myprocedure1");
      await caller.send([48, 1, {}, "com.myapp.myprocedure1"], [48, 2, {}, "com.myapp.myprocedure1"]);
      await callee.expect([68, 1, registration, {}]);
      await callee.expect([68, 2, registration, {}]);
      await callee.send([66, 2, registration]);
      await callee.expect([67, 2]);
      await callee.send([70, 1, {}, ["done"]]);
      await caller.expect([50, 1, {}, ["done"]]);
      await callee.send([8, 68, 2, {}, "com.myapp.error"]);
      await caller.expect([8, 48, 2, {}, "com.myapp.error"]);
    });
  });

  describe("CALL", () => {
    test("[CALL-01] a call and its result", async () => {
      using realm = underTest.newRealm();
      const [caller, callee] = await realm.pair();
      const registration = await register(callee, "com.myapp.add2");
      await caller.send([48, 1, {}, "com.myapp.add2", [23, 7]]);
      await callee.expect([68, 1, registration, {}, [23, 7]]);
      await callee.send([70, 1, {}, [30]]);
      await caller.expect([50, 1, {}, [30]]);
    });

    test("[CALL-02][SER-23] arguments pass unchanged in both directions, and absent ones stay absent", async () => {
      using realm = underTest.newRealm();
      const [caller, callee] = await realm.pair();
      const registration = await register(callee, "com.myapp.echo");
      const payloads = [[], [["Args"]], [[], { kw: "args" }], [[1, [2], null], { three: { four: 4 } }]];
      for (const [index, payload] of payloads.entries()) {
        const number = index + 1;
        await caller.send([48, number, {}, "com.myapp.echo", ...payload]);
        await callee.expect([68, number, registration, {}, ...payload]);
        await callee.send([70, number, {}, ...payload]);
        await caller.expect([50, number, {}, ...payload]);
      }
    });

    test("[CALL-03] a call of a missing procedure is refused", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join();
      await client.send([48, 1, {}, "com.myapp.missing"]);
      await client.expectError(48, 1, "wamp.error.no_such_procedure");
    });

    test("[CALL-04][AZ-07] CALL without permission is refused, whether the procedure exists or not", async () => {
      using realm = underTest.newRealm("guarded");
      const client = await realm.join();
      await client.send([48, 1, {}, "secret.missing"]);
      await client.expectError(48, 1, "wamp.error.not_authorized");
      await client.send([48, 2, {}, "open.missing"]);
      await client.expectError(48, 2, "wamp.error.no_such_procedure");
    });

    test("[CALL-05][CALL-06] the callee's error reaches the caller with its payload and without its details", async () => {
      using realm = underTest.newRealm();
      const [caller, callee] = await realm.pair();
      await register(callee, "com.myapp.delete");
      await caller.send([48, 7, {}, "com.myapp.delete"]);
      await callee.expect([68, 1, ID, {}]);
      const error = ["com.myapp.error.object_write_protected", ["Object is write protected."], { severity: 3 }];
      await callee.send([8, 68, 1, { internal: "detail" }, ...error]);
      await caller.expect([8, 48, 7, {}, ...error]);
    });

    test("[CALL-07] results of concurrent calls arrive in the order of the YIELDs", async () => {
      using realm = underTest.newRealm();
      const [caller, callee] = await realm.pair();
      await register(callee, "com.myapp.echo");
      await caller.send(...[1, 2, 3].map((request) => [48, request, {}, "com.myapp.echo", [request]]));
      for (const invocation of [1, 2, 3]) await callee.expect([68, invocation, ID, {}, [invocation]]);
      for (const invocation of [3, 1, 2]) {
        await callee.send([70, invocation, {}, [invocation]]);
        await caller.expect([50, invocation, {}, [invocation]]);
      }
    });

    test("[CALL-08] a session calls its own procedure", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join();
      const registration = await register(client, "com.myapp.own");
      await client.send([48, 2, {}, "com.myapp.own", ["self"]]);
      await client.expect([68, 1, registration, {}, ["self"]]);
      await client.send([70, 1, {}, ["done"]]);
      await client.expect([50, 2, {}, ["done"]]);
    });

    test("[CALL-09] YIELD or ERROR for an invocation that was never issued is a protocol error", async () => {
      using realm = underTest.newRealm();
      for (const answer of [
        [70, 999, {}],
        [8, 68, 999, {}, "com.myapp.error"],
      ]) {
        const [caller, callee] = await realm.pair();
        await register(callee, "com.myapp.procedure");
        await caller.send([48, 1, {}, "com.myapp.procedure"]);
        await callee.expect([68, 1, ID, {}]);
        await callee.send(answer);
        await callee.expectAbort("wamp.error.protocol_violation", 1002);
        await caller.expectError(48, 1, "wamp.error.canceled");
      }
    });

    test("[CALL-09][ID-08] an invocation of another callee cannot be answered", async () => {
      using realm = underTest.newRealm();
      const [caller, callee] = await realm.pair();
      const stranger = await realm.join();
      await register(callee, "com.myapp.procedure");
      await caller.send([48, 1, {}, "com.myapp.procedure"]);
      await callee.expect([68, 1, ID, {}]);
      await stranger.send([70, 1, {}, ["forged"]]);
      await stranger.expectAbort("wamp.error.protocol_violation", 1002);
      await callee.send([70, 1, {}, ["true"]]);
      await caller.expect([50, 1, {}, ["true"]]);
    });

    test("[CALL-10] a second answer to the same invocation is discarded", async () => {
      using realm = underTest.newRealm();
      const [caller, callee] = await realm.pair();
      await register(callee, "com.myapp.procedure");
      await caller.send([48, 1, {}, "com.myapp.procedure"]);
      await callee.expect([68, 1, ID, {}]);
      await callee.send([70, 1, {}, ["first"]]);
      await caller.expect([50, 1, {}, ["first"]]);
      await callee.send([70, 1, {}, ["second"]]);
      await callee.send([8, 68, 1, {}, "com.myapp.error"]);
      await callee.expectNothing();
      await caller.expectNothing();
    });

    test("[CALL-11] a request id cannot be used again while its call is open", async () => {
      using realm = underTest.newRealm();
      const [caller, callee] = await realm.pair();
      await register(callee, "com.myapp.procedure");
      await caller.send([48, 1, {}, "com.myapp.procedure"]);
      await callee.expect([68, 1, ID, {}]);
      await caller.send([48, 1, {}, "com.myapp.procedure"]);
      await caller.expectAbort("wamp.error.protocol_violation", 1002);
    });

    test("[CALL-14] options of CALL are not part of INVOCATION, nor those of YIELD of RESULT", async () => {
      using realm = underTest.newRealm();
      const [caller, callee] = await realm.pair();
      const registration = await register(callee, "com.myapp.procedure");
      await caller.send([48, 1, { foo: "bar", _custom: 1 }, "com.myapp.procedure"]);
      await callee.expect([68, 1, registration, {}]);
      await callee.send([70, 1, { foo: "bar" }]);
      await caller.expect([50, 1, {}]);
    });

    test("[ORD-03] invocations reach a callee in the order of the calls, across procedures", async () => {
      using realm = underTest.newRealm();
      const [caller, callee] = await realm.pair();
      const registrations = [await register(callee, "com.myapp.even"), await register(callee, "com.myapp.odd")];
      const procedures = ["com.myapp.even", "com.myapp.odd"];
      const numbers = Array.from({ length: 60 }, (_, i) => i);
      await caller.send(...numbers.map((i) => [48, i + 1, {}, procedures[i % 2], [i]]));
      for (const i of numbers) await callee.expect([68, i + 1, registrations[i % 2], {}, [i]]);
    });

    test("[ORD-04] REGISTERED comes before the first INVOCATION", async () => {
      using realm = underTest.newRealm();
      const [caller, callee] = await realm.pair();
      const requests = Array.from({ length: 40 }, (_, i) => i + 1);
      await Promise.all([
        caller.send(...requests.map((request) => [48, request, {}, "com.myapp.procedure"])),
        callee.send([64, 1, {}, "com.myapp.procedure"]),
      ]);
      const [, , registration] = await callee.expect([65, 1, ID]);
      await caller.send([48, 100, {}, "com.myapp.procedure", ["last"]]);
      let message = await callee.next();
      while (message.length === 4) message = await callee.next();
      expect(message).toStrictEqual([68, ID, registration, {}, ["last"]]);
    });
  });

  describe("leaving with pending calls", () => {
    test.each(WAYS_TO_LEAVE)(
      "[LEAVE-01][LEAVE-03][LEAVE-07] the caller leaves by %s: a callee with call_canceling gets INTERRUPT",
      async (_name, how) => {
        using realm = underTest.newRealm();
        const caller = await realm.join();
        const callee = await realm.join(CANCELING);
        await register(callee, "com.myapp.procedure");
        await caller.send([48, 1, {}, "com.myapp.procedure"]);
        await callee.expect([68, 1, ID, {}]);
        await how(caller);
        const [, , options] = await callee.expect([69, 1, expect.any(Object)]);
        expect(options).toMatchObject({ mode: "killnowait" });
        await callee.send([8, 68, 1, {}, "wamp.error.canceled"]);
        await callee.expectNothing();
      },
    );

    test.each(WAYS_TO_LEAVE)(
      "[LEAVE-02][LEAVE-03] the caller leaves by %s: another callee gets no message, and its answer is discarded",
      async (_name, how) => {
        using realm = underTest.newRealm();
        const [caller, callee] = await realm.pair();
        const observer = await realm.join();
        await register(callee, "com.myapp.procedure");
        await caller.send([48, 1, {}, "com.myapp.procedure"]);
        await callee.expect([68, 1, ID, {}]);
        await realm.vanish(caller, observer, how);
        await callee.expectNothing();
        await callee.send([70, 1, {}, ["too late"]]);
        await callee.expectNothing();
      },
    );

    test("[LEAVE-04] a progressive YIELD for an ended call is answered with INTERRUPT, once, unless one was sent before", async () => {
      using realm = underTest.newRealm();
      const caller = await realm.join();
      const callee = await realm.join(CANCELING);
      await register(callee, "com.myapp.procedure");
      await caller.send([48, 1, { receive_progress: true }, "com.myapp.procedure"]);
      await callee.expect([68, 1, ID, expect.any(Object)]);
      await caller.send([49, 1, { mode: "skip" }]);
      await caller.expectError(48, 1, "wamp.error.canceled");
      await callee.send([70, 1, { progress: true }, [1]]);
      await callee.expect([69, 1, expect.objectContaining({ mode: "killnowait" })]);
      await callee.send([70, 1, { progress: true }, [2]]);
      await callee.expectNothing();
      await caller.send([48, 2, { receive_progress: true }, "com.myapp.procedure"]);
      await callee.expect([68, 2, ID, expect.any(Object)]);
      await caller.leave();
      await callee.expect([69, 2, expect.objectContaining({ mode: "killnowait" })]);
      await callee.send([70, 2, { progress: true }, [1]]);
      await callee.expectNothing();
    });

    test.each(WAYS_TO_LEAVE)(
      "[LEAVE-05][LEAVE-07] the callee leaves by %s: every caller gets an error",
      async (_name, how) => {
        using realm = underTest.newRealm();
        const [one, other] = await realm.pair();
        const callee = await realm.join();
        await register(callee, "com.myapp.procedure");
        await one.send([48, 1, {}, "com.myapp.procedure"]);
        await callee.expect([68, 1, ID, {}]);
        await other.send([48, 1, {}, "com.myapp.procedure"]);
        await callee.expect([68, 2, ID, {}]);
        await how(callee);
        await one.expectError(48, 1, "wamp.error.canceled");
        await other.expectError(48, 1, "wamp.error.canceled");
      },
    );

    test("[LEAVE-06] a session that is caller and callee of the same call leaves without messages", async () => {
      using realm = underTest.newRealm();
      const [client, observer] = await realm.pair();
      await register(client, "com.myapp.own");
      await client.send([48, 2, {}, "com.myapp.own"]);
      await client.expect([68, 1, ID, {}]);
      await client.leave();
      await client.join(realm.name);
      await client.expectNothing();
      await register(observer, "com.myapp.own");
    });
  });
}

/** Registers with request id 1; returns the registration id. */
async function register(client: RawClient, procedure: string): Promise<unknown> {
  await client.send([64, 1, {}, procedure]);
  const [, , registration] = await client.expect([65, 1, ID]);
  return registration;
}
