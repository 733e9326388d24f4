/** A short run of `npm run chaos`: a router that was killed under load has stored everything that it acknowledged. */

import { expect, it } from "vitest";
import { killCycles } from "../chaos/cycles.ts";
import { fullDisk, NO_SMALL_DISK } from "../chaos/disk.ts";
import { scratchDirectory } from "./served.ts";

it("a router killed under load neither loses nor duplicates nor corrupts acknowledged events", async () => {
  const { acknowledged, faults } = await killCycles(scratchDirectory(), {
    cycles: 4,
    acknowledgments: 400,
    delayMs: 50,
  });
  expect(faults).toStrictEqual([]);
  expect(acknowledged).toBeGreaterThan(1_600);
});

it.skipIf(NO_SMALL_DISK !== undefined)(
  "a full disk causes ERROR for publishers of stored events and nothing else, until space is free again",
  async () => {
    const { acknowledged, refused, faults } = await fullDisk();
    expect(faults).toStrictEqual([]);
    expect([acknowledged > 200, refused > 0]).toStrictEqual([true, true]);
  },
);
