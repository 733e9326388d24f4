/** Data points of Analytics Engine. */

import { expect, it } from "vitest";
import { dataPoint } from "../../../src/worker/metrics/data-point.ts";

const VALUES = {
  wamp_edge_sessions: 2,
  wamp_edge_parked_sessions: 3,
  wamp_edge_handshakes: 100,
  wamp_edge_subscriptions: 4,
  wamp_edge_registrations: 5,
  wamp_edge_open_calls: 6,
  'wamp_edge_messages_total{direction="received",type="CALL"}': 11,
  'wamp_edge_messages_total{direction="received",type="PUBLISH"}': 12,
  'wamp_edge_messages_total{direction="sent",type="EVENT"}': 13,
  'wamp_edge_messages_total{direction="sent",type="RESULT"}': 1,
  'wamp_edge_bytes_total{direction="received"}': 9,
  'wamp_edge_bytes_total{direction="sent"}': 10,
  wamp_edge_frames_received_total: 100,
  wamp_edge_rows_written_total: 18,
  wamp_edge_wakes_total: 1,
  'wamp_edge_errors_total{uri="*"}': 7,
  'wamp_edge_errors_total{uri="wamp.error.timeout"}': 7,
  'wamp_edge_logins_total{method="ticket",outcome="admitted"}': 15,
  'wamp_edge_logins_total{method="ticket",outcome="refused"}': 10,
  'wamp_edge_logins_total{method="none",outcome="refused"}': 6,
  'wamp_edge_limits_total{limit="rates"}': 17,
};

it("a data point has its fields where the documentation says", () => {
  expect(dataPoint("tenant-1", "tenant-*", 60, VALUES)).toEqual({
    indexes: ["tenant-1"],
    blobs: ["tenant-1", "tenant-*"],
    doubles: [60, 2, 3, 4, 5, 6, 23, 14, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 1],
  });
});

it("the index of a realm with a long name has at most 96 bytes, and the blob has the whole name", () => {
  for (const name of ["a".repeat(200), "日".repeat(200), `a${"日".repeat(200)}`, "𝒳".repeat(200)]) {
    const { indexes, blobs } = dataPoint(name, name, 60, {});
    expect(new TextEncoder().encode(indexes![0] as string).length).toBeLessThanOrEqual(96);
    expect(blobs![0]).toBe(name);
  }
});
