/** The page Overview. */

import { type Child, html } from "../widgets/html.ts";
import { Empty } from "../widgets/notice.ts";

/** Shows that the page is empty. */
export function OverviewPage(): Child {
  return html`<h1>Overview</h1><${Empty} title="Nothing is here yet" />`;
}
