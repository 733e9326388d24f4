/** What a CALL, a PUBLISH and a session allocate and send does not grow unnoticed. */

import { describe, expect, test } from "vitest";
import { type Costs, measureCosts, recordedCosts } from "./measure-costs.ts";

/** An extra object in every exchange is a whole more; less is a table that grows at another exchange. */
const OBJECTS_MORE = 0.5;
const BYTES_MORE = 1.05;

describe("the costs of a message", () => {
  test("are those recorded, or less", () => {
    expect(excess(measureCosts())).toStrictEqual([]);
  });

  test("show one extra object in CALL", () => {
    const subprotocols = ["wamp.2.json", "wamp.2.msgpack"];
    const lines = subprotocols.map((name) => expect.stringContaining(`CALL ${name}: `));
    expect(excess(measureCosts("planted-allocation.ts"))).toStrictEqual(lines);
  });
});

/** A line for each conversation that costs more than recorded. */
function excess(costs: Costs): string[] {
  const recorded = recordedCosts();
  expect(Object.keys(costs)).toStrictEqual(Object.keys(recorded));
  return Object.entries(costs).flatMap(([name, cost]) => {
    const limit = recorded[name]!;
    const isWithin =
      cost.objects < limit.objects + OBJECTS_MORE &&
      cost.bytes <= BYTES_MORE * limit.bytes &&
      cost.frames <= limit.frames;
    const line = `${name}: ${JSON.stringify(cost)}, recorded ${JSON.stringify(limit)}`;
    return isWithin ? [] : [`${line}; if it must cost more: npm run allocations -- --write`];
  });
}
