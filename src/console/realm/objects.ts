/** The objects of a realm with relays: their sessions, their load, and what goes between them. */

import { type ObjectStats, total } from "../session/stats.ts";
import { formatBytes, formatCount, formatRate, formatTime } from "../widgets/format.ts";
import { type Child, html } from "../widgets/html.ts";
import { type Column, Table } from "../widgets/table.ts";

const COLUMNS: readonly Column<ObjectStats>[] = [
  { title: "Object", cell: ({ object }) => object, isShort: true },
  { title: "Sessions", cell: ({ sessions }) => formatCount(sessions), isNumber: true },
  { title: "Received a second", cell: (object) => rateOf(object, total(object.messages.received)), isNumber: true },
  { title: "Sent a second", cell: (object) => rateOf(object, total(object.messages.sent)), isNumber: true },
  { title: "Bytes sent", cell: ({ bytes }) => formatBytes(bytes?.sent ?? 0), isNumber: true },
  { title: "Batches a second", cell: (object) => rateOf(object, batchesOf(object)), isNumber: true },
  { title: "Awake since", cell: ({ since }) => formatTime(since), isShort: true },
];

/** A table of the objects. */
export function Objects({ objects }: { readonly objects: readonly ObjectStats[] }): Child {
  return html`<section class="card"><h2>Objects of the realm</h2>
    <${Table} label="Objects of the realm" columns=${COLUMNS} rows=${objects} keyOf=${({ object }: ObjectStats) => object} />
    <p class="quiet">Relays without sessions are left out. Rates are averages since each object woke; batches go to and come from
      other objects of the realm.</p>
  </section>`;
}

function batchesOf({ links }: ObjectStats): number {
  return (links?.batches.received ?? 0) + (links?.batches.sent ?? 0);
}

/** A count since the object woke as an average a second. */
function rateOf({ time, since }: ObjectStats, count: number): string {
  return formatRate(count / Math.max(1, (Date.parse(time) - Date.parse(since)) / 1000));
}
