/** A live list of messages, with its count, "Pause" and "Clear". */

import { useEffect, useState } from "preact/hooks";
import { formatCount } from "../widgets/format.ts";
import { type Child, html } from "../widgets/html.ts";
import { Empty } from "../widgets/notice.ts";
import { MessageList } from "./message-list.ts";
import type { MessageLog } from "./message-log.ts";

/** Milliseconds between two refreshes of the list, however many messages come. */
const REFRESH_MS = 200;

interface Props {
  readonly log: MessageLog;
  /** Of the list, for screen readers. */
  readonly label: string;
  /** Singular of what is counted. */
  readonly noun: string;
  /** What an empty list says; undefined for a source that gives nothing more. */
  readonly waiting?: string | undefined;
  /** Further controls. */
  readonly children?: Child;
}

/** Shows the messages of a log as they come. */
export function LiveMessages({ log, label, noun, waiting, children }: Props): Child {
  useLog(log);
  const { messages, total, dropped, isPaused } = log;
  const title = isPaused ? "Paused" : waiting;
  return html`<div class="row live">
      <span class="quiet grow" data-total=${total}>${formatCount(total)} ${noun}${total === 1 ? "" : "s"}${dropped > 0 && `, ${formatCount(dropped)} left out`}</span>
      ${children}
      <button type="button" onClick=${() => log.pause(!isPaused)}>${isPaused ? "Go on" : "Pause"}</button>
      <button type="button" disabled=${total === 0} onClick=${() => log.clear()}>Clear</button>
    </div>
    ${messages.length > 0 ? html`<${MessageList} label=${label} messages=${messages} />` : title !== undefined && html`<${Empty} title=${title} />`}`;
}

/** Renders the component anew when the log has changed, but not more often than every `REFRESH_MS`. */
export function useLog(log: MessageLog): void {
  const [, setTurn] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = log.listen(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setTurn((turn) => turn + 1);
      }, REFRESH_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [log]);
}
