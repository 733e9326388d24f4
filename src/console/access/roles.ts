/** The roles of the realm with their rules: all of them in a matrix, or one on narrow screens. */

import { useEffect, useMemo, useState } from "preact/hooks";
import type { ChannelSession } from "../../client/channel-session.ts";
import type { PermissionRule, Role } from "../../wamp/config/realm.ts";
import { useAnswer } from "../session/calls.ts";
import { setParams, usePlace } from "../session/location.ts";
import { type Child, html } from "../widgets/html.ts";
import { FaultNotice } from "../widgets/notice.ts";
import { Table } from "../widgets/table.ts";
import { Uri } from "../widgets/uri.ts";
import { Value } from "../widgets/value.ts";
import { Matrix } from "./matrix.ts";
import { ACTIONS, type Found, fallbackOf, marksOf, rolesOf, rowOf, tableOf } from "./rules.ts";

/** What a role lacks that may not list roles. */
const NEEDED_RULES =
  "The list needs a role with rules that allow calls of wamp.edge.role.list and wamp.edge.role.get; explain works without.";

/** The width up to which one role is shown at a time, as in the styles. */
const NARROW = "(max-width: 700px)";

/** Asks for the roles and shows them. */
export function Roles({ session }: { readonly session: ChannelSession }): Child {
  const { value, fault, reload } = useAnswer(() => rolesOf(session), [session]);
  return html`<section class="card" aria-label="Roles"><h2>Roles and rules</h2>
    ${fault !== undefined && html`<${FaultNotice} fault=${fault} hint=${NEEDED_RULES} />`}
    ${value !== undefined && html`<${RoleTables} roles=${value} own=${session.authrole} reload=${reload} />`}
  </section>`;
}

interface RoleTablesProps {
  readonly roles: readonly Role[];
  /** The role of the console's session. */
  readonly own: string;
  reload(): void;
}

function RoleTables({ roles, own, reload }: RoleTablesProps): Child {
  const { params } = usePlace();
  const filter = params.get("filter") ?? "";
  const find = useMemo(() => tableOf(roles), [roles]);
  const found = useMemo(() => find(filter), [find, filter]);
  const isNarrow = useNarrow();
  const shown = params.get("shown") ?? (isNarrow ? own : undefined);
  const chosen = roles.find(({ name }) => name === shown) ?? (isNarrow ? roles[0] : undefined);
  const choose = (name: string): void => setParams({ shown: name === chosen?.name ? undefined : name });
  return html`
    <div class="row">
      <input class="grow" type="search" aria-label="Filter by URI" placeholder="Filter by URI" value=${filter}
        onInput=${(event: Event) => setParams({ filter: (event.target as HTMLInputElement).value })} />
      ${
        isNarrow &&
        html`<label class="check choice">Role <select value=${chosen?.name} onChange=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>
        ${roles.map(({ name }) => html`<option>${name}</option>`)}</select></label>`
      }
      <button type="button" onClick=${reload}>Reload</button>
    </div>
    ${!isNarrow && html`<${Matrix} roles=${roles} found=${found} chosen=${chosen?.name} onChoose=${choose} />`}
    ${chosen !== undefined && html`<${OneRole} role=${chosen} found=${found} hasTitle=${!isNarrow} />`}`;
}

function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const query = matchMedia(NARROW);
    const onChange = (): void => setNarrow(query.matches);
    query.addEventListener("change", onChange);
    return () => query.removeEventListener("change", onChange);
  }, []);
  return isNarrow;
}

interface OneRoleProps {
  readonly role: Role;
  readonly found: Found;
  readonly hasTitle: boolean;
}

function OneRole({ role, found, hasTitle }: OneRoleProps): Child {
  const { name, permissions, ...settings } = role;
  const rows = new Set(found.rows.map(({ id }) => id));
  const shown = permissions.filter((rule) => rows.has(rowOf(rule)));
  const deciding = found.deciding.get(name);
  const decides = (rule: PermissionRule): boolean => rowOf(rule) === deciding;
  return html`
    ${hasTitle && html`<h3><${Uri} uri=${name} /></h3>`}
    ${
      shown.length === 0
        ? html`<p class="quiet">${permissions.length === 0 ? "The role has no rule." : "No rule of the role fits the filter."}</p>`
        : html`<${Table} label="Rules" rows=${shown} keyOf=${rowOf} columns=${columnsOf(shown, decides)}
            classOf=${(rule: PermissionRule) => (decides(rule) ? "decides" : "")} />`
    }
    <p>Where no rule matches: ${fallbackOf(role)[1]}.</p>
    ${Object.keys(settings).length > 0 && html`<details><summary>Other settings of the role</summary><${Value} value=${settings} /></details>`}`;
}

function columnsOf(rules: readonly PermissionRule[], decides: (rule: PermissionRule) => boolean) {
  return [
    {
      title: "URI",
      cell: (
        rule: PermissionRule,
      ) => html`${rule.uri === "" ? html`<span class="quiet">all</span>` : html`<${Uri} uri=${rule.uri} />`}
        ${decides(rule) && html` <span class="badge">decides</span>`}`,
    },
    { title: "Match", cell: ({ match }: PermissionRule) => match },
    ...ACTIONS.map((action) => ({
      title: action,
      cell: ({ allow }: PermissionRule) =>
        allow[action] ? html`<span class="yes">allowed</span>` : html`<span class="quiet">no</span>`,
    })),
    ...(rules.some((rule) => alsoOf(rule) !== "") ? [{ title: "Also", cell: alsoOf }] : []),
  ];
}

function alsoOf(rule: PermissionRule): string {
  return marksOf(rule)
    .map(([, text]) => text)
    .join("; ");
}
