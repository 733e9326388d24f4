/** Adds up the statistics of the objects of a realm. */

import type { Stats } from "../../meta/console-procedures.ts";
import type { Dict } from "../../protocol/values.ts";

/** An interval of `rates`, as the statistics have it. */
interface Interval {
  /** Its end, in the format of ISO 8601. */
  readonly time: string;
  readonly seconds: number;
  readonly received: Readonly<Record<string, number>>;
  readonly sent: Readonly<Record<string, number>>;
}

/** The statistics of one object. */
export interface ObjectStats {
  readonly name: string;
  readonly stats: Stats;
}

/**
 * The statistics of a realm: those of the core, which comes first, with the sums of all objects, and a list of those of
 * each object. `subscriptions` are counted once, wherever they have subscribers.
 */
export function mergeStats(objects: readonly ObjectStats[], subscriptions: number): Dict {
  const [core] = objects;
  const all = objects.map(({ stats }) => stats);
  const sums = all.reduce((sum, stats) => add(sum, stats) as Stats);
  const { realm, time, since } = core!.stats;
  return {
    ...sums,
    ...{ realm, time, since, subscriptions },
    capacity: {
      ...sums.capacity,
      session_bytes: {
        used: Math.max(...all.map(({ capacity }) => capacity.session_bytes.used)),
        limit: core!.stats.capacity.session_bytes.limit,
      },
    },
    call_latency: { ...sums.call_latency, bounds_ms: core!.stats.call_latency.bounds_ms },
    rates: mergeRates(all.map(({ rates }) => rates as readonly Interval[])),
    objects: objects.map(({ name, stats }) => ({ object: name, ...stats })),
  };
}

/** Adds numbers at the same place of two values; of other values the first one stays. */
function add(one: unknown, other: unknown): unknown {
  if (typeof one === "number" && typeof other === "number") return one + other;
  if (one === undefined) return other;
  if (Array.isArray(one) && Array.isArray(other)) return one.map((each, index) => add(each, other[index]));
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return one;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  const fields = Array.from(keys, (key) => [key, add((one as Dict)[key], (other as Dict)[key])] as const);
  return Object.fromEntries(fields);
}

/** The intervals of the object that has counted for the longest time; those of others are spread over them. */
function mergeRates(lists: readonly (readonly Interval[])[]): Interval[] {
  const known = lists.filter((list) => list.length > 0).sort((a, b) => beginOf(a[0]!) - beginOf(b[0]!));
  return (known[0] ?? []).map((interval) => {
    const rates = known.flat().map((other) => ({ other, share: overlap(interval, other) / interval.seconds }));
    const sumOf = (direction: "received" | "sent"): Record<string, number> => {
      const sum: Record<string, number> = {};
      for (const { other, share } of rates) {
        if (share <= 0) continue;
        for (const [type, rate] of Object.entries(other[direction])) sum[type] = (sum[type] ?? 0) + rate * share;
      }
      return Object.fromEntries(Object.entries(sum).map(([type, rate]) => [type, Math.round(1000 * rate) / 1000]));
    };
    return { ...interval, received: sumOf("received"), sent: sumOf("sent") };
  });
}

/** Seconds that two intervals share. */
function overlap(one: Interval, other: Interval): number {
  return Math.min(endOf(one), endOf(other)) - Math.max(beginOf(one), beginOf(other));
}

function endOf({ time }: Interval): number {
  return Date.parse(time) / 1000;
}

function beginOf(interval: Interval): number {
  return endOf(interval) - interval.seconds;
}
