/** What a topic carries: its messages as they come, its subscribers, retained events and history. */

import { useState } from "preact/hooks";
import type { ChannelSession, SessionDetails } from "../../client/channel-session.ts";
import type { Dict, Id, List, Uri } from "../../wamp/protocol/values.ts";
import { LiveMessages, useLog } from "../live/live-messages.ts";
import { MessageList } from "../live/message-list.ts";
import type { MessageLog } from "../live/message-log.ts";
import { TapPanel } from "../live/tap-panel.ts";
import { holdersOf, subscriptionTo } from "../realm/meta.ts";
import { useAnswer } from "../session/calls.ts";
import { linkTo } from "../session/location.ts";
import { type Child, html } from "../widgets/html.ts";
import { FaultNotice } from "../widgets/notice.ts";
import { Table } from "../widgets/table.ts";
import { Uri as UriText } from "../widgets/uri.ts";
import { eventMessage } from "./event-message.ts";
import { useTail } from "./tail.ts";

/** Events of the history that are shown. */
const HISTORY = 20;

const WAYS = { subscriber: "As subscriber", tap: "By tap" } as const;

interface PanelProps {
  readonly session: ChannelSession;
  readonly topic: Uri;
  readonly match: string;
}

/** Shows one topic, or the topics of a pattern. */
export function TopicPanel({ session, topic, match }: PanelProps): Child {
  const [way, setWay] = useState<keyof typeof WAYS>("subscriber");
  const isSubscriber = way === "subscriber";
  const { events, retained, subscription, fault } = useTail(session, topic, match, isSubscriber);
  const hasPattern = match !== "exact";
  return html`<section class="card" aria-label="Topic">
      <div class="row"><h2 class="grow"><${UriText} uri=${topic} /> ${hasPattern && html`<span class="badge none">${match}</span>`}</h2>
        ${!hasPattern && html`<a href=${linkTo("playground", { action: "publish", uri: topic })}>publish to it</a>`}</div>
      <fieldset class="tabs"><legend class="hidden">How to watch</legend>
        ${Object.entries(WAYS).map(
          ([name, title]) =>
            html`<label><input type="radio" name="way" checked=${name === way} onChange=${() => setWay(name as typeof way)} /><span>${title}</span></label>`,
        )}</fieldset>
      ${isSubscriber && fault !== undefined && html`<${FaultNotice} fault=${fault} hint="A live tail needs a role that may subscribe to the topic. A tap does not." />`}
      ${isSubscriber && fault === undefined && html`<${LiveMessages} log=${events} label="Live events" noun="event" waiting="Waiting for events" />`}
      ${
        !isSubscriber &&
        html`<${TapPanel} session=${session} selection=${{ uri: topic, match }} title="Tap the topic"
          about="Shows every message about the topic: also requests that the router refuses, and events without a subscriber. The page does not subscribe." />`
      }
    </section>
    ${
      isSubscriber
        ? html`<section class="card" aria-label="Retained"><h3>Retained</h3>
            <${Retained} log=${retained} subscription=${subscription} hasPattern=${hasPattern} /></section>
          <${Holders} session=${session} subscription=${subscription} hasPattern=${hasPattern} />`
        : html`<${OtherHolders} session=${session} topic=${topic} match=${match} />`
    }`;
}

/** The history and the subscribers of a topic to which the page does not subscribe. */
function OtherHolders({ session, topic, match }: PanelProps): Child {
  const { value } = useAnswer(() => subscriptionTo(session, topic, match), [session, topic, match]);
  return html`<${Holders} session=${session} subscription=${value} hasPattern=${match !== "exact"} />`;
}

function Retained({
  log,
  subscription,
  hasPattern,
}: { readonly log: MessageLog } & Omit<HoldersProps, "session">): Child {
  useLog(log);
  if (log.messages.length > 0) return html`<${MessageList} label="Retained events" messages=${log.messages} />`;
  // Until the router has answered, the page does not know.
  if (subscription === undefined) return null;
  return html`<p class="quiet">No event is retained ${hasPattern ? "for topics of this pattern" : "for this topic"}.</p>`;
}

interface HoldersProps {
  readonly session: ChannelSession;
  /** Undefined until it is known; null where no session subscribes. */
  readonly subscription: Id | null | undefined;
  readonly hasPattern: boolean;
}

function Holders({ session, subscription, hasPattern }: HoldersProps): Child {
  if (subscription === undefined) return null;
  if (subscription === null)
    return html`<section class="card" aria-label="Subscribers"><h3>Subscribers</h3><p class="quiet">None.</p></section>`;
  return html`<${History} session=${session} subscription=${subscription} hasPattern=${hasPattern} />
    <${Subscribers} session=${session} subscription=${subscription} />`;
}

interface SubscriptionProps {
  readonly session: ChannelSession;
  readonly subscription: Id;
}

/** An event as `wamp.subscription.get_events` returns it. */
interface LoggedEvent {
  readonly timestamp: string;
  readonly publication: Id;
  readonly details?: Dict;
  readonly args?: List;
  readonly kwargs?: Dict;
}

function History({ session, subscription, hasPattern }: SubscriptionProps & { readonly hasPattern: boolean }): Child {
  const { value, fault, reload } = useAnswer(async () => {
    const kwargs = { limit: HISTORY, reverse: true };
    const { args } = await session.call("wamp.subscription.get_events", [subscription], kwargs);
    return (args as LoggedEvent[]).map(
      ({ timestamp, publication, details = {}, args: list = [], kwargs: dict = {} }, index) => {
        const event = { time: Date.parse(timestamp), args: list, kwargs: dict, details: { ...details, publication } };
        return { ...eventMessage(event, hasPattern), index };
      },
    );
  }, [session, subscription]);
  return html`<section class="card" aria-label="History">
    <div class="row"><h3 class="grow">History</h3><button type="button" onClick=${reload}>Reload</button></div>
    ${fault !== undefined && html`<${FaultNotice} fault=${fault} hint="The history needs a role that may call wamp.subscription.get_events." />`}
    ${value?.length === 0 && html`<p class="quiet">No event is kept: store.event-history of the configuration names the topics whose events are.</p>`}
    ${value !== undefined && value.length > 0 && html`<${MessageList} label="Events of the history" messages=${value} />`}
  </section>`;
}

function Subscribers({ session, subscription }: SubscriptionProps): Child {
  const { value, fault } = useAnswer(() => holdersOf(session, "subscription", subscription), [session, subscription]);
  const others = value?.filter(({ session: id }) => id !== session.id) ?? [];
  const hasPage = value !== undefined && others.length < value.length;
  return html`<section class="card" aria-label="Subscribers"><h3>Subscribers</h3>
    ${fault !== undefined && html`<${FaultNotice} fault=${fault} />`}
    ${
      others.length > 0 &&
      html`<${Table} label="Subscribers" rows=${others} keyOf=${({ session: id }: SessionDetails) => id}
        columns=${[
          { title: "Name (authid)", cell: ({ authid }: SessionDetails) => html`<${UriText} uri=${authid} />` },
          { title: "Role", isShort: true, cell: ({ authrole }: SessionDetails) => authrole },
          {
            title: "Session",
            isShort: true,
            cell: ({ session: id }: SessionDetails) =>
              html`<a href=${linkTo("sessions", { id: String(id) })}>${id}</a>`,
          },
        ]} />`
    }
    ${hasPage && html`<p class="quiet">${others.length === 0 ? "None but this page." : "And this page, for the live tail."}</p>`}
  </section>`;
}
