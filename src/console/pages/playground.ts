/** The page Playground. */

import { type Child, html } from "../widgets/html.ts";
import { Empty } from "../widgets/notice.ts";

/** Shows that the page is empty. */
export function PlaygroundPage(): Child {
  return html`<h1>Playground</h1><${Empty} title="Nothing is here yet" />`;
}
