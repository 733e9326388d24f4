/** Properties that hold for random sequences of messages of callers and callees. */

import { describe, expect, test } from "vitest";
import { dealerRecord } from "../../../src/wamp/dealer/dealer-record.ts";
import { CALLEES, CALLERS, CallFuzzer, type FuzzedInvocation } from "./call-fuzzer.ts";

/** A failure prints its seed; add it here so that every run tries it. */
const SEEDS_THAT_FAILED: readonly number[] = [20069, 20091, 20097, 20101, 20127, 20131, 20221, 20371];
const SEEDS = [...SEEDS_THAT_FAILED, ...Array.from({ length: 12 }, (_, index) => 5000 + index)];
const TURNS = 500;

function fuzzCalls(seed: number, sleeps = false): CallFuzzer {
  const fuzzer = new CallFuzzer(seed, sleeps);
  fuzzer.sendRandomMessages(TURNS);
  fuzzer.answerAll();
  return fuzzer;
}

/** Returns the calls that overtook an earlier call of the same caller at the callee; declined calls do not count. */
function findOvertaking(invocations: readonly FuzzedInvocation[], declined: ReadonlySet<number>): FuzzedInvocation[] {
  return CALLERS.flatMap((caller) => {
    const own = invocations.filter(({ args }) => args[0] === caller && !declined.has(args[1]));
    return own.filter((invocation, index) => index > 0 && invocation.args[1] < own[index - 1]!.args[1]);
  });
}

/** Returns the messages of each turn, sorted by client, because their order among clients cannot be observed. */
function sortByClient({ turns }: CallFuzzer): unknown[] {
  return turns.map(([name, action, received]) => [
    name,
    action,
    received.toSorted(([one], [other]) => one.localeCompare(other)),
  ]);
}

test.each(SEEDS.filter((seed) => seed % 2 === 0))(
  "[ORD-03] calls keep their order while no callee leaves or unregisters, with seed %d",
  (seed) => {
    const { invocations } = fuzzCalls(seed);
    const declined = [...invocations.values()].flat().filter(({ wasDeclined }) => wasDeclined);
    const numbers = new Set(declined.map(({ args }) => args[1]));
    for (const own of invocations.values()) expect(findOvertaking(own, numbers)).toStrictEqual([]);
  },
);

describe.each(SEEDS)("random calls with seed %d", (seed) => {
  test("[SHR-13] the dealer answers every call once, and no call remains", () => {
    const fuzzer = fuzzCalls(seed);
    const unanswered = [...fuzzer.answers].filter(([, count]) => count !== 1);
    expect(unanswered).toStrictEqual([]);
    const { sessions, dealer } = fuzzer.realm.realm;
    for (const session of sessions.byId.values()) {
      const { calls, waitingCalls } = dealerRecord(session, dealer.tables);
      expect([calls, dealer.invocationsOf(session).size, waitingCalls]).toStrictEqual([[], 0, undefined]);
    }
    for (const { callees } of dealer.registrations.values()) {
      expect(callees.map(({ running }) => running)).toStrictEqual(callees.map(() => 0));
    }
    expect(dealer.nextDeadline()).toBeUndefined();
  });

  test("[CANCEL-04][LEAVE-04] the dealer interrupts an invocation at most once, and only if its callee announced call_canceling", () => {
    for (const [name, invocations] of fuzzCalls(seed).invocations) {
      const most = CALLEES.get(name)!.includes("call_canceling") ? 1 : 0;
      expect(invocations.filter(({ interrupts }) => interrupts > most)).toStrictEqual([]);
    }
  });

  test("[TMO-10][SHR-11][SHR-13] the dealer sends the same messages if the realm sleeps between any two messages", () => {
    expect(sortByClient(fuzzCalls(seed, true))).toStrictEqual(sortByClient(fuzzCalls(seed)));
  });
});

test("random calls produce every kind of message at least ten times", () => {
  const fuzzers = SEEDS.slice(0, 10).map((seed) => fuzzCalls(seed));
  const messages = fuzzers.flatMap(({ turns }) =>
    turns.flatMap(([, , received]) => received.map(([, message]) => message)),
  );
  const kinds = messages.map((message) => (message[0] === 8 ? String(message[4]) : String(message[0])));
  for (const kind of [
    "50",
    "67",
    "68",
    "69",
    "crossbar.error.max_concurrency_reached",
    "wamp.error.canceled",
    "wamp.error.feature_not_supported",
    "wamp.error.no_available_callee",
    "wamp.error.timeout",
  ]) {
    expect([kind, kinds.filter((one) => one === kind).length >= 10]).toStrictEqual([kind, true]);
  }
});
