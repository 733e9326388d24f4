/** URIs and names that clients have chosen: any length, any characters. */

import { type Child, html } from "./html.ts";

/** Characters that a table shows of a name; its title has all of them. */
const MAX_SHOWN = 80;

/** A name, shortened in the middle where it is long. An empty one is shown as such. */
export function Uri({ uri }: { readonly uri: string }): Child {
  if (uri === "") return html`<code class="quiet">(empty)</code>`;
  return html`<code class="uri" title=${uri}>${shorten(uri, MAX_SHOWN)}</code>`;
}

/** Leaves out the middle of a text that has more than `length` characters. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  const tail = Math.floor(length / 3);
  return `${text.slice(0, length - tail - 1)}…${text.slice(-tail)}`;
}
