/** Explains what the router would do with a message, and why; nothing is sent. */

import { useState } from "preact/hooks";
import type { ChannelSession } from "../../client/channel-session.ts";
import type { Dict } from "../../wamp/protocol/values.ts";
import { type Fault, faultOf } from "../session/connection.ts";
import { setParams, usePlace } from "../session/location.ts";
import { type Child, html } from "../widgets/html.ts";
import { FaultNotice, Notice } from "../widgets/notice.ts";
import { Table } from "../widgets/table.ts";
import { Uri } from "../widgets/uri.ts";
import { ACTIONS, explain, isPatternAction, type Question, questionOf } from "./query.ts";

const MATCHES = ["exact", "prefix", "wildcard"];

/** Shows the form and the answer. */
export function Explain({ session }: { readonly session: ChannelSession }): Child {
  const { params } = usePlace();
  const [question, setQuestion] = useState(() => questionOf(params));
  const [answer, setAnswer] = useState<{ readonly value?: Dict; readonly fault?: Fault }>({});
  const submit = (event: Event): void => {
    event.preventDefault();
    setParams({ ...question });
    explain(session, question).then(
      (value) => setAnswer({ value }),
      (error) => setAnswer({ fault: faultOf(error) }),
    );
  };
  return html`<section class="card" aria-label="Explain"><h2>Explain</h2>
    <p class="quiet">What would the router do, and why? Nothing is sent.</p>
    <form onSubmit=${submit}><${Fields} question=${question} change=${(part: Partial<Question>) => setQuestion({ ...question, ...part })} />
      <div class="row end"><button class="primary">Explain</button></div></form>
    <div class="answer" aria-live="polite">
      ${answer.fault !== undefined && html`<${FaultNotice} fault=${answer.fault} />`}
      ${answer.value !== undefined && html`<${Verdict} answer=${answer.value} />`}
    </div>
  </section>`;
}

interface FieldsProps {
  readonly question: Question;
  change(part: Partial<Question>): void;
}

function Fields({ question, change }: FieldsProps): Child {
  const { action } = question;
  const field = (name: keyof Question, label: string, hint: string): Child =>
    html`<label class="field"><span>${label}</span>
      <input name=${name} class="mono" value=${question[name]} placeholder=${hint} autocomplete="off" spellcheck=${false}
        onInput=${(event: Event) => change({ [name]: (event.target as HTMLInputElement).value.trim() })} /></label>`;
  const choice = (name: keyof Question, label: string, values: readonly string[]): Child =>
    html`<label class="field"><span>${label}</span><select name=${name} value=${question[name]}
      onChange=${(event: Event) => change({ [name]: (event.target as HTMLSelectElement).value })}>${values.map((value) => html`<option>${value}</option>`)}</select></label>`;
  return html`<div class="fields">
    ${choice("action", "Action", ACTIONS)}
    ${isPatternAction(action) && choice("match", "Match", MATCHES)}
    ${action !== "login" && field("uri", action === "call" || action === "register" ? "Procedure" : "Topic", "com.example.add2")}
    ${field("who", action === "login" ? "Name (authid)" : "Name (authid) or session id", "empty: this session")}
    ${field("role", "Role", "empty: that of the session")}
  </div>`;
}

function Verdict({ answer }: { readonly answer: Dict }): Child {
  const { refused, permission, authid, authrole, action, uri, ...others } = answer as Dict & {
    readonly refused: { readonly error: string; readonly message: string } | null;
    readonly permission?: Dict;
  };
  const who = authrole === undefined ? "" : ` as ${authid === "" ? "any name" : authid} (role ${authrole})`;
  const isOpen = permission?.allowed === null;
  return html`
    <${Notice} kind=${refused !== null ? "error" : isOpen ? "warning" : "good"}>
      <strong>${refused !== null ? "Refused" : isOpen ? "The authorizer decides" : "Accepted"}</strong>: ${action} ${typeof uri === "string" && html`<${Uri} uri=${uri} />`}${who}
      ${refused !== null && html`<br />${refused.message} <code>${refused.error}</code>`}
      ${permission !== undefined && html`<br />${reasonOf(permission)}`}<//>
    ${Object.entries(others)
      .filter(([key, value]) => value !== null && key !== "session" && key !== "match" && key !== "step")
      .map(([key, value]) => html`<${Detail} name=${key} value=${value} />`)}`;
}

/** One sentence about what decided. */
function reasonOf({ by, rule, authorizer }: Dict): Child {
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
  return parts[String(by)] ?? String(by);
}

function Detail({ name, value }: { readonly name: string; readonly value: unknown }): Child {
  if (!Array.isArray(value)) {
    return html`<p><span class="quiet">${name}:</span> <code>${typeof value === "object" ? JSON.stringify(value) : String(value)}</code></p>`;
  }
  if (value.length === 0) return html`<p><span class="quiet">${name}:</span> none</p>`;
  if (!value.every((each) => typeof each === "object" && each !== null))
    return html`<p><span class="quiet">${name}:</span> <code>${value.join(", ")}</code></p>`;
  const keys = [...new Set(value.flatMap((each) => Object.keys(each)))];
  const rows = value.map((row: Dict, index) => ({ index, row }));
  return html`<h3>${name}</h3><${Table} label=${name} rows=${rows} keyOf=${({ index }: { index: number }) => index}
    columns=${keys.map((key) => ({ title: key, cell: ({ row }: { row: Dict }) => textOf(row[key]) }))} />`;
}

function textOf(value: unknown): Child {
  if (typeof value === "string") return html`<${Uri} uri=${value} />`;
  return value === undefined ? "" : JSON.stringify(value);
}
