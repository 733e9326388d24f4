/** The overview: counts, plots of the last quarter of an hour, warnings, where the realm is, and what a day costs. */

import type { ChannelSession } from "../../client/channel-session.ts";
import { Objects } from "../realm/objects.ts";
import { useAnswer } from "../session/calls.ts";
import { dailyCost } from "../session/daily-cost.ts";
import { linkTo } from "../session/location.ts";
import { askStats, PLOTTED_MS, type RatePoint, type Stats, type TimedStats } from "../session/stats.ts";
import { findWarnings, type Warning } from "../session/warnings.ts";
import { formatBytes, formatCount, formatDollars, formatDuration, formatTime } from "../widgets/format.ts";
import { type Child, html } from "../widgets/html.ts";
import { FaultNotice, Notice } from "../widgets/notice.ts";
import { Plot, type Series } from "../widgets/plot.ts";
import { Table } from "../widgets/table.ts";

const STATS_MS = 2_000;
const WARNINGS_MS = 10_000;

/** What a person looks at first. */
export function OverviewPage({ session }: { readonly session: ChannelSession }): Child {
  const { value, fault } = useAnswer(() => askStats(session), [session], STATS_MS);
  const warnings = useAnswer(() => findWarnings(session), [session], WARNINGS_MS);
  return html`<h1>Overview</h1>
    ${fault !== undefined && html`<${FaultNotice} fault=${fault} hint=${CONSOLE_HINT} />`}
    ${
      value !== undefined &&
      html`<${Warnings} warnings=${warnings.value} />
        <${Tiles} stats=${value.stats} />
        ${value.stats.objects !== undefined && html`<${Objects} objects=${value.stats.objects} former=${value.former} />`}
        <${Plots} points=${value.points} />
        <div class="grid"><${Place} session=${session} ...${value} /><${Errors} stats=${value.stats} /></div>
        <${Cost} stats=${value.stats} />`
    }`;
}

/** For sessions whose role lacks the console. */
const CONSOLE_HINT =
  'This page needs a role with "console": true. Add the key to the role in the configuration of the realm, and deploy.';

function Warnings({ warnings }: { readonly warnings: readonly Warning[] | undefined }): Child {
  if (warnings === undefined) return null;
  if (warnings.length === 0) return html`<${Notice} kind="good">Nothing needs attention.<//>`;
  return html`<${Notice} kind="warning"><ul class="warnings">
    ${warnings.map(({ text, page }) => html`<li>${text} ${page && html`<a href=${linkTo(page)}>Show</a>`}</li>`)}
  </ul><//>`;
}

function Tiles({ stats }: { readonly stats: Stats }): Child {
  const { sessions, subscriptions, registrations, open_calls: open, queued_calls: queued, bytes } = stats;
  const refused = Object.values(stats.logins).reduce((sum, logins) => sum + logins.refused, 0);
  return html`<div class="tiles">
    <a class="tile" href=${linkTo("sessions")}><b>${formatCount(sessions)}</b><span>sessions</span></a>
    <a class="tile" href=${linkTo("topics")}><b>${formatCount(subscriptions)}</b><span>subscriptions</span></a>
    <a class="tile" href=${linkTo("procedures")}><b>${formatCount(registrations)}</b><span>registrations</span></a>
    <div class="tile"><b>${formatCount(open)}</b><span>open calls${queued > 0 && `, ${formatCount(queued)} queued`}</span></div>
    <a class="tile" href=${linkTo("connections")}><b>${formatCount(refused)}</b><span>refused logins</span></a>
    ${bytes !== undefined && html`<div class="tile"><b>${formatBytes(bytes.sent)}</b><span>sent, ${formatBytes(bytes.received)} received</span></div>`}
  </div>`;
}

function Plots({ points }: { readonly points: readonly RatePoint[] }): Child {
  const times = points.map(({ time }) => time);
  const line = (label: string, name: keyof RatePoint): Series => ({
    label,
    values: points.map((point) => point[name]),
  });
  const plot = (title: string, ...series: Series[]): Child =>
    html`<${Plot} title=${title} times=${times} series=${series} span=${PLOTTED_MS} />`;
  return html`<div class="grid plots">
    ${plot("Messages a second", line("received", "received"), line("sent", "sent"))}
    ${plot("Events a second", line("events", "events"), line("publications", "publications"))}
    ${plot("Calls a second", line("calls", "calls"))}
    ${plot("Errors a second", line("errors", "errors"))}
  </div>`;
}

function Place({ session, stats, roundTrip }: TimedStats & { readonly session: ChannelSession }): Child {
  const { placement } = useAnswer(() => askPlacement(session.realm), [session]).value ?? {};
  const { location: hint, jurisdiction, colo } = placement ?? {};
  const { since, wakes } = stats.objects?.[0] ?? stats;
  return html`<section class="card"><h2>Where the realm is</h2><dl class="facts">
    <dt>Round trip</dt><dd>${formatDuration(roundTrip)} from this browser</dd>
    <dt>Placement</dt><dd>${jurisdiction ?? hint ?? "near its first client"}${jurisdiction !== undefined && " (jurisdiction)"}${hint !== undefined && jurisdiction === undefined && " (location)"}</dd>
    ${colo !== undefined && html`<dt>Worker</dt><dd>${colo}, near this browser</dd>`}
    <dt>Awake since</dt><dd>${formatTime(since)}${wakes !== undefined && `, wake ${formatCount(wakes)} of this process`}</dd>
    <dt>Waiting</dt><dd>${formatCount(stats.parked_sessions)} sessions wait for their clients to resume them</dd>
  </dl></section>`;
}

interface Placement {
  readonly placement?: { readonly location?: string; readonly jurisdiction?: string; readonly colo?: string };
}

async function askPlacement(realm: string): Promise<Placement> {
  const response = await fetch(`/console/login?realm=${encodeURIComponent(realm)}`);
  return response.json();
}

function Errors({ stats: { errors } }: { readonly stats: Stats }): Child {
  const rows = Object.entries(errors)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 6);
  return html`<section class="card"><h2>Errors since the realm woke</h2>
    ${
      rows.length === 0
        ? html`<p class="quiet">None.</p>`
        : html`<dl class="facts errors">${rows.map(([uri, count]) => html`<dt class="number">${formatCount(count)}</dt><dd><code>${uri}</code>${uri === "wamp.error.not_authorized" && html` <a href=${linkTo("access")}>explain</a>`}</dd>`)}</dl>`
    }
  </section>`;
}

function Cost({ stats }: { readonly stats: Stats }): Child {
  const items = dailyCost(stats);
  const sum = items.reduce((all, { dollars }) => all + dollars, 0);
  const columns = [
    { title: "Unit", cell: ({ what }: (typeof items)[number]) => what },
    { title: "A day", cell: ({ count }: (typeof items)[number]) => formatCount(count), isNumber: true },
    { title: "$ a million", cell: (item: (typeof items)[number]) => item.dollarsPerMillion.toFixed(2), isNumber: true },
    { title: "$ a day", cell: ({ dollars }: (typeof items)[number]) => formatDollars(dollars), isNumber: true },
  ];
  return html`<section class="card"><h2>Estimated cost of a day like this: ${formatDollars(sum)}</h2>
    <${Table} label="Cost of a day" columns=${columns} rows=${items} keyOf=${({ what }: (typeof items)[number]) => what} />
    <p class="quiet">The rates since the realm woke, extended to 24 hours, times the prices of November 2026. What the plan includes is not
      subtracted. The console itself takes part: this page asks every two seconds, and keeps the realm awake.</p>
  </section>`;
}
