/** The sums of reports: over sleep, over lost reports and over realms that are forgotten. */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { SeriesValues } from "../../../src/worker/metrics/figures.ts";
import { MetricsRegistry } from "../../../src/worker/metrics/registry.ts";

const MINUTE = 60_000;
const REPORT = { realm: "tenant-1", entry: "tenant-*", since: 1, isFirst: true, gauges: { sessions: 2 } };

/** Runs a test with the storage of an object of its own. */
function inRegistry(name: string, run: (registry: MetricsRegistry, rows: SyncKvStorage) => void): Promise<void> {
  return runInDurableObject(env.REALM.getByName(name), (_, { storage }) =>
    run(new MetricsRegistry(storage.kv), storage.kv),
  );
}

function counted(registry: MetricsRegistry, now: number): SeriesValues | undefined {
  return registry.sums(now)[0]?.counters;
}

it("adds the counters of each time that a realm was awake", () =>
  inRegistry("r1", (registry) => {
    registry.take({ ...REPORT, counters: { calls: 5 } }, 0);
    registry.take({ ...REPORT, isFirst: false, counters: { calls: 7 } }, MINUTE);
    registry.take({ ...REPORT, since: 2, counters: { calls: 1, wakes: 1 } }, 2 * MINUTE);
    expect(counted(registry, 2 * MINUTE)).toEqual({ calls: 8, wakes: 1 });
  }));

it("takes a report that arrives twice or late once", () =>
  inRegistry("r2", (registry) => {
    const report = { ...REPORT, since: 2, counters: { calls: 5 } };
    registry.take(report, 0);
    registry.take(report, 1);
    registry.take({ ...REPORT, since: 1, counters: { calls: 100 } }, 2);
    expect(counted(registry, 2)).toEqual({ calls: 5 });
  }));

it("has no gauges of a realm that has not reported for two minutes, and its counters still", () =>
  inRegistry("r3", (registry) => {
    registry.take({ ...REPORT, counters: { calls: 5 } }, 0);
    registry.take({ ...REPORT, realm: "tenant-2", counters: { calls: 6 } }, MINUTE);
    expect(registry.sums(1.5 * MINUTE)).toEqual([
      {
        entry: "tenant-*",
        gauges: { sessions: 4, wamp_edge_awake_realms: 2, wamp_edge_report_age_seconds: 90 },
        counters: { calls: 11 },
      },
    ]);
    expect(registry.sums(2.5 * MINUTE)).toMatchObject([
      { gauges: { sessions: 2, wamp_edge_awake_realms: 1 }, counters: { calls: 11 } },
    ]);
    expect(registry.sums(4 * MINUTE)).toEqual([{ entry: "tenant-*", gauges: {}, counters: { calls: 11 } }]);
  }));

it("keeps one row for all realms of an entry that are silent for five minutes, and their counters", () =>
  inRegistry("r4", (registry, rows) => {
    for (let i = 0; i < 20; i++) registry.take({ ...REPORT, realm: `tenant-${i}`, counters: { calls: 1 } }, 0);
    registry.take({ ...REPORT, realm: "tenant-20", counters: { calls: 1 } }, 6 * MINUTE);
    expect(Array.from(rows.list(), ([key]) => key)).toEqual(["entry:tenant-*", "realm:tenant-20"]);
    expect(counted(registry, 6 * MINUTE)).toEqual({ calls: 21 });
  }));

it("counts nothing twice when a realm that stayed awake reports again after such a silence", () =>
  inRegistry("r5", (registry) => {
    registry.take({ ...REPORT, counters: { calls: 5 } }, 0);
    registry.take({ ...REPORT, realm: "tenant-2", counters: { calls: 0 } }, 6 * MINUTE);
    registry.take({ ...REPORT, isFirst: false, counters: { calls: 6 } }, 7 * MINUTE);
    registry.take({ ...REPORT, isFirst: false, counters: { calls: 9 } }, 8 * MINUTE);
    expect(counted(registry, 8 * MINUTE)).toEqual({ calls: 5 + 3 });
  }));
