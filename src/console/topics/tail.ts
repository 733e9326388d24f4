/** The live tail of a topic: a subscription of the console's own session, with the retained events at its start. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { ChannelSession } from "../../client/channel-session.ts";
import type { Dict, Id, List, Uri } from "../../wamp/protocol/values.ts";
import { type Fault, faultOf } from "../session/connection.ts";

/** Events that are kept; the oldest are dropped. */
const MOST_EVENTS = 100;
/** Retained events that are kept, of topics that a pattern matches. */
const MOST_RETAINED = 100;
/** Milliseconds between two refreshes of the page, however many events come. */
const REFRESH_MS = 200;

/** An event, with the time when the browser got it. */
export interface TailEvent {
  /** Counts the events of the tail. */
  readonly index: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly topic: Uri;
  readonly publication: Id;
  readonly args: List;
  readonly kwargs: Dict;
  /** EVENT.Details without those above. */
  readonly details: Dict;
}

/** What has come so far, the latest events first. */
export interface Tail {
  readonly events: readonly TailEvent[];
  readonly retained: readonly TailEvent[];
  /** Events since the start, also those that came during a pause. */
  readonly total: number;
  /** The subscription; undefined until the router has answered. */
  readonly subscription: Id | undefined;
  readonly fault: Fault | undefined;
}

const EMPTY: Tail = { events: [], retained: [], total: 0, subscription: undefined, fault: undefined };

/** Subscribes while the page shows the topic. During a pause events are counted, but not kept. */
export function useTail(session: ChannelSession, topic: Uri, match: string, isPaused: boolean): Tail {
  const [tail, setTail] = useState(EMPTY);
  const paused = useRef(isPaused);
  paused.current = isPaused;
  useEffect(() => {
    const current = { events: [] as TailEvent[], retained: [] as TailEvent[], total: 0 };
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const refresh = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setTail((former) => ({ ...former, ...current, events: [...current.events], retained: [...current.retained] }));
      }, REFRESH_MS);
    };
    const take = (args: List, kwargs: Dict, given: Dict): void => {
      const { topic: of, publication, retained, ...details } = given as Dict & { topic: Uri; publication: Id };
      const event = { index: current.total, time: Date.now(), topic: of, publication, args, kwargs, details };
      if (retained === true) current.retained = [event, ...current.retained].slice(0, MOST_RETAINED);
      else {
        current.total++;
        if (!paused.current) current.events = [event, ...current.events].slice(0, MOST_EVENTS);
      }
      if (!isOver) refresh();
    };
    setTail(EMPTY);
    const subscribing = session.subscribe(topic, take, { match, get_retained: true });
    subscribing.then(
      ({ id }) => !isOver && setTail((former) => ({ ...former, subscription: id })),
      (error) => !isOver && setTail((former) => ({ ...former, fault: faultOf(error) })),
    );
    return () => {
      isOver = true;
      clearTimeout(timer);
      // A session that has ended has no subscriptions.
      subscribing.then((subscription) => session.unsubscribe(subscription)).catch(() => {});
    };
  }, [session, topic, match]);
  return tail;
}
