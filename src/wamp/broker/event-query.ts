/** Queries an event log with the filters of `wamp.subscription.get_events` (Event History). */

import { matches } from "../matching/covering.ts";
import type { Match } from "../protocol/uri.ts";
import type { Id, Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { EventFilter } from "./event-filter.ts";
import type { EventLog } from "./event-log.ts";
import type { LoggedEvent } from "./logged-event.ts";

/** The conditions an event must meet, all of them; times in milliseconds since the epoch. */
export interface HistoryQuery {
  readonly isReversed: boolean;
  readonly limit: number;
  readonly fromTime: number | undefined;
  readonly afterTime: number | undefined;
  readonly beforeTime: number | undefined;
  readonly untilTime: number | undefined;
  /** Bounds by position in the log; no event meets a bound whose publication is not in the log. */
  readonly fromPublication: Id | undefined;
  readonly afterPublication: Id | undefined;
  readonly beforePublication: Id | undefined;
  readonly untilPublication: Id | undefined;
  readonly topic: Uri | undefined;
  /** The subscription's pattern; the log may cover more topics. */
  readonly within: { readonly match: Match; readonly uri: Uri };
}

/**
 * The events of a log that meet the conditions and that `session` may receive, in the order of arrival or the reverse.
 * The caller applies the query's limit; the log is read only as far as the caller takes events.
 */
export function* queryEvents(
  log: EventLog,
  query: HistoryQuery,
  session: Session,
): Generator<LoggedEvent, void, undefined> {
  for (const event of eventsBetween(log, query)) {
    if (meetsQuery(event, query) && mayReceive(event, session)) yield event;
  }
}

function meetsQuery({ time, topic }: LoggedEvent, query: HistoryQuery): boolean {
  if (query.topic !== undefined && query.topic !== topic) return false;
  if (!matches(query.within, topic)) return false;
  if (query.fromTime !== undefined && time < query.fromTime) return false;
  if (query.afterTime !== undefined && time <= query.afterTime) return false;
  if (query.beforeTime !== undefined && time >= query.beforeTime) return false;
  return query.untilTime === undefined || time <= query.untilTime;
}

/** Do the lists of PUBLISH admit the session that queries? */
function mayReceive({ lists }: LoggedEvent, session: Session): boolean {
  return lists === undefined || EventFilter.of(lists)!.admits(session);
}

/** One end of a range of positions: a publication, and whether it is in the range. */
interface Bound {
  readonly publication: Id;
  readonly isInclusive: boolean;
}

/** The events within the bounds, in the order of the query. */
function* eventsBetween(log: EventLog, query: HistoryQuery): Generator<LoggedEvent, void, undefined> {
  const older = [...boundsAt(query.fromPublication, true), ...boundsAt(query.afterPublication, false)];
  const newer = [...boundsAt(query.beforePublication, false), ...boundsAt(query.untilPublication, true)];
  const [near, far] = query.isReversed ? [newer, older] : [older, newer];
  if (!containsAll(log, far)) return;
  let awaited = near;
  for (const event of log.events(query.isReversed)) {
    if (isPassed(far, event, false)) return;
    awaited = awaited.filter(({ publication, isInclusive }) => publication !== event.publication || !isInclusive);
    if (awaited.length === 0) yield event;
    else awaited = awaited.filter(({ publication }) => publication !== event.publication);
    if (isPassed(far, event, true)) return;
  }
}

function isPassed(bounds: readonly Bound[], { publication }: LoggedEvent, isInclusive: boolean): boolean {
  return bounds.some((end) => end.publication === publication && end.isInclusive === isInclusive);
}

/** Does the log have all these publications? Searches the newest events first, where most pages of a client are. */
function containsAll(log: EventLog, bounds: readonly Bound[]): boolean {
  if (bounds.length === 0) return true;
  const missing = new Set(bounds.map(({ publication }) => publication));
  for (const { publication } of log.events(true)) {
    if (missing.delete(publication) && missing.size === 0) return true;
  }
  return false;
}

function boundsAt(publication: Id | undefined, isInclusive: boolean): Bound[] {
  return publication === undefined ? [] : [{ publication, isInclusive }];
}
