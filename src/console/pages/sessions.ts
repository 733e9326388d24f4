/** The sessions of the realm: filter, pages, details of one. */

import type { ChannelSession } from "../../client/channel-session.ts";
import { TapPanel } from "../live/tap-panel.ts";
import { useAnswer } from "../session/calls.ts";
import { linkTo, setParams, usePlace } from "../session/location.ts";
import { getSessions, listIds, type SessionRow, transportOf } from "../session/sessions.ts";
import { askSlow, slowOnes, type UnreadSession } from "../session/slow.ts";
import type { TapSelection } from "../session/tap-message.ts";
import { formatBytes, formatCount } from "../widgets/format.ts";
import { type Child, html } from "../widgets/html.ts";
import { Empty, FaultNotice } from "../widgets/notice.ts";
import { type Column, Pager, Table } from "../widgets/table.ts";
import { Uri } from "../widgets/uri.ts";
import { SessionDetails } from "./session-details.ts";

const ROWS = 25;
const RELOAD_MS = 5_000;

const HINT = 'The role needs { "uri": "wamp.session.*", "allow": { "call": true } } among its permissions.';

/** What a tap of all sessions shows: everything. */
const ALL: TapSelection = {};

/** Lists sessions; the parameter `id` opens one. */
export function SessionsPage({ session }: { readonly session: ChannelSession }): Child {
  const { params } = usePlace();
  const id = Number(params.get("id") ?? 0);
  if (id > 0) return html`<${SessionDetails} key=${id} session=${session} id=${id} />`;
  return html`<${SessionList} session=${session} filter=${params.get("filter") ?? ""} offset=${Number(params.get("from") ?? 0)} />`;
}

interface ListProps {
  readonly session: ChannelSession;
  readonly filter: string;
  readonly offset: number;
}

interface Found {
  readonly total: number;
  readonly matches: number;
  readonly rows: readonly SessionRow[];
}

function SessionList({ session, filter, offset }: ListProps): Child {
  const answer = useAnswer(() => find(session, filter, offset), [session, filter, offset], RELOAD_MS);
  const { value, fault, reload } = answer;
  return html`<h1>Sessions</h1>
    <div class="row card">
      <label class="grow"><span class="hidden">Filter</span>
        <input type="search" placeholder="Filter by authid, role, method, session, protocol or relay" value=${filter}
          onInput=${(event: Event) => setParams({ filter: (event.target as HTMLInputElement).value, from: undefined })} /></label>
      <button type="button" onClick=${reload}>Refresh</button>
      <span class="quiet" role="status">${value === undefined ? "…" : describe(value, filter)}</span>
    </div>
    ${fault !== undefined && html`<${FaultNotice} fault=${fault} hint=${HINT} />`}
    <${SlowReaders} session=${session} />
    ${value !== undefined && html`<${Rows} own=${session.id} found=${value} filter=${filter} offset=${offset} />`}
    <section class="card" aria-label="Messages"><h2>Messages</h2>
      <${TapPanel} session=${session} selection=${ALL} title="Tap all sessions" about="Shows each message from and to all clients of the realm, as it comes." />
    </section>`;
}

function describe({ total, matches }: Found, filter: string): string {
  const all = `${formatCount(total)} session${total === 1 ? "" : "s"}`;
  return filter === "" ? all : `${formatCount(matches)} of ${all}`;
}

/** Shows the sessions that are slow or behind, where some are; nothing to a role without `console`. */
function SlowReaders({ session }: { readonly session: ChannelSession }): Child {
  const { value } = useAnswer(() => askSlow(session), [session], RELOAD_MS);
  const rows = value === undefined ? [] : slowOnes(value);
  if (rows.length === 0) return null;
  const columns: Column<UnreadSession>[] = [
    { title: "authid", cell: ({ authid }) => html`<${Uri} uri=${authid} />` },
    { title: "Role", cell: ({ authrole }) => authrole },
    {
      title: "State",
      cell: ({ queued }) =>
        queued > 0 ? html`<span class="badge bad">slow</span>` : html`<span class="badge none">behind</span>`,
    },
    { title: "Unread", isNumber: true, cell: ({ unread }) => formatBytes(unread) },
    { title: "Kept back", isNumber: true, cell: ({ queued }) => formatBytes(queued) },
    ...relayColumn(rows, ({ relay }) => relay),
    { title: "Session", cell: ({ session: id }) => html`<a href=${linkTo("sessions", { id: String(id) })}>${id}</a>` },
  ];
  return html`<section class="card"><h2>Slow sessions</h2>
    <p class="quiet">Slow: the router keeps bytes back, because the client has too many unread ones. Behind: the client has proved before that it reads,
      but not that it has read the latest bytes; one that is seldom called may have.</p>
    <${Table} label="Slow sessions" columns=${columns} rows=${rows} keyOf=${(row: UnreadSession) => row.session} /></section>`;
}

function Rows({
  own,
  found,
  filter,
  offset,
}: { readonly own: number; readonly found: Found } & Pick<ListProps, "filter" | "offset">): Child {
  if (found.rows.length === 0) {
    const text = filter === "" ? "The realm has no sessions." : "No session matches the filter.";
    return html`<div class="card"><${Empty} title=${text} /></div>`;
  }
  const columns: Column<SessionRow>[] = [
    { title: "authid", cell: ({ authid }) => html`<${Uri} uri=${authid} />` },
    { title: "Role", cell: ({ authrole }) => authrole },
    { title: "Method", cell: ({ authmethod }) => authmethod },
    { title: "Protocol", cell: (row) => html`<span class="quiet">${transportOf(row).websocket_protocol}</span>` },
    ...relayColumn(found.rows, (row) => transportOf(row).relay),
    {
      title: "Session",
      cell: ({ session: id }) =>
        html`<a href=${linkTo("sessions", { id: String(id), filter })}>${id}</a>${id === own && html` <span class="badge">this one</span>`}`,
    },
  ];
  return html`<div class="card"><${Table} label="Sessions" columns=${columns} rows=${found.rows} keyOf=${(row: SessionRow) => row.session} />
    <${Pager} offset=${offset} size=${ROWS} total=${found.matches} onOffset=${(from: number) => setParams({ from: from === 0 ? undefined : String(from) })} />
  </div>`;
}

/** The ids, and the rows of one page. A filter needs the details of all sessions, which are kept from then on. */
async function find(session: ChannelSession, filter: string, offset: number): Promise<Found> {
  const ids = await listIds(session);
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    return {
      total: ids.length,
      matches: ids.length,
      rows: await getSessions(session, ids.slice(offset, offset + ROWS)),
    };
  }
  const all = await getSessions(session, ids);
  const rows = all.filter((row) => {
    const text = [row.session, row.authid, row.authrole, row.authmethod, ...Object.values(transportOf(row))]
      .join(" ")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return { total: ids.length, matches: rows.length, rows: rows.slice(offset, offset + ROWS) };
}

/** The relays of sessions, in a realm that has some; a session that waits for its client has no connection. */
function relayColumn<Row>(rows: readonly Row[], relayOf: (row: Row) => string | undefined): Column<Row>[] {
  if (rows.every((row) => relayOf(row) === undefined)) return [];
  return [{ title: "Relay", isShort: true, cell: (row) => relayOf(row) ?? "" }];
}
