/** A short run of `npm run chaos`: a router that is killed under load has all that it acknowledged. */

import { expect, it } from "vitest";
import { killCycles } from "../chaos/kill.ts";
import { scratchDirectory } from "./served.ts";

it("a router killed under load loses, doubles and tears nothing that it acknowledged", async () => {
  const { acknowledged, faults } = await killCycles(scratchDirectory(), 4, 400, 50);
  expect(faults).toStrictEqual([]);
  expect(acknowledged).toBeGreaterThan(1_600);
});
