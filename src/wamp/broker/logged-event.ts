/** One event of an event history, and how it is stored (Event History). */

import type { Payload } from "../protocol/payload.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import { eventFromFormat1 } from "../stored-records/format-1.ts";
import { payloadField } from "../stored-records/stored-payload.ts";
import { type Format, field, optional, record } from "../stored-records/stored-record.ts";
import * as is from "../stored-records/stored-values.ts";
import { listsOf } from "./event-filter.ts";

/** A publication as event logs keep it. */
export interface LoggedEvent {
  readonly publication: Id;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly topic: Uri;
  /** Details of the EVENT, without `topic`, which depends on the subscription. */
  readonly details: Dict;
  /** The options of PUBLISH that name authids and authroles, if any; applied to each session that queries the log. */
  readonly lists: Dict | undefined;
  readonly payload: Payload;
}

/** A line of a log. */
export const EVENT: Format<LoggedEvent> = {
  kind: "event",
  codec: record<LoggedEvent>({
    publication: field("i", is.id),
    time: field("t", is.number),
    topic: field("u", is.text),
    details: is.details("d"),
    lists: optional("l", is.dict),
    payload: payloadField("p"),
  }),
  steps: [eventFromFormat1],
};

/**
 * Do logs keep a publication with these options? Not if they name session ids, which mean other sessions by the time
 * the log is queried (Event History: Security Aspects).
 */
export function isLoggable(options: Dict): boolean {
  return !Array.isArray(options.exclude) && !Array.isArray(options.eligible);
}

/** A publication as logs keep it; `options` are those of PUBLISH. */
export function loggedEvent(
  publication: Id,
  time: number,
  topic: Uri,
  options: Dict,
  details: Dict,
  payload: Payload,
): LoggedEvent {
  return { publication, time, topic, details, lists: listsOf(options), payload };
}
