/** The log of connections: logins, failed logins first, and ends of sessions, since the realm woke. */

import type { ChannelSession } from "../../client/channel-session.ts";
import { useAnswer } from "../session/calls.ts";
import { linkTo, setParams, usePlace } from "../session/location.ts";
import { formatCount, formatDuration, formatTime } from "../widgets/format.ts";
import { type Child, html } from "../widgets/html.ts";
import { Empty, FaultNotice } from "../widgets/notice.ts";
import { type Column, Pager, Table } from "../widgets/table.ts";
import { Uri } from "../widgets/uri.ts";

const ROWS = 50;
const RELOAD_MS = 3_000;

/** An entry of `wamp.edge.connections` (docs/console-procedures.md). */
interface Entry {
  readonly id: number;
  readonly time: string;
  readonly event: "joined" | "resumed" | "left" | "refused" | "abandoned";
  readonly session?: number;
  readonly authid?: string;
  readonly authrole?: string;
  readonly authmethod?: string;
  readonly agent?: string;
  readonly network?: string;
  readonly address?: string;
  readonly reason?: string;
  readonly cause?: string;
  readonly duration_ms?: number;
  /** The relay of the connection, if it was not at the realm's own object. */
  readonly relay?: string;
  /** How many alike it stands for, this one included. */
  readonly times?: number;
}

const HINT = 'This page needs a role with "console": true, and a router that has wamp.edge.connections.';

/**
 * Lists entries, the latest first: refused logins above abandoned ones, which a probe can cause by the hundred, and these
 * above all others.
 */
export function ConnectionsPage({ session }: { readonly session: ChannelSession }): Child {
  const { params } = usePlace();
  const filter = params.get("filter") ?? "";
  const offset = Number(params.get("from") ?? 0);
  const { value, fault, reload } = useAnswer(() => ask(session), [session], RELOAD_MS);
  const entries = (value ?? []).filter((entry) => matches(entry, filter));
  const [refused, abandoned] = [ofEvent(entries, "refused"), ofEvent(entries, "abandoned")];
  const failed = [...grouped(refused), ...grouped(abandoned)];
  const others = entries.filter(({ event }) => event !== "refused" && event !== "abandoned");
  return html`<h1>Connections</h1>
    <div class="row card">
      <label class="grow"><span class="hidden">Filter</span>
        <input type="search" placeholder="Filter by authid, network, relay, reason …" value=${filter}
          onInput=${(event: Event) => setParams({ filter: (event.target as HTMLInputElement).value, from: undefined })} /></label>
      <button type="button" onClick=${reload}>Refresh</button>
      <span class="quiet" role="status">${value === undefined ? "…" : `${formatCount(entries.length)} ${entries.length === 1 ? "entry" : "entries"}`}</span>
    </div>
    ${fault !== undefined && html`<${FaultNotice} fault=${fault} hint=${HINT} />`}
    ${
      value !== undefined &&
      html`<section class="card"><h2>Failed logins</h2><${Entries} label="Failed logins" entries=${failed.slice(0, ROWS)} empty="No login has failed since the realm woke." /></section>
      <section class="card"><h2>Sessions</h2><${Entries} label="Sessions" entries=${others.slice(offset, offset + ROWS)} empty="No session has begun or ended since the realm woke." />
        <${Pager} offset=${offset} size=${ROWS} total=${others.length} onOffset=${(from: number) => setParams({ from: from === 0 ? undefined : String(from) })} /></section>`
    }`;
}

function ofEvent(entries: readonly Entry[], wanted: Entry["event"]): Entry[] {
  return entries.filter(({ event }) => event === wanted);
}

/** The latest of those that are alike: a program that guesses would fill the list. */
function grouped(entries: readonly Entry[]): Entry[] {
  const groups = new Map<string, Entry>();
  for (const entry of entries) {
    const { authid, authmethod, network, address, agent, relay, reason, cause } = entry;
    const key = JSON.stringify([authid, authmethod, network, address, agent, relay, reason, cause]);
    const latest = groups.get(key) ?? entry;
    groups.set(key, { ...latest, times: (latest.times ?? 0) + 1 });
  }
  return [...groups.values()];
}

async function ask(session: ChannelSession): Promise<readonly Entry[]> {
  const { args } = await session.call("wamp.edge.connections");
  return (args[0] as readonly Entry[]).toReversed();
}

function matches(entry: Entry, filter: string): boolean {
  const text = Object.values(entry).join(" ").toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

const BADGES = { joined: "good", resumed: "good", left: "none", refused: "bad", abandoned: "none" } as const;

const COLUMNS: readonly Column<Entry>[] = [
  { title: "Time", cell: ({ time }) => formatTime(time) },
  {
    title: "Event",
    cell: ({ event, times = 1 }) =>
      html`<span class=${`badge ${BADGES[event] ?? "none"}`}>${event}</span>${times > 1 && html` <span class="quiet">${formatCount(times)} times</span>`}`,
  },
  {
    title: "authid",
    cell: ({ authid = "" }) =>
      authid === "" ? html`<span class="quiet">not named</span>` : html`<${Uri} uri=${authid} />`,
  },
  { title: "Role, method", cell: ({ authrole, authmethod }) => [authrole, authmethod].filter(Boolean).join(", ") },
  {
    title: "From",
    cell: ({ address, network, agent, relay }) =>
      html`${address ?? network ?? ""} <span class="quiet">${agent ?? ""}</span>${relay !== undefined && html` <span class="quiet">at ${relay}</span>`}`,
  },
  { title: "Details", cell: (entry) => html`<${Why} entry=${entry} />` },
];

function Why({
  entry: { event, session, authid, reason, cause, duration_ms: duration },
}: {
  readonly entry: Entry;
}): Child {
  if (event === "joined" || event === "resumed")
    return html`<a href=${linkTo("sessions", { id: String(session) })}>session ${session}</a>`;
  return html`${cause !== undefined && html`${cause} `}${reason !== undefined && html`<code class="quiet">${reason}</code>`}
    ${duration !== undefined && html` <span class="quiet">after ${formatDuration(duration)}</span>`}
    ${event === "refused" && authid !== undefined && html` <a href=${linkTo("access", { action: "login", who: authid })}>explain</a>`}`;
}

function Entries({
  label,
  entries,
  empty,
}: {
  readonly label: string;
  readonly entries: readonly Entry[];
  readonly empty: string;
}): Child {
  if (entries.length === 0) return html`<${Empty} title=${empty} />`;
  const classOf = ({ event }: Entry): string => (event === "refused" ? "refused" : "");
  return html`<${Table} label=${label} columns=${COLUMNS} rows=${entries} keyOf=${({ id }: Entry) => id} classOf=${classOf} />`;
}
