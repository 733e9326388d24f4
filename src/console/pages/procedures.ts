/** The page Procedures: registrations, their policies, and the sessions that answer calls. */

import { useEffect, useState } from "preact/hooks";
import type { ChannelSession } from "../../client/channel-session.ts";
import { CallWatchSwitch, useCallWatch } from "../procedures/call-watch.ts";
import { Callees } from "../procedures/callees.ts";
import { RealmFigures } from "../procedures/realm-figures.ts";
import { Registrations } from "../procedures/registrations.ts";
import { ListHead } from "../realm/list-head.ts";
import { listRegistrations } from "../realm/meta.ts";
import { useWholeList } from "../realm/whole-list.ts";
import { linkTo, usePlace } from "../session/location.ts";
import { type Child, html } from "../widgets/html.ts";
import { Empty } from "../widgets/notice.ts";
import { Pager } from "../widgets/table.ts";

/** Rows of one page of the table. */
const ROWS = 50;

interface Props {
  readonly session: ChannelSession;
}

/** Shows the table, and the callees of the procedure that is chosen. */
export function ProceduresPage({ session }: Props): Child {
  const { params } = usePlace();
  const filter = params.get("filter") ?? "";
  const chosen = Number(params.get("registration") ?? "");
  const [offset, setOffset] = useState(0);
  const list = useWholeList((after) => listRegistrations(session, after), session);
  const { entries, isComplete } = list;
  const rows = entries?.filter(({ uri }) => uri.includes(filter)) ?? [];
  const entry = entries?.find(({ id }) => id === chosen);
  const watch = useCallWatch(session);
  useEffect(() => setOffset(0), [filter]);
  return html`<h1>Procedures</h1>
    <${RealmFigures} session=${session} />
    <div class="card">
      <${ListHead} list=${list} filter=${filter} count=${rows.length} hint="The page needs a role that may call wamp.registration.*." />
      <${CallWatchSwitch} watch=${watch} rows=${rows} />
      ${isComplete && rows.length === 0 && html`<${NoRegistration} filter=${filter} />`}
      ${rows.length > 0 && html`<${Registrations} rows=${rows.slice(offset, offset + ROWS)} chosen=${chosen} figures=${watch.figures} />`}
      <${Pager} offset=${offset} size=${ROWS} total=${rows.length} onOffset=${setOffset} />
    </div>
    ${entry !== undefined && html`<${Callees} key=${entry.id} session=${session} entry=${entry} />`}`;
}

function NoRegistration({ filter }: { readonly filter: string }): Child {
  return filter === ""
    ? html`<${Empty} title="No procedure is registered"><p>A session registers one with REGISTER: try it in the${" "}
        <a href=${linkTo("playground", { action: "register" })}>playground</a>.</p><//>`
    : html`<${Empty} title="No procedure has this in its URI" />`;
}
