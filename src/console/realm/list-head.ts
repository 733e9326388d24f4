/** The head of a list of the realm: its filter, and how far it has come. */

import type { Uri } from "../../wamp/protocol/values.ts";
import { setParams } from "../session/location.ts";
import { formatCount } from "../widgets/format.ts";
import { type Child, html } from "../widgets/html.ts";
import { FaultNotice } from "../widgets/notice.ts";
import type { WholeList } from "./whole-list.ts";

interface Props {
  readonly list: WholeList<{ readonly uri: Uri }>;
  /** The filter in the link. */
  readonly filter: string;
  /** Entries shown so far. */
  readonly count: number;
  /** What the role needs, for the notice of a fault. */
  readonly hint: string;
}

/** Shows the filter by URI, "Reload", the fault, and the count while the list is loading. */
export function ListHead({ list: { fault, isComplete, reload }, filter, count, hint }: Props): Child {
  return html`<div class="row">
      <input class="grow" type="search" aria-label="Filter by URI" placeholder="Filter by URI" value=${filter}
        onInput=${(event: Event) => setParams({ filter: (event.target as HTMLInputElement).value })} />
      <button type="button" onClick=${reload}>Reload</button>
    </div>
    ${fault !== undefined && html`<${FaultNotice} fault=${fault} hint=${hint} />`}
    ${!isComplete && fault === undefined && html`<p class="quiet" role="status">Loading: ${formatCount(count)} so far</p>`}`;
}
