/** One retained event, and how the events of a topic are stored (Event Retention). */

import type { Payload } from "../protocol/payload.ts";
import type { Dict, Id } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { retainedFromFormat1 } from "../stored-records/format-1.ts";
import { payloadField } from "../stored-records/stored-payload.ts";
import { type Format, field, list, optional, record, usually } from "../stored-records/stored-record.ts";
import * as is from "../stored-records/stored-values.ts";
import { EventFilter } from "./event-filter.ts";

/** An event that later subscribers get. */
export interface RetainedEvent {
  readonly publication: Id;
  /** When it was retained; milliseconds since the epoch. */
  readonly at: number;
  /** Details of the EVENT, without `retained` and `topic`. */
  readonly details: Dict;
  /** The options of PUBLISH that restrict receivers, if any; applied to each later subscriber. */
  readonly lists: Dict | undefined;
  /** The publisher's session id, where it does not get its own event; else 0. */
  readonly excluded: Id;
  /** When it expires, where the publisher set a lifetime; milliseconds since the epoch. */
  readonly until: number | undefined;
  readonly payload: Payload;
}

/** The events of one topic in a row, oldest first. */
export const RETAINED: Format<{ readonly events: readonly RetainedEvent[] }> = {
  kind: "retained",
  codec: record({
    events: field(
      "e",
      list(
        record<RetainedEvent>({
          publication: field("i", is.id),
          at: field("t", is.number),
          details: is.details("d"),
          lists: optional("l", is.dict),
          excluded: usually("x", is.count, 0),
          until: optional("u", is.number),
          payload: payloadField("p"),
        }),
      ),
    ),
  }),
  steps: [retainedFromFormat1],
};

/** Was the event retained at `oldest` or later, and has not expired at `now`? Milliseconds since the epoch. */
export function isCurrent({ at, until }: RetainedEvent, oldest: number, now: number): boolean {
  return at >= oldest && (until === undefined || until > now);
}

/** May the session receive the event (Publisher Exclusion; Subscriber Black- and Whitelisting)? */
export function isFor({ excluded, lists }: RetainedEvent, session: Session): boolean {
  return excluded !== session.id && (lists === undefined || EventFilter.of(lists)!.admits(session));
}
