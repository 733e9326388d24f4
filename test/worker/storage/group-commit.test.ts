/** Group commit: which turns commit at once, and which wait for others. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { GroupCommit } from "../../../src/worker/storage/group-commit.ts";

let commits: number;
let group: GroupCommit;

beforeEach(() => {
  vi.useFakeTimers();
  commits = 0;
  group = new GroupCommit(() => void commits++);
});
afterEach(() => {
  vi.useRealTimers();
});

/** Runs a turn with so many requests; returns the commits it made itself. */
function turn(requests = 1): number {
  const before = commits;
  for (let n = 0; n < requests; n++) group.add();
  group.commitAtEndOfTurn();
  return commits - before;
}

/** Runs turns one after another until one is delayed. */
function untilDelayed(): number {
  let turns = 0;
  while (turn() === 1) turns++;
  return turns;
}

it("a turn without requests commits nothing", () => {
  expect([turn(0), turn(1), turn(0)]).toEqual([0, 1, 0]);
});

it("the requests of one turn share a commit in that turn", () => {
  expect([turn(1), turn(30), turn(1)]).toEqual([1, 1, 1]);
  expect(vi.getTimerCount()).toBe(0);
});

it("a client that waits for each answer is delayed ever more rarely, by a millisecond", () => {
  const immediate: number[] = [];
  for (let trial = 0; trial < 6; trial++) {
    immediate.push(untilDelayed());
    const before = commits;
    vi.advanceTimersByTime(1);
    expect(commits).toBe(before + 1);
  }
  expect(immediate).toEqual([64, 64, 128, 256, 512, 1024]);
});

it("under load the turns of up to 10 ms share one commit, and the first quiet group ends that", () => {
  untilDelayed();
  for (let n = 0; n < 200; n++) expect(turn()).toBe(0);
  vi.advanceTimersByTime(1);
  expect(commits).toBe(64 + 1);
  for (let n = 0; n < 200; n++) turn();
  vi.advanceTimersByTime(9);
  expect(commits).toBe(64 + 1);
  vi.advanceTimersByTime(1);
  expect(commits).toBe(64 + 2);
  expect(turn()).toBe(0);
  vi.advanceTimersByTime(10);
  expect(turn()).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});
