/** Calls that end without their callee's answer: the callee's relay keeps nothing of them. */

import { describe, expect, test } from "vitest";
import { type RelayedClient, RelayedRealm } from "../relayed-realm.ts";

const CALLER = { caller: { features: { call_canceling: true, progressive_call_results: true } } };
const CALLEE = { callee: { features: { call_canceling: true, progressive_call_results: true } } };

/** A caller at one relay, and a callee at another that works on its call. */
class OpenCall {
  readonly realm = new RelayedRealm();
  readonly caller: RelayedClient;
  readonly callee: RelayedClient;
  readonly registration: number;

  constructor(options: object = { receive_progress: true }, callerAt = 1, caller: object = CALLER) {
    this.caller = this.realm.join(callerAt, caller);
    this.callee = this.realm.join(2, CALLEE);
    this.callee.send([64, 1, {}, "com.p"]);
    this.caller.send([48, 1, options, "com.p"]);
    [[, , this.registration]] = this.callee.take() as [[number, number, number]];
  }

  /** The invocations in the record of the callee. */
  get kept(): unknown {
    const { dealer, sessions } = this.realm.relays[1]!.realm;
    const [session] = [...sessions.byId.values()];
    return dealer.tables.remote!.recordOf(session!)!.invocations;
  }
}

describe("the relay of a callee forgets an invocation", () => {
  test("whose caller cancels it, in the modes skip and killnowait", () => {
    for (const mode of ["skip", "killnowait"]) {
      const call = new OpenCall();
      call.caller.send([49, 1, { mode }]);
      expect(call.kept).toStrictEqual([]);
      call.callee.send([70, 1, {}, ["late"]]);
      expect((call.caller.take() as unknown[][]).map(([type, , , , uri]) => [type, uri])).toStrictEqual([
        [8, "wamp.error.canceled"],
      ]);
    }
  });

  test("that has timed out", () => {
    const call = new OpenCall({ timeout: 100 });
    call.realm.advance(100);
    expect(call.kept).toStrictEqual([]);
  });

  test("whose caller has left, at a relay or at the core", () => {
    for (const object of [1, 0]) {
      const call = new OpenCall({}, object);
      call.caller.leave();
      expect([call.kept, call.callee.take()]).toStrictEqual([[], [[69, 1, { mode: "killnowait" }]]]);
    }
  });

  test("that the core has lost in a crash", () => {
    const call = new OpenCall();
    call.realm.core.crash();
    call.realm.advance(5_000);
    expect(call.kept).toStrictEqual([]);
    const text = "the router has restarted";
    expect(call.caller.take()).toStrictEqual([[8, 48, 1, {}, "wamp.error.canceled", [text]]]);
  });

  test("of whose result the core has lost a part in a crash, so that its caller does not take the rest for the whole", () => {
    const call = new OpenCall();
    for (let flush = 0; flush < 2; flush++) call.realm.core.core.flush();
    call.callee.say([70, 1, { progress: true }, [1]]);
    for (const fate of ["deliver", "answer"] as const) call.realm.world.network.step(2, 0, fate);
    call.realm.core.crash();
    call.realm.deliver();
    call.callee.send([70, 1, {}, [2]]);
    call.realm.advance(5_000);
    expect(call.kept).toStrictEqual([]);
    const text = "the router has restarted";
    expect(call.caller.take()).toStrictEqual([[8, 48, 1, {}, "wamp.error.canceled", [text]]]);
  });

  test("that the core has lost in a crash while the relay slept", () => {
    const call = new OpenCall({}, 0);
    call.realm.advance(10_000);
    call.realm.relays[1]!.sleepAndWake();
    call.realm.core.crash();
    call.callee.send([64, 2, {}, "com.q"]);
    expect(call.kept).toStrictEqual([]);
  });

  test("whose answer in payload passthru mode the caller does not understand; the callee gets its ERROR", () => {
    const realm = new RelayedRealm();
    const features = { payload_passthru_mode: true };
    const [caller, callee] = [realm.join(1), realm.join(2, { callee: { features } })];
    callee.send([64, 1, {}, "com.p"]);
    caller.send([48, 1, {}, "com.p"]);
    callee.take();
    callee.send([70, 1, { ppt_scheme: "x_custom" }, ["\0AQID"]]);
    const text = "the caller did not announce payload_passthru_mode, which the answer uses";
    const error = "wamp.error.feature_not_supported";
    expect([callee.take(), caller.take()]).toStrictEqual([
      [[8, 70, 1, {}, error, [text]]],
      [[8, 48, 1, {}, error, [text]]],
    ]);
    callee.send([70, 1, {}, ["again"]]);
    expect([callee.take(), caller.take()]).toStrictEqual([[], []]);
  });
});

describe("a callee that goes on with progress is interrupted once (LEAVE-04)", () => {
  test("after its call was canceled in mode skip, though the core has forgotten its session", () => {
    const call = new OpenCall();
    call.caller.send([49, 1, { mode: "skip" }]);
    call.callee.send([66, 2, call.registration]);
    expect(call.realm.core.core.remote.byId.size).toBe(0);
    call.callee.take();
    call.callee.send([70, 1, { progress: true }, [1]], [70, 1, { progress: true }, [2]]);
    expect(call.callee.take()).toStrictEqual([[69, 1, { mode: "killnowait" }]]);
  });

  test("after its caller was lost with the core", () => {
    const call = new OpenCall({ receive_progress: true }, 0);
    call.realm.core.crash();
    call.callee.send([70, 1, { progress: true }, [1]], [70, 1, { progress: true }, [2]]);
    call.callee.send([70, 1, { progress: true }, [3]], [70, 1, { progress: true }, [4]]);
    expect(call.callee.take()).toStrictEqual([[69, 1, { mode: "killnowait" }]]);
  });
});
