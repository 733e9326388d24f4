/** The page Playground: sends requests, and shows them as programs to copy. The form is in the link. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ChannelSession } from "../../client/channel-session.ts";
import { Fields } from "../playground/fields.ts";
import { type Form, formOf, type PlaygroundRequest, requestOf } from "../playground/form.ts";
import { Results } from "../playground/results.ts";
import { Run } from "../playground/run.ts";
import { snippetsOf } from "../playground/snippets.ts";
import { listRegistrations, listSubscriptions } from "../realm/meta.ts";
import { useAnswer } from "../session/calls.ts";
import { setParams, usePlace } from "../session/location.ts";
import { Code } from "../widgets/code.ts";
import { type Child, html } from "../widgets/html.ts";
import { Empty } from "../widgets/notice.ts";

/** Runs that are kept on the page. */
const MOST_RUNS = 20;
/** Milliseconds without typing, after which the link is written. Browsers limit how often a page may write it. */
const LINK_DELAY_MS = 300;

/** Shows the form, the results and the snippets. */
export function PlaygroundPage({ session }: { readonly session: ChannelSession }): Child {
  const [form, change] = useForm();
  const { runs, start, clear } = useRuns();
  const { request, faults } = requestOf(form);
  // A field is at fault only after an attempt, or when it has a text.
  const [isTried, setTried] = useState(false);
  const uris = useUris(session, form.action === "call" || form.action === "register");
  const submit = (event: Event): void => {
    event.preventDefault();
    setTried(true);
    if (request !== undefined) start(session, request);
    else document.querySelector<HTMLElement>(`#field-${Object.keys(faults)[0]}`)?.focus();
  };
  const shown = isTried || form.uri !== "" ? faults : { ...faults, uri: undefined };
  return html`<h1>Playground</h1>
    <div class="columns playground">
      <form class="card" onSubmit=${submit} onKeyDown=${submitByKey}>
        <${Fields} form=${form} faults=${shown} uris=${uris} change=${change} />
        <div class="row end"><span class="quiet">Ctrl+Enter</span><button class="primary">${TITLES[form.action]}</button></div>
      </form>
      <div class="results">
        ${runs.length === 0 ? html`<${NoRun} />` : html`<${Results} runs=${runs} />`}
        ${runs.length > 0 && html`<div class="row end"><button type="button" class="plain" onClick=${clear}>Clear results</button></div>`}
      </div>
      ${request !== undefined && html`<${Programs} session=${session} request=${request} />`}
    </div>`;
}

function NoRun(): Child {
  return html`<div class="card"><${Empty} title="No request yet"><p>Results appear here, with their time and the frames on the wire.
    The link of this page has the request, never a credential.</p><//></div>`;
}

const TITLES = { call: "Call", publish: "Publish", subscribe: "Subscribe", register: "Register" };

function submitByKey(event: KeyboardEvent): void {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey))
    (event.currentTarget as HTMLFormElement).requestSubmit();
}

/** The form, from the link and back into it. */
function useForm(): [Form, (part: Partial<Form>) => void] {
  const { params } = usePlace();
  const [form, setForm] = useState(() => formOf(params));
  const written = useRef(JSON.stringify(form));
  const inLink = JSON.stringify(formOf(params));
  useEffect(() => {
    // Another link to this page, or the history, not the form itself.
    if (inLink !== written.current) setForm(formOf(params));
    written.current = inLink;
  }, [inLink]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const text = JSON.stringify(form);
      if (text === written.current) return;
      written.current = text;
      setParams({ ...form });
    }, LINK_DELAY_MS);
    return () => clearTimeout(timer);
  }, [form]);
  return [form, (part) => setForm((former) => ({ ...former, ...part }))];
}

/** The runs, which end with the page. */
function useRuns() {
  const list = useRef<Run[]>([]);
  const [, setTurn] = useState(0);
  const changed = (): void => setTurn((turn) => turn + 1);
  const closeAllBut = (kept: readonly Run[]): void => {
    for (const run of list.current) if (!kept.includes(run)) run.close();
  };
  useEffect(() => () => closeAllBut([]), []);
  const keep = (runs: Run[]): void => {
    closeAllBut(runs);
    list.current = runs;
    changed();
  };
  return {
    runs: list.current,
    start: (session: ChannelSession, request: PlaygroundRequest) =>
      keep([new Run(session, request, changed), ...list.current].slice(0, MOST_RUNS)),
    clear: () => keep([]),
  };
}

/** URIs of the realm for completion; none where the role may not list them. */
function useUris(session: ChannelSession, isProcedure: boolean): readonly string[] {
  const { value } = useAnswer(
    () => (isProcedure ? listRegistrations(session) : listSubscriptions(session)),
    [session, isProcedure],
  );
  return useMemo(() => [...new Set(value?.entries.map(({ uri }) => uri))], [value]);
}

interface ProgramsProps {
  readonly session: ChannelSession;
  readonly request: PlaygroundRequest;
}

function Programs({ session, request }: ProgramsProps): Child {
  const [language, setLanguage] = useState("JavaScript");
  const { authid, authmethod } = session.details;
  const texts = snippetsOf(request, { origin: location.origin, realm: session.realm, authid, authmethod });
  return html`<section class="card programs" aria-label="The same as a program">
    <fieldset class="tabs"><legend class="hidden">Language</legend>
      ${Object.keys(texts).map(
        (name) =>
          html`<label><input type="radio" name="language" value=${name} checked=${name === language}
            onChange=${() => setLanguage(name)} /><span>${name}</span></label>`,
      )}
    </fieldset>
    <${Code} text=${texts[language]!} label=${language} />
  </section>`;
}
