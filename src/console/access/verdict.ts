/** The answer of `wamp.edge.explain`, in words and tables. */

import type { Dict } from "../../wamp/protocol/values.ts";
import { linkTo } from "../session/location.ts";
import { type Child, html } from "../widgets/html.ts";
import { Notice } from "../widgets/notice.ts";
import { Table } from "../widgets/table.ts";
import { Uri } from "../widgets/uri.ts";

/** Keys of the answer that repeat the question, or that the first sentences tell. */
const OMITTED: ReadonlySet<string> = new Set(["session", "match", "step"]);

/** Shows whether the message would be accepted, what decides, and where it would go. */
export function Verdict({ answer }: { readonly answer: Dict }): Child {
  const { refused, permission, authid, authrole, action, uri, ...others } = answer as Dict & {
    readonly refused: { readonly error: string; readonly message: string } | null;
    readonly permission?: Dict;
  };
  const who = authrole === undefined ? "" : ` as ${authid === "" ? "any name" : authid} (role ${authrole})`;
  const isOpen = permission?.allowed === null;
  return html`
    <${Notice} kind=${refused !== null ? "error" : isOpen ? "warning" : "good"}>
      <strong>${refused !== null ? "Refused" : isOpen ? "The authorizer decides" : "Accepted"}</strong>: ${action} ${typeof uri === "string" && html`<${Uri} uri=${uri} />`}${who}
      ${action === "login" && refused === null && html`<br />The router takes HELLO. The client still has to prove itself by a method that is offered.`}
      ${refused !== null && html`<br />${refused.message} <code>${refused.error}</code>`}
      ${permission !== undefined && html`<br />${reasonOf(permission)}`}
      ${permission?.by === "no rule" && typeof uri === "string" && html`<br /><${Remedy} role=${authrole} action=${action} uri=${uri} />`}<//>
    ${Object.entries(others)
      .filter(([key, value]) => value !== null && !OMITTED.has(key) && !(key === "router" && value === false))
      .map(([key, value]) => html`<${Detail} name=${key} value=${value} />`)}`;
}

/** Names a rule that would allow what no rule of the role matches. */
function Remedy({
  role,
  action,
  uri,
}: {
  readonly role: unknown;
  readonly action: unknown;
  readonly uri: string;
}): Child {
  const rule = JSON.stringify({ uri, match: "exact", allow: { [String(action)]: true } });
  return html`To allow it, add a rule to the permissions of the role ${role}: <code>${rule}</code>`;
}

/** One sentence about what decided, and what the receivers learn of the sender. */
function reasonOf({ by, rule, authorizer, disclose, trustlevel }: Dict): Child {
  const {
    uri = "",
    match,
    allow = {},
    source,
  } = (rule ?? {}) as { uri?: string; match?: string; allow?: Dict; source?: string };
  const allowed = Object.keys(allow).filter((action) => allow[action] === true);
  const actions = allowed.length === 0 ? "nothing" : allowed.join(", ");
  const parts: Readonly<Record<string, Child>> = {
    rule: html`The rule ${uri === "" ? "for all URIs" : html`<${Uri} uri=${uri} />`} (${match}, from ${source}) decides; it allows ${actions}.`,
    "no rule": "No rule of the role matches the URI, so it is denied.",
    "allow-by-default": "No rule of the role matches; the role allows what no rule denies.",
    authorizer: html`The authorizer <code>${(authorizer as Dict | null)?.procedure}</code> decides${(authorizer as Dict | null)?.registered === false && "; it is not registered"}.`,
    console: "The key console of the role permits it.",
    uri: "The URI is not valid, or is reserved for the router.",
  };
  const shown = { true: " Its identity is disclosed.", false: " Its identity is never disclosed." }[String(disclose)];
  return html`${parts[String(by)] ?? String(by)}${shown}${typeof trustlevel === "number" && ` Its trust level is ${trustlevel}.`}`;
}

/** One key of the answer: a sentence, or a table where its value is a list of dicts. */
function Detail({ name, value }: { readonly name: string; readonly value: unknown }): Child {
  if (!Array.isArray(value))
    return html`<p><span class="quiet">${name}:</span> ${isDict(value) ? pairsOf(value) : cellOf(name, value)}</p>`;
  if (value.length === 0) return html`<p><span class="quiet">${name}:</span> none</p>`;
  if (!value.every(isDict)) return html`<p><span class="quiet">${name}:</span> <code>${value.join(", ")}</code></p>`;
  const keys = [...new Set(value.flatMap((each) => Object.keys(each)))];
  const rows = value.map((row: Dict, index) => ({ index, row }));
  return html`<h3>${name}</h3><${Table} label=${name} rows=${rows} keyOf=${({ index }: { index: number }) => index}
    columns=${keys.map((key) => ({ title: key, cell: ({ row }: { row: Dict }) => cellOf(key, row[key]) }))} />`;
}

function pairsOf(dict: Dict): Child {
  return Object.entries(dict).map(
    ([key, value]) => html`<span class="pair"><span class="quiet">${key}</span> ${cellOf(key, value)}</span> `,
  );
}

function cellOf(key: string, value: unknown): Child {
  if (key === "session" && typeof value === "number")
    return html`<a href=${linkTo("sessions", { id: String(value) })}>${value}</a>`;
  if (typeof value === "string") return html`<${Uri} uri=${value} />`;
  return value === undefined ? "" : html`<code>${JSON.stringify(value)}</code>`;
}

function isDict(value: unknown): value is Dict {
  return typeof value === "object" && value !== null;
}
