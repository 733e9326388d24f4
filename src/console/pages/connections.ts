/** The page Connections. */

import { type Child, html } from "../widgets/html.ts";
import { Empty } from "../widgets/notice.ts";

/** Shows that the page is empty. */
export function ConnectionsPage(): Child {
  return html`<h1>Connections</h1><${Empty} title="Nothing is here yet" />`;
}
