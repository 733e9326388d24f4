/** The live tail of a topic: a subscription of the console's own session, with the retained events at its start. */

import { useLayoutEffect, useState } from "preact/hooks";
import type { ChannelSession } from "../../client/channel-session.ts";
import type { Dict, Id, List, Uri } from "../../wamp/protocol/values.ts";
import { MessageLog } from "../live/message-log.ts";
import { type Fault, faultOf } from "../session/connection.ts";
import { eventMessage } from "./event-message.ts";

/** What has come so far. */
export interface Tail {
  readonly events: MessageLog;
  /** The retained events; those of a pattern may be many. */
  readonly retained: MessageLog;
  /** The subscription; undefined until the router has answered. */
  readonly subscription: Id | undefined;
  readonly fault: Fault | undefined;
}

/** Subscribes while the page shows the topic and `isOn` is true. */
export function useTail(session: ChannelSession, topic: Uri, match: string, isOn: boolean): Tail {
  const [tail, setTail] = useState<Tail>(newTail);
  // The subscription ends before any effect asks who subscribes.
  useLayoutEffect(() => {
    if (!isOn) return undefined;
    const fresh = newTail();
    let isOver = false;
    const take = (args: List, kwargs: Dict, { retained, ...details }: Dict): void => {
      const message = eventMessage({ time: Date.now(), args, kwargs, details }, match !== "exact");
      // The router does not say since when an event is retained.
      if (retained === true) fresh.retained.add({ ...message, time: "retained" });
      else fresh.events.add(message);
    };
    setTail(fresh);
    const subscribing = session.subscribe(topic, take, { match, get_retained: true });
    subscribing.then(
      ({ id }) => !isOver && setTail({ ...fresh, subscription: id }),
      (error) => !isOver && setTail({ ...fresh, fault: faultOf(error) }),
    );
    return () => {
      isOver = true;
      // A session that has ended has no subscriptions.
      subscribing.then((subscription) => session.unsubscribe(subscription)).catch(() => {});
    };
  }, [session, topic, match, isOn]);
  return tail;
}

function newTail(): Tail {
  return { events: new MessageLog(), retained: new MessageLog(), subscription: undefined, fault: undefined };
}
