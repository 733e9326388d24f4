/** Texts to copy, and payloads as text. */

import type { RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Dict, List } from "../../wamp/protocol/values.ts";
import { type Child, html } from "./html.ts";

/** Characters of a value that a page shows. */
const MOST_SHOWN = 20_000;

/** The text of a payload: one value as it is, otherwise arguments and keyword arguments. */
export function payloadText(args: List, kwargs: Dict, indent?: number): string {
  const hasKwargs = Object.keys(kwargs).length > 0;
  const lists = args.length === 0 ? [] : [JSON.stringify(args.length === 1 ? args[0] : args, null, indent)];
  const text = [...lists, ...(hasKwargs ? [JSON.stringify(kwargs, null, indent)] : [])].join(" ");
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/** A text to read and to copy. The keyboard can scroll it. */
export function Code({ text, label }: { readonly text: string; readonly label: string }): Child {
  const element = useRef<HTMLElement>(null);
  return html`<div class="code"><pre ref=${element} tabindex="0" role="region" aria-label=${label}>${text}</pre>
    <${Copy} text=${text} label=${label} element=${element} /></div>`;
}

interface CopyProps {
  readonly text: string;
  readonly label: string;
  /** The element that shows the text. */
  readonly element: RefObject<HTMLElement>;
}

function Copy({ text, label, element }: CopyProps): Child {
  const [done, setDone] = useState({ text: "", said: "Copy" });
  // Another text is not copied yet.
  const said = done.text === text ? done.said : "Copy";
  const say = (word: string): void => setDone({ text, said: word });
  const copy = (): void => {
    write(text).then(
      () => say("Copied"),
      () => {
        getSelection()?.selectAllChildren(element.current!);
        say("Press Ctrl+C");
      },
    );
  };
  return html`<button type="button" class="copy" onClick=${copy} aria-label=${`${said}: ${label}`}>${said}</button>`;
}

/** Browsers have no clipboard for pages without TLS, other than those of the same machine. */
async function write(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}
