/** The table of registrations, with the figures of their calls while the page watches them. */

import type { RegistrationEntry } from "../realm/meta.ts";
import type { CallFigures, Figures } from "../session/call-figures.ts";
import { linkTo, setParams } from "../session/location.ts";
import { formatCount, formatDuration, formatTime } from "../widgets/format.ts";
import { type Child, html } from "../widgets/html.ts";
import { type Column, Table } from "../widgets/table.ts";
import { Uri } from "../widgets/uri.ts";

interface Props {
  readonly rows: readonly RegistrationEntry[];
  /** The registration whose callees are shown. */
  readonly chosen: number;
  /** Undefined until the page watches calls. */
  readonly figures: CallFigures | undefined;
}

/** Shows registrations; each one leads to its callees and to the playground. */
export function Registrations({ rows, chosen, figures }: Props): Child {
  const show = (id: number): void => setParams({ registration: id === chosen ? undefined : String(id) });
  const columns: Column<RegistrationEntry>[] = [
    { title: "Procedure", cell: ({ uri }) => html`<${Uri} uri=${uri} />` },
    { title: "Match", isShort: true, cell: ({ match }) => match },
    { title: "Policy", isShort: true, cell: ({ invoke }) => invoke },
    {
      title: "Callees",
      cell: ({ id, uri, count }) =>
        html`<button type="button" class="small" aria-expanded=${id === chosen} aria-label=${`Callees of ${uri}: ${count}`}
          onClick=${() => show(id)}>${count}</button>`,
    },
    ...(figures === undefined ? [] : columnsOf(figures)),
    { title: "Since", isShort: true, cell: ({ created }) => formatTime(created) },
    {
      title: "Try",
      isShort: true,
      cell: ({ uri }) =>
        html`<a href=${linkTo("playground", { action: "call", uri })}>call it<span class="hidden">: ${uri}</span></a>`,
    },
  ];
  return html`<${Table} label="Registrations" rows=${rows} columns=${columns} keyOf=${({ id }: RegistrationEntry) => id} />`;
}

function columnsOf(figures: CallFigures): Column<RegistrationEntry>[] {
  const column = (title: string, show: (given: Figures) => string): Column<RegistrationEntry> => ({
    title,
    isNumber: true,
    cell: (entry) => show(figures.of(entry)),
  });
  return [
    column("Calls", ({ calls }) => formatCount(calls)),
    column("Errors", ({ errors }) => formatCount(errors)),
    column("p50", ({ p50 }) => timeOf(p50)),
    column("p95", ({ p95 }) => timeOf(p95)),
  ];
}

/** The clock of the router has milliseconds. */
function timeOf(ms: number | undefined): string {
  if (ms === undefined) return "–";
  return ms < 1 ? "< 1 ms" : formatDuration(ms);
}
