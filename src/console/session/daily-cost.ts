/** Estimates what a day of the realm's present traffic costs, by the formula of docs/costs.md. */

import type { Stats } from "./stats.ts";

/** One row of the estimate. */
export interface CostItem {
  readonly what: string;
  /** In a day, at the rate since the realm woke. */
  readonly count: number;
  readonly dollarsPerMillion: number;
  readonly dollars: number;
}

const DAY = 86_400;
/** Messages that change a record, which keeps the object awake until the record is saved. */
const CHANGES = ["CALL", "SUBSCRIBE", "UNSUBSCRIBE", "REGISTER", "UNREGISTER"];
/** Gigabytes that an object in memory is billed for. */
const OBJECT_GB = 0.128;
/** How long the sender of a batch is awake until the answer has come, between regions. */
const BATCH_SECONDS = 0.1;

/**
 * Returns the rows, of all objects together; what the plan includes is not subtracted, as it is for the whole account.
 */
export function dailyCost(stats: Stats): CostItem[] {
  // Each object has counted since a time of its own.
  const objects = (stats.objects ?? [stats]).map(costOfObject);
  return objects[0]!.map(({ what, dollarsPerMillion }, row) => {
    return item(
      what,
      objects.reduce((sum, items) => sum + items[row]!.count, 0),
      dollarsPerMillion,
    );
  });
}

function costOfObject({
  time,
  since,
  messages,
  frames_received: frames = 0,
  rows_written: rows = 0,
  logins,
  links,
}: Stats): CostItem[] {
  const seconds = Math.max(1, (Date.parse(time) - Date.parse(since)) / 1000);
  const perDay = (count: number): number => (count * DAY) / seconds;
  const connections = Object.values(logins).reduce((sum, { admitted, refused }) => sum + admitted + refused, 0);
  // A row is a stored event, as a rule, and the object stays awake until it is written.
  const changes = CHANGES.reduce((sum, type) => sum + (messages.received[type] ?? 0), connections + rows);
  const sent = Object.values(messages.sent).reduce((sum, count) => sum + count, 0);
  const batches = links?.batches ?? { received: 0, sent: 0 };
  const handling = frames * 0.0001 + sent * 0.000025 + changes * 0.25 + batches.sent * BATCH_SECONDS;
  return [
    item("Worker requests: connections", perDay(connections), 0.3),
    item(
      `Object requests: connections, and 1/20 of each message of a client${links === undefined ? "" : "; batches of other objects"}`,
      perDay(connections + frames / 20 + batches.received),
      0.15,
    ),
    item("GB-s: time in which the object works", Math.min(DAY, perDay(handling)) * OBJECT_GB, 12.5),
    item("Rows written", perDay(rows), 1),
  ];
}

function item(what: string, count: number, dollarsPerMillion: number): CostItem {
  return { what, count, dollarsPerMillion, dollars: (count / 1e6) * dollarsPerMillion };
}
