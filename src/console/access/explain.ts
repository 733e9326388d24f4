/** The form of `wamp.edge.explain`: what the router would do with a message or a login; nothing is sent. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { ChannelSession } from "../../client/channel-session.ts";
import type { Dict } from "../../wamp/protocol/values.ts";
import { type Fault, faultOf } from "../session/connection.ts";
import { setParams, usePlace } from "../session/location.ts";
import { Field, JsonField, Options, textOf } from "../widgets/fields.ts";
import { type Child, html } from "../widgets/html.ts";
import { FaultNotice } from "../widgets/notice.ts";
import {
  ACTIONS,
  explain,
  OPTION_FIELDS,
  type Question,
  type QuestionFaults,
  questionOf,
  readQuestion,
} from "./query.ts";
import { Verdict } from "./verdict.ts";

/** Shows the form and the answer. */
export function Explain({ session }: { readonly session: ChannelSession }): Child {
  const { params } = usePlace();
  const linked = questionOf(params);
  const [question, setQuestion] = useState(linked);
  const { answer, ask } = useAnswers(session);
  const inLink = JSON.stringify(linked);
  const written = useRef("");
  useEffect(() => {
    // The page has opened, or has got another link; not what `submit` wrote.
    if (inLink === written.current) return;
    written.current = inLink;
    setQuestion(linked);
    const isComplete = linked.uri !== "" || linked.action === "login";
    if (isComplete && Object.keys(readQuestion(linked).faults).length === 0) ask(linked);
  }, [inLink]);
  const { faults } = readQuestion(question);
  const submit = (event: Event): void => {
    event.preventDefault();
    const [name] = Object.keys(faults);
    if (name !== undefined) return showField(name);
    written.current = JSON.stringify(question);
    setParams(question);
    ask(question);
  };
  const change = (part: Partial<Question>): void => setQuestion({ ...question, ...part });
  return html`<section class="card" aria-label="Explain"><h2>Explain</h2>
    <p class="quiet">What would the router do, and why? Nothing is sent.</p>
    <form onSubmit=${submit}>
      <${Fields} question=${question} faults=${faults} change=${change} />
      <div class="row end"><button class="primary">Explain</button></div>
    </form>
    <div class="answer" aria-live="polite">
      ${answer.fault !== undefined && html`<${FaultNotice} fault=${answer.fault} />`}
      ${answer.value !== undefined && html`<${Verdict} answer=${answer.value} />`}
    </div>
  </section>`;
}

/** The answer to the latest question: a search for an authid takes time, so that one before may be answered later. */
function useAnswers(session: ChannelSession) {
  const [answer, setAnswer] = useState<{ readonly value?: Dict; readonly fault?: Fault }>({});
  const asked = useRef(0);
  const ask = (question: Question): void => {
    const turn = ++asked.current;
    const show = (shown: typeof answer): void => {
      if (turn === asked.current) setAnswer(shown);
    };
    explain(session, question).then(
      (value) => show({ value }),
      (error) => show({ fault: faultOf(error) }),
    );
  };
  return { answer, ask };
}

/** Leads to a field that is at fault, which may be folded in. */
function showField(name: string): void {
  const field = document.getElementById(`field-${name}`);
  field?.closest("details")?.setAttribute("open", "");
  field?.focus();
}

interface FieldsProps {
  readonly question: Question;
  readonly faults: QuestionFaults;
  change(part: Partial<Question>): void;
}

function Fields(props: FieldsProps): Child {
  const { question, change } = props;
  const { action } = question;
  const isLogin = action === "login";
  const field = (name: keyof Question, label: string, hint: string): Child =>
    html`<${Field} name=${name} label=${label}>
      <input id=${`field-${name}`} name=${name} class="mono" value=${question[name]} placeholder=${hint} autocomplete="off" spellcheck=${false}
        onInput=${(event: Event) => change({ [name]: textOf(event).trim() })} /><//>`;
  return html`<div class="fields">
    <${Field} name="action" label="Action"><select id="field-action" name="action" value=${action}
      onChange=${(event: Event) => change({ action: textOf(event), options: "" })}>${ACTIONS.map((each) => html`<option>${each}</option>`)}</select><//>
    ${!isLogin && field("uri", action === "call" || action === "register" ? "Procedure" : "Topic", "com.example.add2")}
    ${field("who", isLogin ? "Name (authid)" : "Name (authid) or session id", isLogin ? "" : "empty: this session")}
    ${field("role", "Role", isLogin ? "authrole of HELLO" : "empty: that of the session")}
    ${isLogin && field("authmethods", "Methods (authmethods)", "ticket, wampcra")}
    ${isLogin && field("address", "Address of the client", "192.0.2.7")}
    ${
      isLogin &&
      html`<label class="check"><input type="checkbox" checked=${question.plain === ""}
        onChange=${() => change({ plain: question.plain === "" ? "yes" : "" })} />over TLS</label>`
    }
  </div>
  ${!isLogin && html`<${More} key=${action} ...${props} />`}`;
}

/** Options and payload, folded in unless the link has some. */
function More({ question, faults, change }: FieldsProps): Child {
  const { action, options, args, kwargs } = question;
  const [isOpen] = useState(`${options}${args}${kwargs}` !== "");
  const json = (name: "args" | "kwargs", label: string, hint: string, sample: string): Child =>
    html`<${JsonField} name=${name} label=${label} hint=${hint} sample=${sample} text=${question[name]} fault=${faults[name]}
      onText=${(text: string) => change({ [name]: text })} />`;
  const hasPayload = action === "call" || action === "publish";
  return html`<details open=${isOpen}><summary>${hasPayload ? "Options and payload" : "Options"}</summary>
    <${Options} fields=${OPTION_FIELDS[action]} text=${options} hint="an object" fault=${faults.options}
      onText=${(text: string) => change({ options: text })} />
    ${hasPayload && html`<div class="columns">${json("args", "Arguments", "a list", "[23, 19]")}${json("kwargs", "Keyword arguments", "an object", '{"name": "lamp"}')}</div>`}
  </details>`;
}
