/** Messages to the person at the page: faults with what to do, warnings, empty states. */

import type { Fault } from "../session/connection.ts";
import { type Child, html } from "./html.ts";

/** What a notice is about; screen readers read errors at once. */
export type NoticeKind = "error" | "warning" | "info" | "good";

/** A box with a message. */
export function Notice({ kind, children }: { readonly kind: NoticeKind; readonly children?: Child }): Child {
  return html`<div class=${`notice ${kind}`} role=${kind === "error" ? "alert" : "status"}><div>${children}</div></div>`;
}

/** An error of the router, with its URI and what to do about it. */
export function FaultNotice({ fault, hint }: { readonly fault: Fault; readonly hint?: string | undefined }): Child {
  return html`<${Notice} kind="error">
    ${fault.message !== "" && html`<strong>${fault.message}</strong>`} ${fault.uri !== "" && html`<code>${fault.uri}</code>`}
    ${hint !== undefined && html`<br />${hint}`}<//>`;
}

/** What a list shows that has no entries. */
export function Empty({ title, children }: { readonly title: string; readonly children?: Child }): Child {
  return html`<div class="empty"><p><strong>${title}</strong></p>${children}</div>`;
}
