/** The roles of the realm with their rules. */

import { useState } from "preact/hooks";
import type { ChannelSession } from "../../client/channel-session.ts";
import { useAnswer } from "../session/calls.ts";
import { type Child, html } from "../widgets/html.ts";
import { FaultNotice } from "../widgets/notice.ts";
import { Table } from "../widgets/table.ts";
import { Uri } from "../widgets/uri.ts";
import { Value } from "../widgets/value.ts";

const ACTIONS = ["call", "register", "publish", "subscribe"] as const;

/** A rule, as `wamp.edge.role.get` returns it. */
interface Rule {
  readonly uri: string;
  readonly match: string;
  readonly allow: Readonly<Record<string, boolean>>;
}

/** A role, as `wamp.edge.role.get` returns it; `settings` are its other keys. */
interface RoleEntry {
  readonly name: string;
  readonly permissions: readonly Rule[];
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What a role lacks that may not list roles. */
const NEEDED_RULES =
  "The list needs a role with rules that allow calls of wamp.edge.role.list and wamp.edge.role.get; explain works without.";

/** Shows the rules of the role that is chosen. */
export function Roles({ session }: { readonly session: ChannelSession }): Child {
  const { value, fault } = useAnswer(() => rolesOf(session), [session]);
  const [name, setName] = useState(session.authrole);
  const role = value?.find((each) => each.name === name) ?? value?.[0];
  return html`<section class="card" aria-label="Roles"><h2>Roles and rules</h2>
    ${fault !== undefined && html`<${FaultNotice} fault=${fault} hint=${NEEDED_RULES} />`}
    ${
      value !== undefined &&
      role !== undefined &&
      html`<label class="check choice">Role <select value=${role.name} onChange=${(event: Event) => setName((event.target as HTMLSelectElement).value)}>
        ${value.map((each) => html`<option>${each.name}</option>`)}</select></label>
      <${Rules} role=${role} />`
    }
  </section>`;
}

function Rules({ role: { permissions, settings } }: { readonly role: RoleEntry }): Child {
  const columns = [
    {
      title: "URI",
      cell: ({ uri }: Rule) => (uri === "" ? html`<span class="quiet">all</span>` : html`<${Uri} uri=${uri} />`),
    },
    { title: "Match", cell: ({ match }: Rule) => match },
    ...ACTIONS.map((action) => ({
      title: action,
      cell: ({ allow }: Rule) =>
        allow[action] === true ? html`<span class="yes">allowed</span>` : html`<span class="quiet">no</span>`,
    })),
  ];
  return html`
    ${
      permissions.length === 0
        ? html`<p class="quiet">The role has no rule.</p>`
        : html`<${Table} label="Rules" rows=${permissions} keyOf=${({ uri, match }: Rule) => `${match} ${uri}`} columns=${columns} />`
    }
    ${Object.keys(settings).length > 0 && html`<details><summary>Other settings of the role</summary><${Value} value=${settings} /></details>`}`;
}

async function rolesOf(session: ChannelSession): Promise<RoleEntry[]> {
  const { args } = await session.call("wamp.edge.role.list");
  return Promise.all(
    (args[0] as string[]).map(async (role) => {
      const { args: answer } = await session.call("wamp.edge.role.get", [role]);
      const { name, permissions, ...settings } = answer[0] as RoleEntry;
      return { name, permissions, settings };
    }),
  );
}
