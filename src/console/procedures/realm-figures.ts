/** Calls of the whole realm since the page was opened, from the counters of the router. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { ChannelSession } from "../../client/channel-session.ts";
import { useAnswer } from "../session/calls.ts";
import { growthOf, type Stats, secondsBetween, total } from "../session/stats.ts";
import { formatCount, formatRate } from "../widgets/format.ts";
import { type Child, html } from "../widgets/html.ts";

/** Milliseconds between two looks at the figures. */
const STATS_MS = 2_000;

/** What has been counted since the page was opened. */
interface Counted {
  readonly seconds: number;
  readonly calls: number;
  readonly errors: number;
}

/** Shows the figures; nothing to a role without `console`. */
export function RealmFigures({ session }: { readonly session: ChannelSession }): Child {
  const [{ seconds, calls, errors }, setCounted] = useState<Counted>({ seconds: 0, calls: 0, errors: 0 });
  const earlier = useRef<Stats | undefined>(undefined);
  const { value } = useAnswer(() => ask(session), [session], STATS_MS);
  useEffect(() => {
    const former = earlier.current;
    earlier.current = value;
    if (value !== undefined && former !== undefined) setCounted((counted) => add(counted, value, former));
  }, [value]);
  if (value === undefined) return null;
  const figure = (title: string, text: string): Child =>
    html`<div><dt class="quiet">${title}</dt><dd>${text}</dd></div>`;
  return html`<dl class="figures" aria-label="Calls in the realm since this page was opened">
    ${figure("Calls in the realm", formatCount(calls))}
    ${figure("Calls a second", seconds > 0 ? formatRate(calls / seconds) : "–")}
    ${figure("Errors in the realm", formatCount(errors))}
    ${figure("Open calls", formatCount(value.open_calls))}
    ${figure("Queued calls", formatCount(value.queued_calls))}
  </dl>`;
}

async function ask(session: ChannelSession): Promise<Stats> {
  const { args } = await session.call("wamp.edge.stats");
  return args[0] as Stats;
}

/** Adds what the realm has counted since a former answer. */
function add(counted: Counted, stats: Stats, former: Stats): Counted {
  return {
    seconds: counted.seconds + secondsBetween(former.time, stats.time),
    calls: counted.calls + growthOf(stats, former, ({ messages }) => messages.received.CALL ?? 0),
    errors: counted.errors + growthOf(stats, former, ({ errors }) => total(errors)),
  };
}
