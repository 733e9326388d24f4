/** The page Topics. */

import { type Child, html } from "../widgets/html.ts";
import { Empty } from "../widgets/notice.ts";

/** Shows that the page is empty. */
export function TopicsPage(): Child {
  return html`<h1>Topics</h1><${Empty} title="Nothing is here yet" />`;
}
