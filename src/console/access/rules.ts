/** The roles of a realm as a table: a row for each URI and match of any role, a cell for each role with such a rule. */

import type { ChannelSession } from "../../client/channel-session.ts";
import { isConsoleProcedure } from "../../wamp/authorization/console-access.ts";
import { Authorization } from "../../wamp/authorization/permission-rules.ts";
import type { PermissionRule, Role } from "../../wamp/config/realm.ts";
import { PatternMap } from "../../wamp/matching/pattern-map.ts";
import type { Pattern } from "../../wamp/protocol/uri.ts";
import type { Uri } from "../../wamp/protocol/values.ts";

/** The four actions that rules allow. */
export const ACTIONS = ["call", "register", "publish", "subscribe"] as const;

/** Keys of a rule that its cell marks with their first letter, beside the actions. */
export const MARKS = ["disclose", "grantable", "trustlevel", "validate"] as const;

/** Ids of the rows below the rules: what the role's sessions may where no rule matches, and the key `console`. */
export const NO_RULE = "no rule";
export const CONSOLE = "console";

/** The rules of all roles for one URI and match. */
export interface RuleRow extends Pattern {
  readonly id: string;
  /** Name of a role → its rule. */
  readonly rules: ReadonlyMap<string, PermissionRule>;
}

/** What a filter finds. */
export interface Found {
  /** Rows of rules that match the URI, or whose own URI has the text in it. */
  readonly rows: readonly RuleRow[];
  /** Name of a role → id of the row that decides for the URI; empty without a filter. */
  readonly deciding: ReadonlyMap<string, string>;
}

/** Gets all roles. */
export async function rolesOf(session: ChannelSession): Promise<readonly Role[]> {
  const { args } = await session.call("wamp.edge.role.list");
  const answers = (args[0] as string[]).map((name) => session.call("wamp.edge.role.get", [name]));
  return (await Promise.all(answers)).map((answer) => answer.args[0] as Role);
}

/** Returns the rows, by URI, and a function that filters them. */
export function tableOf(roles: readonly Role[]): (filter: string) => Found {
  const rows = new Map<string, RuleRow & { readonly rules: Map<string, PermissionRule> }>();
  const patterns = new PatternMap<string>();
  for (const { name, permissions } of roles) {
    for (const rule of permissions) {
      const { uri, match } = rule;
      const id = rowOf(rule);
      if (!rows.has(id)) rows.set(id, { id, uri, match, rules: new Map() });
      rows.get(id)!.rules.set(name, rule);
      patterns.set(match, uri, id);
    }
  }
  const sorted = [...rows.values()].sort((a, b) => (a.uri < b.uri ? -1 : a.uri > b.uri ? 1 : 0));
  // What decides on messages decides here, too.
  const authorization = new Authorization(roles);
  return (filter) => {
    if (filter === "") return { rows: sorted, deciding: new Map() };
    const matching = new Set(patterns.matching(filter));
    return {
      rows: sorted.filter(({ id, uri }) => matching.has(id) || uri.includes(filter)),
      deciding: new Map(roles.map(({ name }) => [name, decidingRow(authorization, name, filter)])),
    };
  };
}

function decidingRow(authorization: Authorization, role: string, uri: Uri): string {
  if (isConsoleProcedure(uri)) return CONSOLE;
  const rule = authorization.decisiveRule(role, "call", uri, "exact");
  return rule === undefined ? NO_RULE : rowOf(rule);
}

/** The id of the row that a rule is in. */
export function rowOf({ match, uri }: Pattern): string {
  return `${match} ${uri}`;
}

/** The actions that a rule allows, and its marked keys: "call, publish; disclose caller true". */
export function ruleText(rule: PermissionRule): string {
  const allowed = ACTIONS.filter((action) => rule.allow[action]);
  return [allowed.length === 0 ? "nothing" : allowed.join(", "), ...marksOf(rule).map(([, text]) => text)].join("; ");
}

/** Marked keys that a rule has: letter and text. */
export function marksOf(rule: PermissionRule): (readonly [letter: string, text: string])[] {
  return MARKS.flatMap((name) => {
    const value = rule[name];
    if (value === undefined || value === false) return [];
    const words = typeof value === "object" ? Object.entries(value).map((entry) => entry.join(" ")) : [String(value)];
    return words.length === 0 ? [] : [[name.charAt(0), `${name} ${words.join(", ")}`] as const];
  });
}

/** What happens where no rule of a role matches: a word, and a sentence. */
export function fallbackOf({ authorizer, "allow-by-default": isOpen }: Role): readonly [word: string, text: string] {
  if (authorizer !== undefined) return ["ask", `the authorizer ${authorizer} decides`];
  return isOpen ? ["all", "everything is allowed"] : ["deny", "denied"];
}
