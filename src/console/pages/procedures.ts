/** The page Procedures: registrations, their policies, and the sessions that answer calls. */

import { useEffect, useState } from "preact/hooks";
import type { ChannelSession, SessionDetails } from "../../client/channel-session.ts";
import type { Dict } from "../../wamp/protocol/values.ts";
import { ListHead } from "../realm/list-head.ts";
import { holdersOf, listRegistrations, type RegistrationEntry } from "../realm/meta.ts";
import { useWholeList } from "../realm/whole-list.ts";
import { useAnswer } from "../session/calls.ts";
import { linkTo, setParams, usePlace } from "../session/location.ts";
import { formatCount, formatRate, formatTime } from "../widgets/format.ts";
import { type Child, html } from "../widgets/html.ts";
import { Empty, FaultNotice } from "../widgets/notice.ts";
import { Pager, Table } from "../widgets/table.ts";
import { Uri } from "../widgets/uri.ts";

/** Rows of one page of the table. */
const ROWS = 50;
/** Milliseconds between two looks at the figures. */
const STATS_MS = 2_000;

interface Props {
  readonly session: ChannelSession;
}

/** Shows the table, and the callees of the procedure that is chosen. */
export function ProceduresPage({ session }: Props): Child {
  const { params } = usePlace();
  const filter = params.get("filter") ?? "";
  const chosen = Number(params.get("registration") ?? "");
  const [offset, setOffset] = useState(0);
  const list = useWholeList((after) => listRegistrations(session, after), session);
  const { entries, isComplete } = list;
  const rows = entries?.filter(({ uri }) => uri.includes(filter)) ?? [];
  const entry = entries?.find(({ id }) => id === chosen);
  useEffect(() => setOffset(0), [filter]);
  return html`<h1>Procedures</h1>
    <${Figures} session=${session} />
    <div class="card">
      <${ListHead} list=${list} filter=${filter} count=${rows.length} hint="The page needs a role that may call wamp.registration.*." />
      ${isComplete && rows.length === 0 && html`<${NoRegistration} filter=${filter} />`}
      ${rows.length > 0 && html`<${Registrations} rows=${rows.slice(offset, offset + ROWS)} chosen=${chosen} />`}
      <${Pager} offset=${offset} size=${ROWS} total=${rows.length} onOffset=${setOffset} />
    </div>
    ${entry !== undefined && html`<${Callees} key=${entry.id} session=${session} entry=${entry} />`}`;
}

function NoRegistration({ filter }: { readonly filter: string }): Child {
  return filter === ""
    ? html`<${Empty} title="No procedure is registered"><p>A session registers one with REGISTER: try it in the
        <a href=${linkTo("playground", { action: "register" })}>playground</a>.</p><//>`
    : html`<${Empty} title="No procedure has this in its URI" />`;
}

interface RegistrationsProps {
  readonly rows: readonly RegistrationEntry[];
  readonly chosen: number;
}

function Registrations({ rows, chosen }: RegistrationsProps): Child {
  const show = (id: number): void => setParams({ registration: id === chosen ? undefined : String(id) });
  return html`<${Table} label="Registrations" rows=${rows} keyOf=${({ id }: RegistrationEntry) => id}
    columns=${[
      { title: "Procedure", cell: ({ uri }: RegistrationEntry) => html`<${Uri} uri=${uri} />` },
      { title: "Match", cell: ({ match }: RegistrationEntry) => match },
      { title: "Policy", cell: ({ invoke }: RegistrationEntry) => invoke },
      {
        title: "Callees",

        cell: ({ id, uri, count }: RegistrationEntry) =>
          html`<button type="button" class="small" aria-expanded=${id === chosen} aria-label=${`Callees of ${uri}: ${count}`}
            onClick=${() => show(id)}>${count}</button>`,
      },
      { title: "Since", cell: ({ created }: RegistrationEntry) => formatTime(created) },
      {
        title: "Try",
        cell: ({ uri }: RegistrationEntry) =>
          html`<a href=${linkTo("playground", { action: "call", uri })}>call it<span class="hidden">: ${uri}</span></a>`,
      },
    ]} />`;
}

interface CalleesProps {
  readonly session: ChannelSession;
  readonly entry: RegistrationEntry;
}

function Callees({ session, entry }: CalleesProps): Child {
  const { value, fault } = useAnswer(() => holdersOf(session, "registration", entry.id), [session, entry.id]);
  return html`<section class="card" aria-label="Callees">
    <h2>Callees of <${Uri} uri=${entry.uri} /></h2>
    ${fault !== undefined && html`<${FaultNotice} fault=${fault} />`}
    ${value?.length === 0 && html`<p class="quiet">Only components and Workers of the router, which the meta API does not list.</p>`}
    ${
      value !== undefined &&
      value.length > 0 &&
      html`<${Table} label="Callees" rows=${value} keyOf=${({ session: id }: SessionDetails) => id}
        columns=${[
          { title: "Name (authid)", cell: ({ authid }: SessionDetails) => html`<${Uri} uri=${authid} />` },
          { title: "Role", cell: ({ authrole }: SessionDetails) => authrole },
          { title: "Login", cell: ({ authmethod }: SessionDetails) => authmethod },
          { title: "Session", cell: ({ session: id }: SessionDetails) => html`<code>${id}</code>` },
        ]} />`
    }
    ${entry.count > (value?.length ?? 0) && value !== undefined && value.length > 0 && html`<p class="quiet">${formatCount(entry.count)} in all.</p>`}
  </section>`;
}

/** The part of `wamp.edge.stats` that is about calls. */
interface CallFigures {
  readonly time: number;
  readonly calls: number;
  readonly errors: number;
  readonly open: number;
  readonly queued: number;
}

/** Calls of the whole realm since the page was opened; the router counts none for each procedure. */
function Figures({ session }: Props): Child {
  const [first, setFirst] = useState<CallFigures>();
  const { value } = useAnswer(() => figuresOf(session), [session], STATS_MS);
  useEffect(() => {
    setFirst((former) => former ?? value);
  }, [value]);
  // Roles without `console` see the page without figures.
  if (value === undefined || first === undefined) return null;
  const seconds = (value.time - first.time) / 1000;
  const calls = value.calls - first.calls;
  const figure = (title: string, text: string): Child =>
    html`<div><dt class="quiet">${title}</dt><dd>${text}</dd></div>`;
  return html`<dl class="figures" aria-label="Calls in the realm while this page watches">
    ${figure("Calls while watching", formatCount(calls))}
    ${figure("Calls a second", seconds > 0 ? formatRate(calls / seconds) : "–")}
    ${figure("Errors while watching", formatCount(value.errors - first.errors))}
    ${figure("Open calls", formatCount(value.open))}
    ${figure("Queued calls", formatCount(value.queued))}
  </dl>`;
}

async function figuresOf(session: ChannelSession): Promise<CallFigures> {
  const { args } = await session.call("wamp.edge.stats");
  const { time, messages, errors, open_calls, queued_calls } = args[0] as {
    readonly time: string;
    readonly messages: { readonly received: Readonly<Record<string, number>> };
    readonly errors: Dict;
    readonly open_calls: number;
    readonly queued_calls: number;
  };
  return {
    time: Date.parse(time),
    calls: messages.received.CALL ?? 0,
    errors: Object.values(errors).reduce<number>((sum, count) => sum + Number(count), 0),
    open: open_calls,
    queued: queued_calls,
  };
}
