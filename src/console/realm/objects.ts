/** The objects of a realm with relays: their sessions, their load, and what goes between them. */

import { useState } from "preact/hooks";
import { linkTo } from "../session/location.ts";
import { formerOf, type ObjectStats, type Stats, secondsBetween, total } from "../session/stats.ts";
import { formatBytes, formatCount, formatRate, formatTime } from "../widgets/format.ts";
import { type Child, html } from "../widgets/html.ts";
import { type Column, Pager, Table } from "../widgets/table.ts";

/** A realm may have hundreds of relays. */
const ROWS = 10;

/** Reads a count that grows while the object is awake. */
type Count = (stats: Stats) => number;

const RATES: readonly (readonly [title: string, count: Count])[] = [
  ["Received/s", ({ messages }) => total(messages.received)],
  ["Sent/s", ({ messages }) => total(messages.sent)],
  ["Batches/s", ({ links }) => (links === undefined ? 0 : links.batches.received + links.batches.sent)],
];

interface ObjectsProps {
  readonly objects: readonly ObjectStats[];
  /** The answer before that of the objects. */
  readonly former: Stats | undefined;
}

/** A table of the objects. */
export function Objects({ objects, former }: ObjectsProps): Child {
  const [offset, setOffset] = useState(0);
  // Relays may have left the list since the page was turned.
  const from = offset < objects.length ? offset : 0;
  const columns: readonly Column<ObjectStats>[] = [
    { title: "Object", cell: nameOf, isShort: true },
    { title: "Sessions", cell: sessionsOf, isNumber: true },
    ...RATES.map(([title, count]) => ({
      title,
      cell: (object: ObjectStats) => formatRate(rateOf(count, object, former)),
      isNumber: true,
    })),
    { title: "Bytes sent", cell: ({ bytes }) => formatBytes(bytes?.sent ?? 0), isNumber: true },
    { title: "Awake since", cell: ({ since }) => formatTime(since), isShort: true },
  ];
  return html`<section class="card"><h2>Objects of the realm</h2>
    <${Table} label="Objects of the realm" columns=${columns} rows=${objects.slice(from, from + ROWS)} keyOf=${({ object }: ObjectStats) => object} />
    <${Pager} offset=${from} size=${ROWS} total=${objects.length} onOffset=${setOffset} />
    <p class="quiet">The core is the realm's own object. Relays without sessions are left out. Received and sent are messages of clients;
      batches pass between the objects.</p>
  </section>`;
}

/** Leads from a relay to its sessions. */
function nameOf({ object }: ObjectStats): Child {
  return object === "core" ? object : html`<a href=${linkTo("sessions", { filter: object })}>${object}</a>`;
}

/** How many there are, and may be. */
function sessionsOf({ sessions, capacity }: ObjectStats): Child {
  const limit = capacity?.sessions?.limit;
  return html`${formatCount(sessions)}${limit !== undefined && html` <span class="quiet">of ${formatCount(limit)}</span>`}`;
}

/** A second, since the former answer; since the object woke where it woke later, or where there is none. */
function rateOf(count: Count, object: ObjectStats, earlier: Stats | undefined): number {
  const former = formerOf(object, earlier);
  const grown = count(object) - (former === undefined ? 0 : count(former));
  return grown / secondsBetween(former?.time ?? object.since, object.time);
}
