/** The page Sessions. */

import { type Child, html } from "../widgets/html.ts";
import { Empty } from "../widgets/notice.ts";

/** Shows that the page is empty. */
export function SessionsPage(): Child {
  return html`<h1>Sessions</h1><${Empty} title="Nothing is here yet" />`;
}
