/** Calls whose caller or callee leaves (Caller Leaving, Callee Leaving During an RPC Invocation). */

import { describe, expect, test } from "vitest";
import type { Client } from "../host/test-realm.ts";
import { TestRealm } from "../host/test-realm.ts";

type Way = (client: Client, realm: TestRealm) => void;

/** The ways to leave; calls end the same way with each of them. */
const WAYS_OUT: readonly [string, Way][] = [
  ["GOODBYE", (client) => client.send([6, {}, "wamp.close.close_realm"])],
  ["ABORT", (client) => client.send([3, {}, "com.app.giving_up"])],
  ["a broken protocol", (client) => client.send([99])],
  ["a kill", (client, realm) => realm.realm.sessions.dismiss(client.peer, "wamp.close.killed")],
  ["a lost transport", (client) => client.disconnect()],
];

const CANCELING = { callee: { features: { call_canceling: true, progressive_call_results: true } } };
const GONE = ["the callee's session ended"];

/** A caller and two callees, of which one can be interrupted; each has one procedure. */
function realmWithCalls() {
  const realm = new TestRealm();
  const caller = realm.join("caller");
  const patient = realm.join("patient");
  const agile = realm.join("agile", CANCELING);
  patient.send([64, 1, {}, "com.slow"]);
  agile.send([64, 1, {}, "com.fast"]);
  realm.take();
  return { realm, caller, patient, agile };
}

/** The messages of all clients except `name`. */
function othersThan(name: string, realm: TestRealm): unknown[] {
  return realm.take().filter(([client]) => client !== name);
}

describe.each(WAYS_OUT)("a caller that leaves by %s", (_, leave) => {
  test("[LEAVE-01][LEAVE-02][LEAVE-07] has its call interrupted where the callee announced call_canceling", () => {
    const { realm, caller } = realmWithCalls();
    caller.send([48, 1, {}, "com.slow"], [48, 2, {}, "com.fast"], [48, 3, {}, "com.fast"]);
    realm.take();
    leave(caller, realm);
    expect(othersThan("caller", realm)).toStrictEqual([
      ["agile", [69, 1, { mode: "killnowait" }]],
      ["agile", [69, 2, { mode: "killnowait" }]],
    ]);
  });

  test("[LEAVE-03][LEAVE-07] gets no answer any more: YIELD and ERROR are discarded, the callees live on", () => {
    const { realm, caller, patient, agile } = realmWithCalls();
    caller.send([48, 1, {}, "com.slow"], [48, 2, {}, "com.fast"]);
    leave(caller, realm);
    realm.take();
    patient.send([70, 1, {}, ["late"]], [70, 1, { progress: true }]);
    agile.send([8, 68, 1, {}, "wamp.error.canceled"], [70, 1, {}]);
    expect(realm.take()).toStrictEqual([]);
    patient.send([16, 2, { acknowledge: true }, "com.alive"]);
    agile.send([16, 2, { acknowledge: true }, "com.alive"]);
    expect(realm.take()).toStrictEqual([
      ["patient", [17, 2, 6]],
      ["agile", [17, 2, 7]],
    ]);
  });
});

describe("[LEAVE-04] a callee that sends progress for a call that is over", () => {
  test("got an INTERRUPT when its caller left, and gets no second one, which some clients take for an error", () => {
    const { realm, caller, agile } = realmWithCalls();
    caller.send([48, 1, { receive_progress: true }, "com.fast"]);
    caller.disconnect();
    realm.take();
    agile.send([70, 1, { progress: true }, [1]], [70, 1, {}, [2]]);
    expect(realm.take()).toStrictEqual([]);
  });

  test("gets one INTERRUPT if it had none, also when the realm slept in between", () => {
    const { realm, caller, agile } = realmWithCalls();
    const progressive = { receive_progress: true };
    caller.send([48, 1, progressive, "com.fast"], [48, 2, progressive, "com.fast"]);
    caller.send([49, 1, { mode: "skip" }], [49, 2, { mode: "skip" }]);
    realm.take();
    agile.send([70, 1, { progress: true }, [1]], [70, 1, { progress: true }, [2]], [70, 1, {}, [3]]);
    realm.sleepAndWake();
    caller.disconnect();
    agile.send([70, 2, { progress: true }, [1]], [70, 2, { progress: true }, [2]]);
    expect(realm.take()).toStrictEqual([
      ["agile", [69, 1, { mode: "killnowait" }]],
      ["agile", [69, 2, { mode: "killnowait" }]],
    ]);
  });

  test("gets no INTERRUPT after its final answer, and the realm forgets the call", () => {
    const { realm, caller, agile } = realmWithCalls();
    caller.send([48, 1, { receive_progress: true }, "com.fast"], [48, 2, { receive_progress: true }, "com.fast"]);
    caller.send([49, 1, { mode: "skip" }], [49, 2, { mode: "skip" }]);
    realm.take();
    expect(agile.savedSession).toMatchObject({ abandoned: [1, 2] });
    agile.send(
      [8, 68, 1, {}, "wamp.error.canceled"],
      [70, 2, {}],
      [70, 1, { progress: true }],
      [70, 2, { progress: true }],
    );
    expect(realm.take()).toStrictEqual([]);
    expect(agile.savedSession).not.toHaveProperty("abandoned");
  });

  test("is remembered for the last 1,000 calls at most", () => {
    const { realm, caller, agile } = realmWithCalls();
    for (let request = 1; request <= 1001; request++) {
      caller.send([48, request, { receive_progress: true }, "com.fast"], [49, request, { mode: "skip" }]);
    }
    realm.take();
    agile.send([70, 1, { progress: true }], [70, 2, { progress: true }]);
    expect(realm.take()).toStrictEqual([["agile", [69, 2, { mode: "killnowait" }]]]);
  });

  test("gets no INTERRUPT without call_canceling", () => {
    const { realm, caller, patient } = realmWithCalls();
    caller.send([48, 1, { receive_progress: true }, "com.slow"]);
    caller.disconnect();
    realm.take();
    patient.send([70, 1, { progress: true }]);
    expect(realm.take()).toStrictEqual([]);
  });
});

describe.each(WAYS_OUT)("a callee that leaves by %s", (_, leave) => {
  test("[LEAVE-05][LEAVE-07] leaves every caller with wamp.error.canceled for each open call, once", () => {
    const { realm, caller, patient, agile } = realmWithCalls();
    caller.send([48, 1, {}, "com.slow"], [48, 2, {}, "com.slow"], [48, 3, {}, "com.fast"]);
    agile.send([48, 1, {}, "com.slow"]);
    patient.send([70, 2, {}]);
    realm.take();
    leave(patient, realm);
    agile.send([70, 1, {}, ["still here"]]);
    expect(othersThan("patient", realm)).toStrictEqual([
      ["caller", [8, 48, 1, {}, "wamp.error.canceled", GONE]],
      ["agile", [8, 48, 1, {}, "wamp.error.canceled", GONE]],
      ["caller", [50, 3, {}, ["still here"]]],
    ]);
  });
});

describe.each(WAYS_OUT)("a session that calls itself and leaves by %s", (_, leave) => {
  test("[LEAVE-06][LEAVE-07] gets no message, and the realm forgets the call", () => {
    const realm = new TestRealm();
    const agile = realm.join("agile", { ...CANCELING, caller: {} });
    agile.send([64, 1, {}, "com.self"], [48, 2, { timeout: 1000, receive_progress: true }, "com.self"]);
    realm.take();
    leave(agile, realm);
    agile.disconnect();
    const messages = realm.take().map(([, message]) => (message as unknown[])[0]);
    expect(messages.filter((type) => type === 8 || type === 69)).toStrictEqual([]);
    const { broker, dealer, sessions } = realm.realm;
    expect([broker.subscriptions.size, dealer.registrations.size, sessions.byId.size]).toStrictEqual([0, 0, 0]);
    expect(realm.realm.nextDeadline()).toBe(undefined);
  });
});

test("[LEAVE-05] two sessions that call each other leave one after the other", () => {
  const realm = new TestRealm();
  const [ann, ben] = realm.joinAll("ann", "ben");
  ann.send([64, 1, {}, "com.ann"]);
  ben.send([64, 1, {}, "com.ben"]);
  ann.send([48, 2, {}, "com.ben"]);
  ben.send([48, 2, {}, "com.ann"]);
  realm.take();
  ann.disconnect();
  ben.send([70, 1, {}]);
  ben.disconnect();
  expect(realm.take()).toStrictEqual([["ben", [8, 48, 2, {}, "wamp.error.canceled", GONE]]]);
});
