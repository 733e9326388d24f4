/** The switch that counts the calls of each procedure by a tap. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { ChannelSession } from "../../client/channel-session.ts";
import { TAP_COST, TapEnd } from "../live/tap-panel.ts";
import type { RegistrationEntry } from "../realm/meta.ts";
import { CallFigures, patternOf } from "../session/call-figures.ts";
import { type TapState, useTap } from "../session/tap.ts";
import { formatCount, formatTime } from "../widgets/format.ts";
import { type Child, html } from "../widgets/html.ts";
import { Uri } from "../widgets/uri.ts";

/** Milliseconds between two refreshes of the figures, however many calls come. */
const REFRESH_MS = 500;

/** What the page has counted. */
export interface CallWatch {
  readonly state: TapState;
  /** Undefined until the page watches. */
  readonly figures: CallFigures | undefined;
  /** The beginning of the URIs that are watched; undefined for all. */
  readonly prefix: string | undefined;
  /** Counts anew, the calls of these registrations. */
  start(rows: readonly RegistrationEntry[]): void;
  stop(): void;
}

/** Watches calls on demand, for as long as the component is there. */
export function useCallWatch(session: ChannelSession): CallWatch {
  const [watched, setWatched] = useState<{ readonly figures: CallFigures; readonly prefix: string | undefined }>();
  const figures = useRef<CallFigures | undefined>(undefined);
  const [, setTurn] = useState(0);
  const { state, start, stop } = useTap(session, (message) => figures.current?.take(message));
  const isRunning = state.kind === "running";
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setTurn((turn) => turn + 1), REFRESH_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  return {
    state,
    figures: watched?.figures,
    prefix: watched?.prefix,
    start: (rows) => {
      const prefix = patternOf(rows);
      figures.current = new CallFigures();
      setWatched({ figures: figures.current, prefix });
      start(prefix === undefined ? {} : { uri: prefix, match: "prefix" });
    },
    stop,
  };
}

interface Props {
  readonly watch: CallWatch;
  /** The registrations whose calls are to be watched. */
  readonly rows: readonly RegistrationEntry[];
}

/** Shows the switch, what is watched, and what the tap has left out. */
export function CallWatchSwitch({ watch: { state, figures, prefix, start, stop }, rows }: Props): Child {
  const isRunning = state.kind === "running" || state.kind === "starting";
  const dropped = figures?.dropped ?? 0;
  return html`<div class="row">
      <label class="check"><input type="checkbox" role="switch" checked=${isRunning} disabled=${!isRunning && rows.length === 0} onChange=${() => (isRunning ? stop() : start(rows))} /> Watch calls</label>
      <span class="quiet grow" role="status">${
        isRunning
          ? html`Counts the calls ${prefix === undefined ? "of all procedures" : html`of procedures that begin with <${Uri} uri=${prefix} />`}${state.kind === "running" ? ` until ${formatTime(state.endsAt)}.` : " from now on."}`
          : html`Counts calls, errors and times of the procedures in the list, by a tap. ${TAP_COST}`
      }</span>
    </div>
    <${TapEnd} state=${state} />
    ${dropped > 0 && html`<p class="quiet">The figures are a sample: the tap left out ${formatCount(dropped)} messages, because it shows 200 a second at most.</p>`}`;
}
