/** Data points of a realm for Workers Analytics Engine, as docs/monitoring.md describes their fields. */

import { utf8 } from "../../wamp/crypto/encoding.ts";
import type { SeriesValues } from "./figures.ts";

/** Bytes of an index, of which the platform takes 96 (Workers Analytics Engine: Limits): a cut character becomes three. */
const MAX_INDEX_BYTES = 93;

/** double2 and following, without `wamp_edge_`: series, or labels of all series to sum up. */
const DOUBLES = [
  "sessions",
  "parked_sessions",
  "subscriptions",
  "registrations",
  "open_calls",
  'messages_total{direction="received"',
  'messages_total{direction="sent"',
  'bytes_total{direction="received"',
  'bytes_total{direction="sent"',
  'messages_total{direction="received",type="CALL"',
  'messages_total{direction="received",type="PUBLISH"',
  'messages_total{direction="sent",type="EVENT"',
  "errors_total",
  'outcome="admitted"',
  'outcome="refused"',
  "limits_total",
  "rows_written_total",
  "wakes_total",
];

/** The point of a realm: `values` are its gauges, and what its counters gained in so many seconds. */
export function dataPoint(
  realm: string,
  entry: string,
  seconds: number,
  values: SeriesValues,
): AnalyticsEngineDataPoint {
  const series = Object.entries(values);
  return {
    indexes: [new TextDecoder().decode(utf8(realm).slice(0, MAX_INDEX_BYTES))],
    blobs: [realm, entry],
    doubles: [
      seconds,
      ...DOUBLES.map((part) => {
        return series.reduce((sum, [name, value]) => (isPart(name, part) ? sum + value : sum), 0);
      }),
    ],
  };
}

function isPart(series: string, part: string): boolean {
  return part.startsWith("outcome") ? series.includes(part) : series.startsWith(`wamp_edge_${part}`);
}
