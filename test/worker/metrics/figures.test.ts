/** Figures of one realm, from the result of wamp.edge.stats. */

import { expect, it } from "vitest";
import type { Stats } from "../../../src/wamp/meta/console-procedures.ts";
import { figuresOf } from "../../../src/worker/metrics/figures.ts";

const STATS: Stats = {
  realm: "realm1",
  time: "2026-01-01T00:01:00.000Z",
  since: "2026-01-01T00:00:00.000Z",
  sessions: 1,
  parked_sessions: 2,
  handshakes: 3,
  subscriptions: 4,
  registrations: 5,
  open_calls: 6,
  queued_calls: 7,
  messages: { received: { CALL: 8 }, sent: { RESULT: 9, ERROR: 1 } },
  errors: { "wamp.error.timeout": 1, "com.shop.sold_out": 2, 'com."quoted"\\': 3, "*": 4 },
  logins: { ticket: { admitted: 10, refused: 11 } },
  limits: {
    requests: 0,
    rates: 12,
    sessions: 0,
    handshakes: 0,
    failed_logins: 0,
    message_bytes: 0,
    outgoing_bytes: 0,
    undecided_bytes: 0,
  },
  capacity: {
    sessions: { used: 2, limit: 9 },
    handshakes: { used: 0, limit: 9 },
    realm_bytes: { used: 0, limit: 9 },
    session_bytes: { used: 0, limit: 9 },
  },
  call_latency: { bounds_ms: [1, 2, 1_000], counts: [3, 0, 2, 1], sum_ms: 2_500, calls: 100 },
  bytes: { received: 13, sent: 14 },
  frames_received: 15,
  rows_written: 16,
  wakes: 3,
  rates: [],
};

it("counters have the labels of the documentation", () => {
  const { counters } = figuresOf(STATS);
  expect(counters).toMatchObject({
    'wamp_edge_messages_total{direction="received",type="CALL"}': 8,
    'wamp_edge_messages_total{direction="sent",type="ERROR"}': 1,
    'wamp_edge_bytes_total{direction="sent"}': 14,
    wamp_edge_frames_received_total: 15,
    'wamp_edge_logins_total{method="ticket",outcome="refused"}': 11,
    'wamp_edge_limits_total{limit="rates"}': 12,
    wamp_edge_wakes_total: 1,
  });
});

it("error URIs that are not predefined are counted as *, so that callees cannot make series", () => {
  const errors = Object.entries(figuresOf(STATS).counters).filter(([series]) => series.startsWith("wamp_edge_errors"));
  expect(errors).toEqual([
    ['wamp_edge_errors_total{uri="wamp.error.timeout"}', 1],
    ['wamp_edge_errors_total{uri="*"}', 9],
  ]);
});

it("the histogram of calls has cumulative buckets in seconds", () => {
  const entries = Object.entries(figuresOf(STATS).counters);
  expect(entries.filter(([series]) => series.startsWith("wamp_edge_call_duration"))).toEqual([
    ['wamp_edge_call_duration_seconds_bucket{le="0.001"}', 3],
    ['wamp_edge_call_duration_seconds_bucket{le="0.002"}', 3],
    ['wamp_edge_call_duration_seconds_bucket{le="1"}', 5],
    ['wamp_edge_call_duration_seconds_bucket{le="+Inf"}', 6],
    ["wamp_edge_call_duration_seconds_sum", 2.5],
    ["wamp_edge_call_duration_seconds_count", 6],
  ]);
});
