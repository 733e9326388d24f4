/** What a topic carries: its subscribers, retained events, history, and events as they come. */

import { useState } from "preact/hooks";
import type { ChannelSession, SessionDetails } from "../../client/channel-session.ts";
import type { Dict, Id, List, Uri } from "../../wamp/protocol/values.ts";
import { holdersOf } from "../realm/meta.ts";
import { useAnswer } from "../session/calls.ts";
import { linkTo } from "../session/location.ts";
import { payloadText } from "../widgets/code.ts";
import { formatCount, formatTime } from "../widgets/format.ts";
import { type Child, html } from "../widgets/html.ts";
import { Empty, FaultNotice } from "../widgets/notice.ts";
import { Table } from "../widgets/table.ts";
import { shorten, Uri as UriText } from "../widgets/uri.ts";
import { type TailEvent, useTail } from "./tail.ts";

/** Events of the history that are shown. */
const HISTORY = 20;
/** Characters of a payload in a list. */
const MOST_SHOWN = 300;

interface PanelProps {
  readonly session: ChannelSession;
  readonly topic: Uri;
  readonly match: string;
}

/** Shows one topic, or the topics of a pattern. The console subscribes to it meanwhile. */
export function TopicPanel({ session, topic, match }: PanelProps): Child {
  const [isPaused, setPaused] = useState(false);
  const { events, retained, total, subscription, fault } = useTail(session, topic, match, isPaused);
  const hasPattern = match !== "exact";
  return html`<section class="card" aria-label="Topic">
      <div class="row"><h2 class="grow"><${UriText} uri=${topic} /> ${hasPattern && html`<span class="badge">${match}</span>`}</h2>
        <a href=${linkTo("playground", { action: "publish", uri: topic })}>publish to it</a></div>
      ${fault !== undefined && html`<${FaultNotice} fault=${fault} hint="A live tail needs a role that may subscribe to the topic." />`}
      <div class="row"><h3 class="grow">Live</h3>
        <span class="quiet" data-total=${total}>${formatCount(total)} event${total === 1 ? "" : "s"}</span>
        <button type="button" aria-pressed=${isPaused} onClick=${() => setPaused(!isPaused)}>${isPaused ? "Go on" : "Pause"}</button></div>
      ${
        events.length === 0
          ? fault === undefined && html`<${Empty} title=${isPaused ? "Paused" : "Waiting for events"} />`
          : html`<${Events} label="Live events" events=${events} hasPattern=${hasPattern} />`
      }
    </section>
    <section class="card" aria-label="Retained"><h3>Retained</h3>
      ${
        retained.length === 0
          ? html`<p class="quiet">No event is retained${hasPattern ? " for topics of this pattern" : " for this topic"}.</p>`
          : html`<${Events} label="Retained events" events=${retained} hasPattern=${hasPattern} />`
      }
    </section>
    ${subscription !== undefined && html`<${History} session=${session} subscription=${subscription} hasPattern=${hasPattern} />`}
    ${subscription !== undefined && html`<${Subscribers} session=${session} subscription=${subscription} />`}`;
}

interface EventsProps {
  readonly label: string;
  readonly events: readonly TailEvent[];
  readonly hasPattern: boolean;
}

function Events({ label, events, hasPattern }: EventsProps): Child {
  const columns = [
    { title: "Time", cell: ({ time }: TailEvent) => formatTime(time) },
    ...(hasPattern ? [{ title: "Topic", cell: ({ topic }: TailEvent) => html`<${UriText} uri=${topic} />` }] : []),
    { title: "Payload", cell: ({ args, kwargs }: TailEvent) => html`<${Payload} args=${args} kwargs=${kwargs} />` },
    { title: "From", cell: ({ details }: TailEvent) => publisherIn(details) },
  ];
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${label}>
    <${Table} label=${label} rows=${events} keyOf=${({ index, publication }: TailEvent) => `${index} ${publication}`} columns=${columns} /></div>`;
}

function Payload({ args, kwargs }: { readonly args: List; readonly kwargs: Dict }): Child {
  const text = payloadText(args, kwargs);
  if (text === "") return html`<span class="quiet">no arguments</span>`;
  return html`<code title=${shorten(text, 2_000)}>${shorten(text, MOST_SHOWN)}</code>`;
}

/** The publisher, where it is disclosed. */
function publisherIn({ publisher_authid, publisher }: Dict): Child {
  if (typeof publisher_authid === "string") return html`<${UriText} uri=${publisher_authid} />`;
  return publisher === undefined ? html`<span class="quiet">not disclosed</span>` : html`<code>${publisher}</code>`;
}

interface HistoryProps {
  readonly session: ChannelSession;
  readonly subscription: Id;
  readonly hasPattern: boolean;
}

/** An event as `wamp.subscription.get_events` returns it. */
interface LoggedEvent {
  readonly timestamp: string;
  readonly publication: Id;
  readonly details?: Dict;
  readonly args?: List;
  readonly kwargs?: Dict;
}

function History({ session, subscription, hasPattern }: HistoryProps): Child {
  const { value, fault, reload } = useAnswer(async () => {
    const { args } = await session.call("wamp.subscription.get_events", [subscription], {
      limit: HISTORY,
      reverse: true,
    });
    return (args as LoggedEvent[]).map(
      ({ timestamp, publication, details = {}, args: list = [], kwargs = {} }, index) => {
        const { topic = "", ...rest } = details as Dict & { topic?: Uri };
        return { index, time: Date.parse(timestamp), topic, publication, args: list, kwargs, details: rest };
      },
    );
  }, [session, subscription]);
  return html`<section class="card" aria-label="History">
    <div class="row"><h3 class="grow">History</h3><button type="button" onClick=${reload}>Reload</button></div>
    ${fault !== undefined && html`<${FaultNotice} fault=${fault} hint="The history needs a role that may call wamp.subscription.get_events." />`}
    ${value?.length === 0 && html`<p class="quiet">No event is kept: store.event-history of the configuration names the topics whose events are.</p>`}
    ${value !== undefined && value.length > 0 && html`<${Events} label="Events of the history" events=${value} hasPattern=${hasPattern} />`}
  </section>`;
}

function Subscribers({ session, subscription }: Omit<HistoryProps, "hasPattern">): Child {
  const { value, fault } = useAnswer(() => holdersOf(session, "subscription", subscription), [session, subscription]);
  const others = value?.filter(({ session: id }) => id !== session.id) ?? [];
  return html`<section class="card" aria-label="Subscribers"><h3>Subscribers</h3>
    ${fault !== undefined && html`<${FaultNotice} fault=${fault} />`}
    ${
      others.length > 0 &&
      html`<${Table} label="Subscribers" rows=${others} keyOf=${({ session: id }: SessionDetails) => id}
        columns=${[
          { title: "Name (authid)", cell: ({ authid }: SessionDetails) => html`<${UriText} uri=${authid} />` },
          { title: "Role", cell: ({ authrole }: SessionDetails) => authrole },
          { title: "Session", cell: ({ session: id }: SessionDetails) => html`<code>${id}</code>` },
        ]} />`
    }
    ${value !== undefined && html`<p class="quiet">${others.length === 0 ? "None but this page." : "And this page, for the live tail."}</p>`}
  </section>`;
}
