/** The page Procedures. */

import { type Child, html } from "../widgets/html.ts";
import { Empty } from "../widgets/notice.ts";

/** Shows that the page is empty. */
export function ProceduresPage(): Child {
  return html`<h1>Procedures</h1><${Empty} title="Nothing is here yet" />`;
}
