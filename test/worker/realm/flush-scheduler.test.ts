import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FlushScheduler } from "../../../src/worker/realm/flush-scheduler.ts";

const scheduler = { current: new FlushScheduler() };
let flushed = 0;

/** One turn that queues `frames` for one socket. */
function takeTurn(frames: number): void {
  scheduler.current.add({
    flush: () => {
      flushed += frames;
      return frames;
    },
  });
  scheduler.current.flushAtEndOfTurn();
}

/** Runs the timer of a trial; says whether the frames of the next turn wait, too. */
function waitsAfterTrial(frames: number): boolean {
  takeTurn(frames);
  vi.runAllTimers();
  const before = flushed;
  takeTurn(1);
  const waits = flushed === before;
  vi.runAllTimers();
  return waits;
}

beforeEach(() => {
  vi.useFakeTimers();
  scheduler.current = new FlushScheduler();
  flushed = 0;
});

afterEach(() => {
  vi.useRealTimers();
});

it("frames of several turns wait for one timer", () => {
  takeTurn(1);
  takeTurn(1);
  expect([flushed, vi.getTimerCount()]).toEqual([0, 1]);
  vi.runAllTimers();
  expect(flushed).toBe(2);
});

it("a trial with one frame for each socket makes the next turns flush immediately", () => {
  expect(waitsAfterTrial(1)).toBe(false);
});

it("after a worthwhile trial it takes five others in a row to flush immediately", () => {
  takeTurn(2);
  vi.runAllTimers();
  const waits = [1, 2].map(() => waitsAfterTrial(1));
  expect(waits).toEqual([true, true]);
  expect(waitsAfterTrial(1)).toBe(false);
});
