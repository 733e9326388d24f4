/** Who answers the calls of a registration. */

import type { ChannelSession, SessionDetails } from "../../client/channel-session.ts";
import { holdersOf, type RegistrationEntry } from "../realm/meta.ts";
import { useAnswer } from "../session/calls.ts";
import { linkTo } from "../session/location.ts";
import { formatCount } from "../widgets/format.ts";
import { type Child, html } from "../widgets/html.ts";
import { FaultNotice } from "../widgets/notice.ts";
import { Table } from "../widgets/table.ts";
import { Uri } from "../widgets/uri.ts";

interface CalleesProps {
  readonly session: ChannelSession;
  readonly entry: RegistrationEntry;
}

/** Shows the callees of one registration. */
export function Callees({ session, entry }: CalleesProps): Child {
  const { value, fault } = useAnswer(() => holdersOf(session, "registration", entry.id), [session, entry.id]);
  return html`<section class="card" aria-label="Callees">
    <h2>Callees of <${Uri} uri=${entry.uri} /></h2>
    ${fault !== undefined && html`<${FaultNotice} fault=${fault} />`}
    ${value?.length === 0 && html`<p class="quiet">Only components and Workers of the router, which the meta API does not list.</p>`}
    ${
      value !== undefined &&
      value.length > 0 &&
      html`<${Table} label="Callees" rows=${value} keyOf=${({ session: id }: SessionDetails) => id}
        columns=${[
          { title: "Name (authid)", cell: ({ authid }: SessionDetails) => html`<${Uri} uri=${authid} />` },
          { title: "Role", cell: ({ authrole }: SessionDetails) => authrole },
          { title: "Login", cell: ({ authmethod }: SessionDetails) => authmethod },
          {
            title: "Session",
            isShort: true,
            cell: ({ session: id }: SessionDetails) =>
              html`<a href=${linkTo("sessions", { id: String(id) })}>${id}</a>`,
          },
        ]} />`
    }
    ${entry.count > (value?.length ?? 0) && value !== undefined && value.length > 0 && html`<p class="quiet">${formatCount(entry.count)} in all.</p>`}
  </section>`;
}
