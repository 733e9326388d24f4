/** The figures of one realm as series of Prometheus, without the label `realm`. */

import type { Stats } from "../../wamp/meta/console-procedures.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";

/** Series, such as `wamp_edge_bytes_total{direction="sent"}` → value. */
export type SeriesValues = Readonly<Record<string, number>>;

/** What a realm reports. */
export interface Figures {
  readonly gauges: SeriesValues;
  /** They count from the moment the realm woke. */
  readonly counters: SeriesValues;
}

const GAUGES = [
  "sessions",
  "parked_sessions",
  "handshakes",
  "subscriptions",
  "registrations",
  "open_calls",
  "queued_calls",
] as const;

const PREDEFINED: ReadonlySet<string> = new Set(Object.values(WampUri));

/** Reads the figures from the result of `wamp.edge.stats`. Values of labels are words of the router's source. */
export function figuresOf(stats: Stats): Figures {
  const { messages, bytes, frames_received, rows_written, logins, limits } = stats;
  const errors: Record<string, number> = {};
  for (const [uri, count] of Object.entries(stats.errors)) {
    // The URIs of callees would be labels without bound.
    const label = PREDEFINED.has(uri) ? uri : "*";
    errors[label] = (errors[label] ?? 0) + count;
  }
  return {
    gauges: Object.fromEntries(GAUGES.map((name) => [`wamp_edge_${name}`, stats[name]])),
    counters: {
      ...seriesOf("messages", ["direction", "type"], messages),
      ...seriesOf("bytes", ["direction"], bytes ?? {}),
      ...seriesOf("frames_received", [], frames_received ?? 0),
      ...seriesOf("rows_written", [], rows_written ?? 0),
      ...seriesOf("wakes", [], 1),
      ...seriesOf("errors", ["uri"], errors),
      ...seriesOf("logins", ["method", "outcome"], logins),
      ...seriesOf("limits", ["limit"], limits),
      ...latencySeries(stats.call_latency),
    },
  };
}

/** Adds each value of `more` to that of the same series in `values`, `factor` times. */
export function addSeries(values: SeriesValues, more: SeriesValues, factor = 1): SeriesValues {
  const sums: Record<string, number> = { ...values };
  for (const [series, value] of Object.entries(more)) sums[series] = (sums[series] ?? 0) + factor * value;
  return sums;
}

/** The histogram of calls; a bucket of Prometheus includes those below it. */
function latencySeries({ bounds_ms, counts, sum_ms }: Stats["call_latency"]): SeriesValues {
  const name = "wamp_edge_call_duration_seconds";
  const series: Record<string, number> = {};
  let calls = 0;
  for (const [bucket, count] of counts.entries()) {
    const bound = bounds_ms[bucket];
    series[`${name}_bucket{le="${bound === undefined ? "+Inf" : bound / 1000}"}`] = calls += count;
  }
  return { ...series, [`${name}_sum`]: sum_ms / 1000, [`${name}_count`]: calls };
}

/** A count, or a dict of them: label → counts. */
type Counts = number | object;

/** The series of a counter; each level of dicts is a label. */
function seriesOf(name: string, labels: readonly string[], counts: Counts, values = ""): SeriesValues {
  if (typeof counts === "number") return { [`wamp_edge_${name}_total${values && `{${values}}`}`]: counts };
  const [label, ...others] = labels;
  const comma = values && ",";
  return Object.assign(
    {},
    ...Object.entries<Counts>({ ...counts }).map(([value, inner]) => {
      return seriesOf(name, others, inner, `${values}${comma}${label}="${value}"`);
    }),
  );
}
