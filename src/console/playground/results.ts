/** Shows the runs of the playground: results with their time, faults and raw frames. */

import { LiveMessages } from "../live/live-messages.ts";
import { Code, payloadText } from "../widgets/code.ts";
import { type Child, html } from "../widgets/html.ts";
import { FaultNotice } from "../widgets/notice.ts";
import { Uri } from "../widgets/uri.ts";
import type { Run, RunAnswer } from "./run.ts";

/** Runs, the latest first. */
export function Results({ runs }: { readonly runs: readonly Run[] }): Child {
  return html`<div class="runs" aria-live="polite">${runs.map((run) => html`<${Result} key=${run.id} run=${run} />`)}</div>`;
}

const NOUNS = { call: "progressive result", publish: "", subscribe: "event", register: "invocation" };
const STOP = { call: "Cancel", publish: "", subscribe: "Unsubscribe", register: "Unregister" };

function Result({ run }: { readonly run: Run }): Child {
  const { request, state, ms, fault, log, answer, frames, startedAt } = run;
  const isOpen = state === "active" || (state === "running" && request.action === "call");
  return html`<section class="card run" data-state=${state} aria-label=${`${request.action} ${request.uri}`}>
    <div class="row">
      <strong>${request.action}</strong> <span class="grow"><${Uri} uri=${request.uri} /></span>
      <span class=${`state ${state}`}>${state}</span>
      ${ms !== undefined && html`<span class="quiet">${ms.toFixed(1)} ms</span>`}
      ${isOpen && html`<button type="button" onClick=${() => run.stop()}>${STOP[request.action]}</button>`}
    </div>
    ${fault !== undefined && html`<${FaultNotice} fault=${fault} hint=${HINTS[fault.uri]} />`}
    ${hasMessages(run) && html`<${LiveMessages} log=${log} label=${`Messages of ${request.action} ${request.uri}`} noun=${NOUNS[request.action]} waiting=${isOpen ? "Waiting" : undefined} />`}
    ${answer !== undefined && html`<${Answer} answer=${answer} />`}
    <details><summary>${frames.length} raw frame${frames.length === 1 ? "" : "s"}</summary>
      <ol class="frames">
        ${frames.map(
          ({ direction, at, text }) =>
            html`<li><span class="quiet">${direction === "sent" ? "→ sent" : "← received"}, ${(at - startedAt).toFixed(1)} ms, ${bytesOf(text)} bytes</span>
              <code>${text.length > 4_000 ? `${text.slice(0, 4_000)}…` : text}</code></li>`,
        )}
      </ol>
    </details>
  </section>`;
}

/** Whether messages may come besides the answer. */
function hasMessages({ request, state, log }: Run): boolean {
  return log.total > 0 || (state === "active" && request.action !== "publish");
}

function Answer({ answer: { args, kwargs } }: { readonly answer: RunAnswer }): Child {
  const text = payloadText(args, kwargs, 2);
  return text === "" ? html`<p class="quiet">no arguments</p>` : html`<${Code} text=${text} label="Result" />`;
}

const utf8 = new TextEncoder();

function bytesOf(text: string): number {
  return utf8.encode(text).length;
}

/** Error URI → what to do. */
const HINTS: Readonly<Record<string, string>> = {
  "wamp.error.no_such_procedure": "No session has registered this procedure: see the page Procedures.",
  "wamp.error.not_authorized": "No rule of your role permits this: the page Access explains why.",
  "wamp.error.invalid_uri": "A URI has components between dots, without spaces or #.",
};
