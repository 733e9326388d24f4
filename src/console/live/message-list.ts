/** A list of messages: each is one line and its payload, and opens by Enter or a click. */

import { useState } from "preact/hooks";
import { linkTo } from "../session/location.ts";
import { Code, payloadText } from "../widgets/code.ts";
import { formatBytes, formatCount } from "../widgets/format.ts";
import { type Child, html } from "../widgets/html.ts";
import { shorten, Uri } from "../widgets/uri.ts";
import type { ListedMessage } from "./message-log.ts";

/** Characters of a payload in its line. */
const MOST_SHOWN = 300;

interface ListProps {
  /** For screen readers. */
  readonly label: string;
  readonly messages: readonly ListedMessage[];
}

/** Shows messages. The Tab key passes over the list as a whole, and the arrow keys go through it. */
export function MessageList({ label, messages }: ListProps): Child {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${label} onKeyDown=${step}>
    <ol class="messages">${messages.map((message) => html`<${Message} key=${message.index} message=${message} />`)}</ol>
  </div>`;
}

function step(event: KeyboardEvent): void {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  const summaries = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("summary")];
  const next = summaries[summaries.indexOf(document.activeElement as HTMLElement) + by];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

function Message({ message }: { readonly message: ListedMessage }): Child {
  const [isOpen, setOpen] = useState(false);
  const { time, way, who, type, uri, fault, bytes, dropped = 0 } = message;
  const toggle = (event: Event): void => setOpen((event.currentTarget as HTMLDetailsElement).open);
  return html`<li>
    <details onToggle=${toggle}><summary tabindex="-1">
      <span class="quiet">${time}</span>
      ${way !== undefined && html` <span class=${`way ${way}`}>${who === undefined ? `${way} client` : way}</span>`}${who !== undefined && html` <${Uri} uri=${who} />`}
      ${type !== undefined && html` <strong>${type}</strong>`}${uri !== undefined && html` <${Uri} uri=${uri} />`}
      ${fault !== undefined && html` <code class="fault">${shorten(fault, MOST_SHOWN)}</code>`}
      ${bytes !== undefined && html` <span class="quiet">${formatBytes(bytes)}</span>`}
      <${Payload} message=${message} /></summary>
      ${isOpen && html`<${Details} message=${message} />`}
    </details>
    ${dropped > 0 && html`<p class="quiet">${formatCount(dropped)} message${dropped === 1 ? "" : "s"} left out here</p>`}
  </li>`;
}

function Payload({ message }: { readonly message: ListedMessage }): Child {
  const text = textOf(message);
  return html`${text !== "" && html`<code class="payload">${shorten(text, MOST_SHOWN)}</code>`}
    ${message.note !== undefined && html` <span class="quiet">${message.note}</span>`}`;
}

function textOf({ args, kwargs, text = "" }: ListedMessage, indent?: number): string {
  return args === undefined ? text : payloadText(args, kwargs ?? {}, indent);
}

function Details({ message }: { readonly message: ListedMessage }): Child {
  const { session, question, facts = {} } = message;
  const text = textOf(message, 2);
  return html`<div class="opened">
    ${text !== "" && html`<${Code} text=${text} label="Payload" />`}
    ${question !== undefined && html`<p><a href=${linkTo("access", question)}>Why was it refused?</a></p>`}
    <dl class="facts">
      ${session !== undefined && html`<dt>session</dt><dd><a href=${linkTo("sessions", { id: String(session) })}>${session}</a></dd>`}
      ${Object.entries(facts).map(([name, value]) => html`<dt>${name}</dt><dd><code>${JSON.stringify(value)}</code></dd>`)}
    </dl>
  </div>`;
}
