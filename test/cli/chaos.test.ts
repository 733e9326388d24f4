/** A short run of `npm run chaos`: a router that is killed under load has all that it acknowledged. */

import { expect, it } from "vitest";
import { killCycles } from "../chaos/cycles.ts";
import { fullDisk, NO_SMALL_DISK } from "../chaos/disk.ts";
import { scratchDirectory } from "./served.ts";

it("a router killed under load loses, doubles and tears nothing that it acknowledged", async () => {
  const { acknowledged, faults } = await killCycles(scratchDirectory(), {
    cycles: 4,
    acknowledgments: 400,
    delayMs: 50,
  });
  expect(faults).toStrictEqual([]);
  expect(acknowledged).toBeGreaterThan(1_600);
});

it.skipIf(NO_SMALL_DISK !== undefined)(
  "a disk that fills up is an ERROR for publishers of kept events, and nothing else; it goes on when there is room",
  async () => {
    const { acknowledged, refused, faults } = await fullDisk();
    expect(faults).toStrictEqual([]);
    expect([acknowledged > 200, refused > 0]).toStrictEqual([true, true]);
  },
);
