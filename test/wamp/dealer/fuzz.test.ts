/** Properties that hold for random sequences of messages of callers and callees. */

import { describe, expect, test } from "vitest";
import { dealerRecord } from "../../../src/wamp/dealer/dealer-record.ts";
import { CALLEES, CALLERS, CallFuzzer, type Job } from "./call-fuzzer.ts";

/** A failure prints its seed; add it here, so that every run tries it. */
const SEEDS_THAT_FAILED: readonly number[] = [20069, 20091, 20097, 20101, 20127, 20131, 20221, 20371];
const SEEDS = [...SEEDS_THAT_FAILED, ...Array.from({ length: 12 }, (_, index) => 5000 + index)];
const TURNS = 500;

function fuzzCalls(seed: number, isSleepy = false): CallFuzzer {
  const fuzzer = new CallFuzzer(seed, isSleepy);
  fuzzer.work(TURNS);
  fuzzer.finish();
  return fuzzer;
}

/** Calls of one caller that reached one callee in another order than they were made, save those that were declined on their way. */
function overtakings(jobs: readonly Job[], declined: ReadonlySet<number>): Job[] {
  return CALLERS.flatMap((caller) => {
    const own = jobs.filter(({ args }) => args[0] === caller && !declined.has(args[1]));
    return own.filter((job, index) => index > 0 && job.args[1] < own[index - 1]!.args[1]);
  });
}

/** The messages that each client received in each turn; their order among clients cannot be observed. */
function byClient({ turns }: CallFuzzer): unknown[] {
  return turns.map(([name, did, heard]) => [name, did, heard.toSorted(([one], [other]) => one.localeCompare(other))]);
}

test.each(SEEDS.filter((seed) => seed % 2 === 0))(
  "[ORD-03] calls keep their order in a calm realm with seed %d",
  (seed) => {
    const { jobs } = fuzzCalls(seed);
    const declined = [...jobs.values()].flat().filter(({ wasDeclined }) => wasDeclined);
    const numbers = new Set(declined.map(({ args }) => args[1]));
    for (const ownJobs of jobs.values()) expect(overtakings(ownJobs, numbers)).toStrictEqual([]);
  },
);

describe.each(SEEDS)("random calls with seed %d", (seed) => {
  test("[SHR-13] answers every call once, and leaves nothing behind", () => {
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

  test("[CANCEL-04][LEAVE-04] interrupts an invocation once at most, and none of a callee that cannot be", () => {
    for (const [name, jobs] of fuzzCalls(seed).jobs) {
      const most = CALLEES.get(name)!.includes("call_canceling") ? 1 : 0;
      expect(jobs.filter(({ interrupts }) => interrupts > most)).toStrictEqual([]);
    }
  });

  test("[TMO-10][SHR-11][SHR-13] does not notice that the realm sleeps between any two messages", () => {
    expect(byClient(fuzzCalls(seed, true))).toStrictEqual(byClient(fuzzCalls(seed)));
  });
});

test("random calls cover every message, often enough", () => {
  const fuzzers = SEEDS.slice(0, 10).map((seed) => fuzzCalls(seed));
  const said = fuzzers.flatMap(({ turns }) => turns.flatMap(([, , heard]) => heard.map(([, message]) => message)));
  const kinds = said.map((message) => (message[0] === 8 ? String(message[4]) : String(message[0])));
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
