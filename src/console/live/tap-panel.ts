/** A tap that the user starts: its messages as they come, when it ends by itself, and how it has ended. */

import { useState } from "preact/hooks";
import type { ChannelSession } from "../../client/channel-session.ts";
import { TAP_MINUTES, type TapState, tapHint, useTap } from "../session/tap.ts";
import type { TapSelection, TapSummary } from "../session/tap-message.ts";
import { formatCount, formatDuration, formatTime } from "../widgets/format.ts";
import { type Child, html } from "../widgets/html.ts";
import { FaultNotice, Notice } from "../widgets/notice.ts";
import { LiveMessages } from "./live-messages.ts";
import { MessageLog } from "./message-log.ts";
import { listed } from "./tapped.ts";

/** What every tap costs, said before it starts. */
export const TAP_COST = `A tap ends by itself after ${TAP_MINUTES} minutes, keeps the realm awake, and is recorded in the audit log.`;

interface PanelProps {
  readonly session: ChannelSession;
  readonly selection: TapSelection;
  /** The button that starts the tap. */
  readonly title: string;
  /** What the tap shows, a sentence. */
  readonly about: string;
  /** Controls that change the selection. A running tap hides them, because it keeps its selection. */
  readonly children?: Child;
}

/** Shows the button, and the tap that it has started. */
export function TapPanel({ session, selection, title, about, children }: PanelProps): Child {
  const [log] = useState(() => new MessageLog());
  const hasOneSession = selection.session !== undefined;
  const { state, start, stop } = useTap(session, (message) => {
    // What the page itself asks is of interest only where it was asked for.
    if (hasOneSession || message.session !== session.id) log.add(listed(message, hasOneSession));
  });
  const begin = (): void => {
    log.clear();
    log.pause(false);
    start(selection);
  };
  const isRunning = state.kind === "running" || state.kind === "starting";
  const hasList = isRunning || log.total > 0;
  return html`<${TapEnd} state=${state} />
    ${
      !isRunning &&
      html`<p class="quiet">${about} ${TAP_COST}</p>
        <div class="row">${children}<button type="button" onClick=${begin}>${state.kind === "idle" ? title : "Tap again"}</button></div>`
    }
    ${isRunning && html`<p class="quiet" role="status">${state.kind === "running" ? `The tap ends by itself at ${formatTime(state.endsAt)}.` : "The tap is starting."}</p>`}
    ${
      hasList &&
      html`<${LiveMessages} log=${log} label="Tapped messages" noun="message" waiting=${state.kind === "running" ? "Waiting for messages" : undefined}>
        ${isRunning && html`<button type="button" onClick=${stop}>Stop</button>`}<//>`
    }`;
}

/** Says how a tap has ended; nothing before. */
export function TapEnd({ state }: { readonly state: TapState }): Child {
  switch (state.kind) {
    case "stopped":
      return html`<${Notice} kind="info">You have stopped the tap.<//>`;
    case "ended":
      return html`<${Notice} kind="info">${describeEnd(state.summary)}<//>`;
    case "failed":
      return html`<${FaultNotice} fault=${state.fault} hint=${tapHint(state.fault)} />`;
    default:
      return null;
  }
}

function describeEnd({ seconds, shown, dropped: { rate, unread } }: TapSummary): string {
  const reasons = [
    ...(rate > 0 ? [`${formatCount(rate)} above 200 a second`] : []),
    ...(unread > 0 ? [`${formatCount(unread)} while this page had not read earlier ones`] : []),
  ];
  const sum = `The tap has ended after ${formatDuration(seconds * 1000)}: ${formatCount(shown)} messages shown`;
  return reasons.length === 0 ? `${sum}.` : `${sum}, left out ${reasons.join(" and ")}.`;
}
