/** What a list shows of an event: one as it came, a retained one, or one of the history. */

import type { Dict, Id, List, Uri } from "../../wamp/protocol/values.ts";
import type { LiveMessage } from "../live/message-log.ts";
import { formatTime } from "../widgets/format.ts";

/** An event that the page has. */
export interface TopicEvent {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly args: List;
  readonly kwargs: Dict;
  /** EVENT.Details, with the publication id. */
  readonly details: Dict;
}

/** Makes the message of a list. The topic is shown where `hasPattern` says that it may be any of several. */
export function eventMessage({ time, args, kwargs, details }: TopicEvent, hasPattern: boolean): LiveMessage {
  const { topic, publisher, publisher_authid: authid, ...facts } = details as Dict & { topic?: Uri; publisher?: Id };
  const hasPayload = args.length > 0 || Object.keys(kwargs).length > 0;
  return {
    time: formatTime(time),
    ...(typeof authid === "string" && { way: "from", who: authid }),
    ...(hasPattern && topic !== undefined && { uri: topic }),
    args,
    kwargs,
    ...(!hasPayload && { note: "no arguments" }),
    ...(publisher !== undefined && { session: publisher }),
    facts: { ...facts, ...(publisher === undefined && { publisher: "not disclosed" }) },
  };
}
