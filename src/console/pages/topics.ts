/** The page Topics: the tree of subscriptions, and what the chosen topic carries. */

import { useMemo, useState } from "preact/hooks";
import type { ChannelSession } from "../../client/channel-session.ts";
import { ListHead } from "../realm/list-head.ts";
import { listSubscriptions, type SubscriptionEntry } from "../realm/meta.ts";
import { useWholeList } from "../realm/whole-list.ts";
import { setParams, usePlace } from "../session/location.ts";
import { TopicPanel } from "../topics/panel.ts";
import { Tree, treeOf } from "../topics/tree.ts";
import { type Child, html } from "../widgets/html.ts";
import { Empty } from "../widgets/notice.ts";

const MATCHES = ["exact", "prefix", "wildcard"];

interface Props {
  readonly session: ChannelSession;
}

/** Shows the tree and, beside it, one topic. */
export function TopicsPage({ session }: Props): Child {
  const { params } = usePlace();
  const filter = params.get("filter") ?? "";
  const match = params.get("match") ?? "exact";
  // The link has no empty parameters; the empty pattern matches all topics.
  const topic = params.get("topic") ?? (match === "exact" ? undefined : "");
  const list = useWholeList((after) => listSubscriptions(session, after), session);
  const { entries, fault, isComplete } = list;
  const nodes = useMemo(() => treeOf(entries?.filter(({ uri }) => uri.includes(filter)) ?? []), [entries, filter]);
  const chosen = entries?.find((entry) => entry.uri === topic && entry.match === match)?.id ?? 0;
  const choose = (entry: SubscriptionEntry): void => setParams({ topic: entry.uri, match: entry.match });
  return html`<h1>Topics</h1>
    <div class="columns">
      <div>
        <div class="card">
          <${ListHead} list=${list} filter=${filter} count=${entries?.length ?? 0} hint="The tree needs a role that may call wamp.subscription.*." />
          ${isComplete && fault === undefined && nodes.length === 0 && html`<${NoSubscription} filter=${filter} />`}
          ${/* A new filter opens and closes branches anew. */ nodes.length > 0 && html`<${Tree} key=${filter} nodes=${nodes} chosen=${chosen} choose=${choose} />`}
        </div>
        <${AnyTopic} />
      </div>
      <div>
        ${
          topic === undefined
            ? html`<div class="card"><${Empty} title="Choose a topic"><p>Its events, retained value, history and subscribers appear here.</p><//></div>`
            : html`<${TopicPanel} key=${`${match} ${topic}`} session=${session} topic=${topic} match=${match} />`
        }
      </div>
    </div>`;
}

function NoSubscription({ filter }: { readonly filter: string }): Child {
  return filter === ""
    ? html`<${Empty} title="No session subscribes to a topic" />`
    : html`<${Empty} title="No subscription has this in its URI" />`;
}

/** Watches a topic, whether or not a session subscribes to it. */
function AnyTopic(): Child {
  const [text, setText] = useState("");
  const [match, setMatch] = useState("exact");
  const submit = (event: Event): void => {
    event.preventDefault();
    if (text.trim() !== "" || match !== "exact") setParams({ topic: text.trim(), match });
  };
  return html`<form class="card" onSubmit=${submit}>
    <h2>Watch another topic</h2>
    <div class="row">
      <input class="grow mono" aria-label="Topic" placeholder="com.example.news" autocomplete="off" spellcheck=${false} value=${text}
        onInput=${(event: Event) => setText((event.target as HTMLInputElement).value)} />
      <select class="fit" aria-label="Match" value=${match} onChange=${(event: Event) => setMatch((event.target as HTMLSelectElement).value)}>
        ${MATCHES.map((each) => html`<option>${each}</option>`)}</select>
      <button>Watch</button>
    </div>
  </form>`;
}
