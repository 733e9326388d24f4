/** The procedure that returns the events of a subscription (Event History). */

import type { HistoryQuery } from "../broker/event-query.ts";
import { queryEvents } from "../broker/event-query.ts";
import type { LoggedEvent } from "../broker/logged-event.ts";
import type { Subscription } from "../broker/subscriptions.ts";
import { isId } from "../protocol/id.ts";
import { Payload } from "../protocol/payload.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { isBoolean, isString, optionalArgument, optionalKeyword } from "./arguments.ts";
import type { MetaContext } from "./meta-context.ts";
import type { MetaProcedure, MetaReply } from "./meta-procedure.ts";
import { subscriptionArgument } from "./subscription-procedures.ts";

/** `wamp.subscription.get_events`. */
export const HISTORY_PROCEDURES: Readonly<Record<Uri, MetaProcedure>> = { "wamp.subscription.get_events": getEvents };

/** Events in one RESULT, and characters or bytes of their payloads; one event is always sent. */
const PAGE_EVENTS = 1_000;
const PAGE_BYTES = 524_288;

/** RESULTs for one call that takes progressive ones: together a quarter of the default limit of unread bytes. */
const MAX_PAGES = 16;

/**
 * Returns the events of a subscription that the caller could make: Arguments is the list of them. An answer that a
 * limit cuts short, the caller's or that of one RESULT, has `is_limit_reached` in ArgumentsKw; the caller continues
 * with `after_publication`, or `before_publication` in reverse. A subscription without a log of its own has the events
 * of the log that covers all its topics, or none (HIS-18).
 */
function getEvents(context: MetaContext, caller: Session, payload: Payload, options: Dict): Payload | MetaReply {
  const subscription = subscriptionArgument(context, payload);
  context.access.permit(caller, "subscribe", subscription.topic, subscription.match);
  const query = queryIn(payload, subscription);
  const log = context.broker.logOf(subscription);
  if (log === undefined) return Payload.NONE;
  const maxPages = options.receive_progress === true ? MAX_PAGES : 1;
  const { pages, isLimitReached } = paginateEvents(queryEvents(log, query, caller), query.limit, maxPages);
  const answers = pages.map((events) => events.map((event) => eventDict(event, subscription)));
  const last = Payload.of(answers.pop(), isLimitReached ? { is_limit_reached: true } : {});
  return { progress: answers.map((events) => Payload.of(events)), payload: last };
}

/** Reads the arguments: `limit` may be positional, as in Crossbar.io; all others are keywords. */
function queryIn(payload: Payload, { match, topic }: Subscription): HistoryQuery {
  return {
    isReversed: optionalKeyword(payload, "reverse", isBoolean) ?? false,
    limit:
      optionalKeyword(payload, "limit", isId) ??
      optionalArgument(payload, 1, "limit", isId) ??
      Number.POSITIVE_INFINITY,
    fromTime: timeKeyword(payload, "from_time"),
    afterTime: timeKeyword(payload, "after_time"),
    beforeTime: timeKeyword(payload, "before_time"),
    untilTime: timeKeyword(payload, "until_time"),
    fromPublication: optionalKeyword(payload, "from_publication", isId),
    afterPublication: optionalKeyword(payload, "after_publication", isId),
    beforePublication: optionalKeyword(payload, "before_publication", isId),
    untilPublication: optionalKeyword(payload, "until_publication", isId),
    topic: optionalKeyword(payload, "topic", isString),
    within: { match, uri: topic },
  };
}

function timeKeyword(payload: Payload, name: string): number | undefined {
  const text = optionalKeyword(payload, name, isTimestamp);
  return text === undefined ? undefined : Date.parse(text.toUpperCase());
}

/** RFC 3339, section 5.6, except dates that JavaScript has not (a leap second, the 30th of February). */
function isTimestamp(value: unknown): value is string {
  return isString(value) && TIMESTAMP.test(value) && isRealDate(value);
}

const TIMESTAMP = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

function isRealDate(text: string): boolean {
  if (Number.isNaN(Date.parse(text.toUpperCase()))) return false;
  // Date.parse takes the 30th of February for the 1st or 2nd of March.
  const [year, month, day] = [text.slice(0, 4), text.slice(5, 7), text.slice(8, 10)].map(Number) as [
    number,
    number,
    number,
  ];
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

interface Pages {
  readonly pages: readonly (readonly LoggedEvent[])[];
  /** Says whether the log has more events than the pages. */
  readonly isLimitReached: boolean;
}

/** Puts the first `limit` events into at most `maxPages` pages; at least one page, which may be empty. */
function paginateEvents(events: Iterable<LoggedEvent>, limit: number, maxPages: number): Pages {
  const pages: LoggedEvent[][] = [[]];
  let count = 0;
  let bytes = 0;
  for (const event of events) {
    const page = pages.at(-1)!;
    if (count === limit) return { pages, isLimitReached: true };
    bytes += event.payload.size;
    count++;
    if (page.length === 0 || (page.length < PAGE_EVENTS && bytes <= PAGE_BYTES)) {
      page.push(event);
      continue;
    }
    if (pages.length === maxPages) return { pages, isLimitReached: true };
    pages.push([event]);
    bytes = event.payload.size;
  }
  return { pages, isLimitReached: false };
}

function eventDict({ publication, time, topic, details, payload }: LoggedEvent, { id, match }: Subscription): Dict {
  const { args, kwargs } = payload.length === 0 ? {} : payload.exact;
  return {
    timestamp: new Date(time).toISOString(),
    subscription: id satisfies Id,
    publication,
    details: match === "exact" ? details : { ...details, topic },
    ...(args !== undefined && { args }),
    ...(kwargs !== undefined && { kwargs }),
  };
}
