/** The state of the disk, and the interval between two checks. */

import { expect, it } from "vitest";
import { assessDisk, checkIntervalMs } from "../../../src/cli/workerd/disk-monitor.ts";

const MIB = 1_048_576;
const LARGE = 100_000 * MIB;

it.each([
  [LARGE, LARGE, "ample", "ample"],
  [64 * MIB, LARGE, "ample", "ample"],
  [63 * MIB, LARGE, "ample", "low"],
  [65 * MIB, LARGE, "low", "low"],
  [80 * MIB, LARGE, "low", "ample"],
  [15 * MIB, LARGE, "ample", "exhausted"],
  [16 * MIB, LARGE, "exhausted", "low"],
  // A small disk has a small reserve.
  [6 * MIB, 48 * MIB, "ample", "ample"],
  [5 * MIB, 48 * MIB, "ample", "low"],
  [1 * MIB, 48 * MIB, "low", "exhausted"],
] as const)("%i bytes free of %i after %s: %s", (free, total, before, state) => {
  expect(assessDisk({ free, total }, before)).toBe(state);
});

it("checks once a second, and more often the sooner the reserve can be reached", () => {
  expect([LARGE, 464 * MIB, 84 * MIB, 0].map((free) => Math.round(checkIntervalMs({ free, total: LARGE })))).toEqual([
    1000, 419, 21, 20,
  ]);
});
