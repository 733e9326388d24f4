/** The schema of `store`: event history (with Crossbar.io's keys), call queues and retained events. */

import * as v from "valibot";
import { isReservedUri, type Pattern } from "../protocol/uri.ts";
import { integer, patternEntries, validPattern } from "./fields.ts";
import { closed } from "./shape.ts";

const positive = integer(1);

/** The fault of an entry whose `uri` and `match` an earlier one has. */
const TWICE = "occurs twice";

/** Topics whose events are stored: at most `limit` events, for `max_age` seconds. */
const eventHistory = v.pipe(
  closed({ ...patternEntries, limit: v.optional(positive, 100), max_age: v.exactOptional(positive) }),
  validPattern(),
  v.check(({ uri }) => !isReservedUri(uri), "must not cover wamp topics: events of the router are not stored"),
);

function isFirst({ uri, match }: Pattern, index: number, entries: readonly Pattern[]): boolean {
  return entries.findIndex((other) => other.uri === uri && other.match === match) === index;
}

const retain = closed({
  /** Topics with retained events: enough for the sensors of a busy site, and searched in milliseconds. */
  limit: v.optional(positive, 10_000),
  /**
   * Bytes of retained events: little of the 10 GB an object may store, and as much as it can search in reasonable time.
   */
  max_bytes: v.optional(positive, 67_108_864),
  /** Seconds until a retained event is removed; never if absent. */
  max_age: v.exactOptional(positive),
  /** Most retained events sent for one SUBSCRIBE to a pattern, the latest ones. */
  replay: v.optional(positive, 1_000),
  /** Topics on which `retain` is ignored. */
  decline: v.optional(v.array(v.pipe(closed(patternEntries), validPattern())), []),
});

/** Procedures whose calls wait while every callee is at its `concurrency`: at most `limit` calls. */
const callQueue = v.pipe(closed({ ...patternEntries, limit: v.optional(positive, 1_000) }), validPattern());

/** `store` of a realm. */
export const storeSchema = closed({
  "event-history": v.optional(
    v.pipe(
      v.array(eventHistory),
      v.checkItems((entry, index, all) => isFirst(entry, index, all), TWICE),
    ),
    [],
  ),
  "call-queue": v.optional(
    v.pipe(
      v.array(callQueue),
      v.checkItems((entry, index, all) => isFirst(entry, index, all), TWICE),
    ),
    [],
  ),
  retain: v.optional(retain, {}),
});
