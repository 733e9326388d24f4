/** The rows of remote sessions at the core: right when a message arrives, and not read or compared for each message. */

import { describe, expect, test, vi } from "vitest";
import { PEER } from "../../../../src/wamp/hibernation/session-record.ts";
import { read } from "../../../../src/wamp/stored-records/stored-record.ts";
import { idOf } from "../relay-stores.ts";
import { RelayedRealm } from "../relayed-realm.ts";

/** What the rows of the core say: registrations and calls of each session. */
function rowsOf({ core }: RelayedRealm): unknown {
  return Array.from(core.sessions.all(), ({ text }) => {
    const reading = read(PEER, text);
    if (!reading.ok || reading.value.kind !== "open") throw new Error("the row cannot be read");
    const { registrations, calls } = reading.value.session;
    return [registrations.length, calls.length];
  });
}

/** A caller at one relay and a callee at another one, and what is written for them from now on. */
function newCalls() {
  const realm = new RelayedRealm();
  const caller = realm.join(1, { caller: { features: INPUT } });
  const callee = realm.join(2, { callee: { features: INPUT } });
  callee.send([64, 1, {}, "com.a"]);
  realm.core.save();
  const flush = () => realm.core.core.flush();
  return { realm, caller, callee, flush, put: vi.spyOn(realm.core.sessions, "put") };
}

const INPUT = { call_canceling: true, progressive_call_invocations: true };

describe("the row of a session at a relay", () => {
  test("follows each registration, and loses a call when it ends", () => {
    const realm = new RelayedRealm();
    const [caller, callee] = [realm.join(1), realm.join(2)];
    callee.send([64, 1, {}, "com.a"]);
    callee.send([64, 2, {}, "com.b"]);
    const [, [, , second]] = callee.take() as [unknown, [number, number, number]];
    const held = [rowsOf(realm)];
    callee.send([66, 3, second]);
    caller.send([48, 1, {}, "com.a"]);
    held.push(rowsOf(realm));
    realm.core.core.flush();
    held.push(rowsOf(realm));
    realm.core.core.flush();
    held.push(rowsOf(realm));
    callee.send([70, 1, {}]);
    held.push(rowsOf(realm));
    expect(held).toStrictEqual([
      [[2, 0]],
      [[1, 0]],
      [[1, 0]],
      [
        [1, 0],
        [0, 1],
      ],
      [[1, 0]],
    ]);
  });

  test("is written neither for calls that follow one another quickly, nor for their callee", () => {
    const { caller, callee, put, flush } = newCalls();
    for (let request = 1; request <= 20; request++) {
      caller.send([48, request, {}, "com.a"]);
      flush();
      callee.send([70, request, {}]);
    }
    expect(caller.take()).toHaveLength(20);
    expect(put).not.toHaveBeenCalled();
  });

  test("is written for none of many calls at a time, of which each is over soon", () => {
    const { caller, callee, put, flush } = newCalls();
    for (let request = 1; request <= 4; request++) caller.send([48, request, {}, "com.a"]);
    for (let request = 5; request <= 24; request++) {
      if (request % 4 === 0) flush();
      callee.send([70, request - 4, {}]);
      caller.send([48, request, {}, "com.a"]);
    }
    expect(caller.take()).toHaveLength(20);
    expect(put).not.toHaveBeenCalled();
  });

  test("is written once for a call that lasts, and not for short ones beside it, nor when the core wakes", () => {
    const { realm, caller, callee, put, flush } = newCalls();
    caller.send([48, 1, { timeout: 60_000 }, "com.a"]);
    flush();
    flush();
    for (let request = 2; request <= 20; request++) {
      caller.send([48, request, {}, "com.a"]);
      flush();
      callee.send([70, request, {}]);
    }
    realm.core.sleepAndWake();
    realm.deliver();
    realm.core.save();
    expect([put.mock.calls.length, rowsOf(realm)]).toStrictEqual([
      1,
      [
        [1, 0],
        [0, 1],
      ],
    ]);
  });

  test("has a call on which its callee still works when the input of the call has ended", () => {
    const { realm, caller, callee, put, flush } = newCalls();
    caller.send([48, 1, { progress: true }, "com.a"]);
    flush();
    flush();
    put.mockClear();
    caller.send([48, 1, {}, "com.a"]);
    flush();
    flush();
    flush();
    realm.core.crash();
    callee.send([70, 1, {}]);
    realm.advance(2_000);
    expect((caller.take() as unknown[][]).map(([type, request]) => [type, request])).toStrictEqual([[50, 1]]);
  });

  test("is not written for a call of the router, after whose end in a crash the relay asks", () => {
    const realm = new RelayedRealm(2, { options: {} });
    const caller = realm.join(1);
    realm.join(2).send([32, 1, {}, "com.t"]);
    realm.core.save();
    const put = vi.spyOn(realm.core.sessions, "put");
    realm.cut.add(2);
    caller.send([48, 1, {}, "wamp.subscription.list_subscribers", [idOf("exact", "com.t")]]);
    realm.advance(1_500);
    realm.core.crash();
    realm.cut.clear();
    realm.advance(2_000);
    expect([put.mock.calls.length, caller.take()]).toStrictEqual([
      0,
      [[8, 48, 1, {}, "wamp.error.canceled", [expect.any(String)]]],
    ]);
  });

  test("is not needed for a REGISTER without an answer, which the relay repeats after a crash", () => {
    const realm = new RelayedRealm();
    const [first, second] = [realm.join(1), realm.join(2)];
    first.send([64, 1, {}, "com.a"]);
    realm.core.save();
    realm.cut.add(1);
    second.send([64, 1, {}, "com.a"]);
    realm.advance(2_000);
    realm.core.crash();
    realm.cut.clear();
    realm.advance(2_000);
    const error = "wamp.error.procedure_already_exists";
    expect(second.take()).toStrictEqual([[8, 64, 1, {}, error, [expect.any(String)]]]);
  });

  test("is not made anew for each call, which would cost as much as the session holds", () => {
    const realm = new RelayedRealm();
    const [caller, callee] = [realm.join(1), realm.join(2)];
    for (let request = 1; request <= 20; request++) callee.send([64, request, {}, `com.p${request}`]);
    for (let request = 1; request <= 20; request++) caller.send([48, request, {}, "com.p1"]);
    realm.core.core.flush();
    const recordsOf = vi.spyOn(realm.core.realm.dealer.registrations, "recordsOf");
    caller.send([48, 21, {}, "com.p2"]);
    callee.send([70, 21, {}]);
    expect(recordsOf).not.toHaveBeenCalled();
    expect((caller.take() as unknown[][]).map(([type, request]) => [type, request])).toStrictEqual([[50, 21]]);
  });
});
