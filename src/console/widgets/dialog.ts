/** A modal dialog of the browser: Escape closes it, the focus stays inside and returns afterwards. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { type Child, html } from "./html.ts";

interface DialogProps {
  readonly title: string;
  readonly children?: Child;
  onClose(): void;
}

/** Shows its children above the page until `onClose` removes it. */
export function Dialog({ title, children, onClose }: DialogProps): Child {
  const element = useRef<HTMLDialogElement>(null);
  // A layout effect ends while the element is still there: the focus is never nowhere.
  useLayoutEffect(() => {
    const former = document.activeElement;
    const dialog = element.current;
    dialog?.showModal();
    return () => {
      // While it is open, nothing outside takes the focus.
      dialog?.close();
      if (former instanceof HTMLElement) former.focus();
    };
  }, []);
  return html`<dialog ref=${element} aria-labelledby="dialog-title" onClose=${onClose}>
    <h2 id="dialog-title">${title}</h2>
    ${children}
  </dialog>`;
}
