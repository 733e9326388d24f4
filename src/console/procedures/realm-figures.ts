/** Calls of the whole realm since the page was opened, from the counters of the router. */

import { useEffect, useState } from "preact/hooks";
import type { ChannelSession } from "../../client/channel-session.ts";
import type { Dict } from "../../wamp/protocol/values.ts";
import { useAnswer } from "../session/calls.ts";
import { formatCount, formatRate } from "../widgets/format.ts";
import { type Child, html } from "../widgets/html.ts";

/** Milliseconds between two looks at the figures. */
const STATS_MS = 2_000;

/** The part of `wamp.edge.stats` that is about calls. */
interface CallFigures {
  readonly time: number;
  readonly calls: number;
  readonly errors: number;
  readonly open: number;
  readonly queued: number;
}

/** Shows the figures; nothing to a role without `console`. */
export function RealmFigures({ session }: { readonly session: ChannelSession }): Child {
  const [first, setFirst] = useState<CallFigures>();
  const { value } = useAnswer(() => figuresOf(session), [session], STATS_MS);
  useEffect(() => {
    setFirst((former) => former ?? value);
  }, [value]);
  if (value === undefined || first === undefined) return null;
  const seconds = (value.time - first.time) / 1000;
  const calls = value.calls - first.calls;
  const figure = (title: string, text: string): Child =>
    html`<div><dt class="quiet">${title}</dt><dd>${text}</dd></div>`;
  return html`<dl class="figures" aria-label="Calls in the realm since this page was opened">
    ${figure("Calls in the realm", formatCount(calls))}
    ${figure("Calls a second", seconds > 0 ? formatRate(calls / seconds) : "–")}
    ${figure("Errors in the realm", formatCount(value.errors - first.errors))}
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
