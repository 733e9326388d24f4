/** The simulator of realms with relays. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EventQueue } from "../../bench/simulator/event-queue.ts";
import { roundTrip } from "../../bench/simulator/latency.ts";
import { Percentiles } from "../../bench/simulator/percentiles.ts";
import { Random } from "../../bench/simulator/random.ts";
import { byAddress, byRoom, connectAll, makeRealm, spread } from "../../bench/simulator/realm.ts";
import { Server } from "../../bench/simulator/server.ts";
import { simulate } from "../../bench/simulator/simulation.ts";
import { DEFAULTS, type Simulation, simulationTable } from "../../bench/simulator/table.ts";
import { LOCATION_HINTS } from "../../src/worker/platform/location-hints.ts";
import { byDistance } from "../../src/worker/routing/client-region.ts";

const SMALL: Simulation = { subscribers: [600, 40_000], perRelay: 2_000, core: "enam", seconds: 5, seed: 7 };

it("the same simulation gives the same table", () => {
  expect(simulationTable(SMALL)).toMatchInlineSnapshot(`
    "| load | subscribers | objects | p50 ms | p99 ms | core | busiest relay | $ a million events |
    |---|---|---|---|---|---|---|---|
    | one topic for all, an event a second | 600 | 1 | 133 | 252 | 1.5 % | – | 0.000053 |
    | one topic for all, an event a second | 600 | 1 + 10 | 132 | 244 | 0.1 % | 0.3 % | 0.0034 |
    | rooms of 50 in a region, an event a minute in each | 600 | 1 | 33 | 33 | 0.0 % | – | 0.00019 |
    | rooms of 50 in a region, an event a minute in each | 600 | 1 + 10 | 33 | 33 | 0.0 % | 0.0 % | 0.00019 |
    | the same rooms, with \`?group=\` | 600 | 1 + 10 | 33 | 33 | 0.0 % | 0.0 % | 0.00019 |
    | one topic for all, an event a second | 40,000 | 1 | does not fit | – | – | – | – |
    | one topic for all, an event a second | 40,000 | 1 + 23 | 194 | 316 | 0.2 % | 5.0 % | 0.00014 |
    | rooms of 50 in a region, an event a minute in each | 40,000 | 1 | does not fit | – | – | – | – |
    | rooms of 50 in a region, an event a minute in each | 40,000 | 1 + 23 | 35 | 262 | 0.3 % | 0.2 % | 0.013 |
    | the same rooms, with \`?group=\` | 40,000 | 1 + 23 | 33 | 33 | 0.0 % | 0.2 % | 0.00019 |"
  `);
});

it("docs/relays.md has what the simulator computes", () => {
  const [, , ...lines] = simulationTable({ ...DEFAULTS, subscribers: [10_000] }).split("\n");
  const page = readFileSync(join(import.meta.dirname, "../../docs/relays.md"), "utf8").split("\n");
  // A million subscribers take too long for a test; the lines of each size are computed alike.
  expect(page.filter((line) => lines.includes(line))).toStrictEqual(lines);
});

describe("a simulated realm", () => {
  const sockets = connectAll(10_000, 1_000, byAddress(new Random(3)));

  it("has every subscriber at a relay of its region", () => {
    const { topics, regionOf } = makeRealm(sockets, undefined);
    const counts = new Map<string, number>();
    for (const [object, audiences] of topics[0]!.audiences) {
      for (const { region, count } of audiences) {
        expect(regionOf.get(object)).toBe(region);
        counts.set(region, (counts.get(region) ?? 0) + count);
      }
    }
    expect(counts).toStrictEqual(spread(10_000));
  });

  it("has relays of about equal size", () => {
    const counts = Map.groupBy(sockets.get("weur")!, (object) => object);
    expect(counts.size).toBe(2);
    for (const { length } of counts.values()) expect(Math.abs(length - 950)).toBeLessThan(100);
  });

  it("leaves the core alone while each topic has one relay", () => {
    const realm = makeRealm(connectAll(1_000, 1_000, byAddress(new Random(3))), 10);
    const { coreLoad, relayLoad } = simulate(realm, "weur", { rate: 100, seconds: 5 }, new Random(3));
    expect(coreLoad).toBe(0);
    expect(relayLoad).toBeGreaterThan(0);
  });

  it("has all clients of a room at one relay if they name it as their group", () => {
    const { topics, regionOf } = makeRealm(connectAll(10_000, 1_000, byRoom(50)), 50);
    for (const { audiences } of topics) expect(audiences.size).toBe(1);
    expect(regionOf.size).toBeGreaterThan(10);
  });
});

it("the Worker orders regions by the round trips of the simulator", () => {
  for (const from of LOCATION_HINTS) {
    const times = byDistance(LOCATION_HINTS, from).map((region) => roundTrip(from, region));
    expect(times).toStrictEqual(times.toSorted((a, b) => a - b));
  }
});

it("round trips are the same in both directions", () => {
  for (const from of LOCATION_HINTS)
    for (const to of LOCATION_HINTS) expect(roundTrip(from, to)).toBe(roundTrip(to, from));
});

it("an object does one thing after the other, and is billed once for a time", () => {
  const server = new Server();
  expect([server.work(0, 10), server.work(5, 10), server.work(100, 1)]).toStrictEqual([0, 10, 100]);
  server.stayAwake(15, 40);
  expect([server.busy, server.awake]).toStrictEqual([21, 21]);
  server.stayAwake(100, 150);
  expect(server.awake).toBe(70);
});

it("events run in the order of their times, those of one time as they were added", () => {
  const queue = new EventQueue();
  const random = new Random(1);
  const ran: (readonly [time: number, number: number])[] = [];
  for (let number = 0; number < 500; number++) {
    queue.add(random.below(50), (time) => ran.push([time, number]));
  }
  queue.add(10, (time) => queue.add(time + 0.5, (later) => ran.push([later, 500])));
  queue.runAll();
  expect(ran.length).toBe(501);
  expect(ran).toStrictEqual(ran.toSorted(([a, first], [b, second]) => a - b || first - second));
});

it("percentiles are exact to a hundredth", () => {
  const values = new Percentiles();
  for (let value = 1; value <= 1_000; value++) values.add(value, 2);
  for (const part of [0.5, 0.99]) expect(values.at(part) / (part * 1_000)).toBeCloseTo(1, 1.7);
});
