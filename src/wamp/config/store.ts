/** The configuration of what a realm keeps: event history, in Crossbar.io's words, and retained events. */

import * as v from "valibot";
import { isReservedUri, isValidUri, type Match } from "../protocol/uri.ts";
import { integer } from "./fields.ts";
import { matchSchema } from "./permission.ts";
import { closed } from "./shape.ts";

const positive = integer(1);

const topics = { uri: v.string(), match: v.optional(matchSchema, "exact") };

interface Topics {
  readonly uri: string;
  readonly match: Match;
}

const INVALID = "must have a uri that is valid for its match";

/** Which events are kept: at most `limit` of them, for `max_age` seconds. */
const eventHistory = v.pipe(
  closed({ ...topics, limit: v.optional(positive, 100), max_age: v.exactOptional(positive) }),
  v.check((entry) => isValid(entry), INVALID),
  v.check(
    ({ uri }) => !isReservedUri(uri),
    "cannot be about wamp topics: what the router itself publishes is not kept",
  ),
);

function isValid({ uri, match }: Topics): boolean {
  return isValidUri(uri, "loose", match);
}

function isFirst({ uri, match }: Topics, index: number, entries: readonly Topics[]): boolean {
  return entries.findIndex((other) => other.uri === uri && other.match === match) === index;
}

const retain = closed({
  /** Topics with retained events: as many as a busy site has sensors, and found in milliseconds. */
  limit: v.optional(positive, 10_000),
  /** Bytes of retained events: little beside the 10 GB an object may store, and a good part of what it can look through. */
  max_bytes: v.optional(positive, 67_108_864),
  /** Seconds until a retained event is forgotten; forever where it is absent. */
  max_age: v.exactOptional(positive),
  /** Retained events one SUBSCRIBE to a pattern brings at most, the latest ones. */
  replay: v.optional(positive, 1_000),
  /** Topics on which `retain` is ignored. */
  decline: v.optional(
    v.array(
      v.pipe(
        closed(topics),
        v.check((entry) => isValid(entry), INVALID),
      ),
    ),
    [],
  ),
});

/** How many calls wait when every callee of a procedure is at its `concurrency`. */
const callQueue = v.pipe(
  closed({ ...topics, limit: v.optional(positive, 1_000) }),
  v.check((entry) => isValid(entry), INVALID),
);

/** A realm's `store`. */
export const storeSchema = closed({
  "event-history": v.optional(
    v.pipe(
      v.array(eventHistory),
      v.checkItems((entry, index, all) => isFirst(entry, index, all), "is there twice"),
    ),
    [],
  ),
  "call-queue": v.optional(
    v.pipe(
      v.array(callQueue),
      v.checkItems((entry, index, all) => isFirst(entry, index, all), "is there twice"),
    ),
    [],
  ),
  retain: v.optional(retain, {}),
});
