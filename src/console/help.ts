/** Shortcuts of the keyboard, and the dialog that lists them. */

import { useLayoutEffect, useState } from "preact/hooks";
import { PAGES } from "./pages/pages.ts";
import { goTo } from "./session/location.ts";
import { Dialog } from "./widgets/dialog.ts";
import { type Child, html } from "./widgets/html.ts";
import { readStored, writeStored } from "./widgets/theme.ts";

const KEY = "wamp-edge-console-shortcuts";
/** Milliseconds for the letter after `g`. */
const SEQUENCE_MS = 1_500;

/** Acts on shortcuts while no field has the focus. Single letters can be switched off for people who dictate. */
export function useShortcuts(hasSession: boolean, onHelp: () => void): void {
  // Not after the next frame: a shortcut may follow the login at once.
  useLayoutEffect(() => {
    let goAt = Number.NEGATIVE_INFINITY;
    const onKey = (event: KeyboardEvent): void => {
      if (readStored(KEY) === "off" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const isAfterGo = event.timeStamp - goAt < SEQUENCE_MS;
      goAt = event.key === "g" ? event.timeStamp : Number.NEGATIVE_INFINITY;
      const page = isAfterGo && hasSession ? PAGES.find(({ key }) => key === event.key) : undefined;
      if (page !== undefined) goTo(page.name);
      else if (event.key === "/") focusFilter(event);
      else if (event.key === "?") onHelp();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [hasSession]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

function focusFilter(event: Event): void {
  const filter = document.querySelector<HTMLElement>("main [type=search]");
  if (filter === null) return;
  event.preventDefault();
  filter.focus();
}

/** Lists the shortcuts, with a switch for them. */
export function HelpDialog({ onClose }: { onClose(): void }): Child {
  const [isOn, setOn] = useState(readStored(KEY) !== "off");
  const toggle = (): void => {
    writeStored(KEY, isOn ? "off" : "on");
    setOn(!isOn);
  };
  return html`<${Dialog} title="Keyboard" onClose=${onClose}>
    <dl class="keys">
      ${PAGES.map(({ title, key }) => html`<dt><kbd>g</kbd> <kbd>${key}</kbd></dt><dd>${title}</dd>`)}
      <dt><kbd>/</kbd></dt><dd>the filter of the page</dd>
      <dt><kbd>?</kbd></dt><dd>this list</dd>
      <dt><kbd>Esc</kbd></dt><dd>close a dialog</dd>
      <dt><kbd>Tab</kbd> <kbd>Enter</kbd></dt><dd>everything else</dd>
    </dl>
    <label class="check"><input type="checkbox" checked=${isOn} onChange=${toggle} /> Shortcuts of single letters</label>
    <div class="row end"><button type="button" class="primary" onClick=${onClose}>Close</button></div>
  <//>`;
}
