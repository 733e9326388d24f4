/** The table of `npm run simulate`: each load with relays, and in one object. */

import type { LocationHint } from "../../src/worker/platform/location-hints.ts";
import { formatTable } from "../report/markdown.ts";
import { MOST_SOCKETS } from "./constants.ts";
import { Random } from "./random.ts";
import { byAddress, byRoom, connectAll, connectToCore, makeRealm, type SimulatedRealm, type Sockets } from "./realm.ts";
import { type Figures, simulate } from "./simulation.ts";

/** What is simulated. */
export interface Simulation {
  /** A line of the table for each, and each load. */
  readonly subscribers: readonly number[];
  /** Sockets for which a relay is made. */
  readonly perRelay: number;
  /** Where the realm's own object is. */
  readonly core: LocationHint;
  readonly seconds: number;
  readonly seed: number;
}

/** The simulation of docs/relays.md. */
export const DEFAULTS: Simulation = {
  subscribers: [10_000, 100_000, 1_000_000],
  perRelay: 5_000,
  core: "weur",
  seconds: 60,
  seed: 1,
};

const ROOM_SIZE = 50;

/** What is published. */
interface Workload {
  readonly title: string;
  /** Subscribers of a topic; undefined for one topic of all. */
  readonly roomSize: number | undefined;
  /** Publications a second. */
  rate(subscribers: number): number;
}

const WORKLOADS: readonly Workload[] = [
  { title: "one topic for all, an event a second", roomSize: undefined, rate: () => 1 },
  {
    title: `rooms of ${ROOM_SIZE} in a region, an event a minute in each`,
    roomSize: ROOM_SIZE,
    rate: (subscribers) => subscribers / ROOM_SIZE / 60,
  },
];

/** The last of the loads, with clients that name their room as their group; without relays it is no other load. */
const GROUPED: Workload = { ...WORKLOADS.at(-1)!, title: "the same rooms, with `?group=`" };

/** Simulates all loads and returns their table as Markdown. */
export function simulationTable(simulation: Simulation): string {
  const { subscribers, perRelay, seed } = simulation;
  const head = ["load", "subscribers", "objects", "p50 ms", "p99 ms", "core", "busiest relay", "$ a million events"];
  const rows = subscribers.flatMap((count) => {
    const size = count.toLocaleString("en-US");
    const spread = connectAll(count, perRelay, byAddress(new Random(seed)));
    const together = connectAll(count, perRelay, byRoom(ROOM_SIZE));
    return [
      ...WORKLOADS.flatMap((workload) => [
        [workload.title, size, "1", ...inOneObject(count, workload, simulation)],
        [workload.title, size, ...overRelays(count, spread, workload, simulation)],
      ]),
      [GROUPED.title, size, ...overRelays(count, together, GROUPED, simulation)],
    ];
  });
  return formatTable(head, rows);
}

function inOneObject(count: number, workload: Workload, simulation: Simulation): string[] {
  if (count > MOST_SOCKETS) return ["does not fit", "–", "–", "–", "–"];
  const realm = makeRealm(connectToCore(count), workload.roomSize);
  return cellsOf(run(realm, count, workload, simulation), false);
}

function overRelays(count: number, sockets: Sockets, workload: Workload, simulation: Simulation): string[] {
  const realm = makeRealm(sockets, workload.roomSize);
  return [`1 + ${realm.regionOf.size}`, ...cellsOf(run(realm, count, workload, simulation), true)];
}

function run(realm: SimulatedRealm, count: number, { rate }: Workload, { core, seconds, seed }: Simulation): Figures {
  return simulate(realm, core, { rate: rate(count), seconds }, new Random(seed));
}

function cellsOf({ p50, p99, coreLoad, relayLoad, costPerMillion }: Figures, hasRelays: boolean): string[] {
  const percent = (load: number) => `${(load * 100).toFixed(load < 0.1 ? 1 : 0)} %`;
  return [
    p50.toFixed(0),
    p99.toFixed(0),
    percent(coreLoad),
    hasRelays ? percent(relayLoad) : "–",
    costPerMillion.toPrecision(2),
  ];
}
