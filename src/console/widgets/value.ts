/** Values of payloads, as JSON text. */

import { type Child, html } from "./html.ts";

/** Characters of JSON that are shown of one value. */
const MAX_SHOWN = 20_000;

/** A value with its structure, cut where it is very long. */
export function Value({ value }: { readonly value: unknown }): Child {
  const text = JSON.stringify(value, null, 2) ?? "undefined";
  const isCut = text.length > MAX_SHOWN;
  return html`<pre class="value" tabindex="0">${isCut ? text.slice(0, MAX_SHOWN) : text}${isCut && `… ${text.length} characters`}</pre>`;
}
