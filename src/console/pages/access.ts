/** The page Access. */

import { type Child, html } from "../widgets/html.ts";
import { Empty } from "../widgets/notice.ts";

/** Shows that the page is empty. */
export function AccessPage(): Child {
  return html`<h1>Access</h1><${Empty} title="Nothing is here yet" />`;
}
