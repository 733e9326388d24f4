/** Fields of the playground's form. */

import { Field, JsonField, Options, textOf } from "../widgets/fields.ts";
import { type Child, html } from "../widgets/html.ts";
import { ACTIONS, type Action, type Form, type FormFaults, OPTION_FIELDS } from "./form.ts";

/** What the fields get. */
export interface FieldsProps {
  readonly form: Form;
  readonly faults: FormFaults;
  /** URIs to choose from. */
  readonly uris: readonly string[];
  change(part: Partial<Form>): void;
}

/** All fields that the action has. */
export function Fields({ form, faults, uris, change }: FieldsProps): Child {
  const { action } = form;
  const hasPayload = action === "call" || action === "publish";
  const json = (name: keyof Form, label: string, hint: string, sample: string): Child =>
    html`<${JsonField} name=${name} label=${label} hint=${hint} sample=${sample} text=${form[name]} fault=${faults[name]}
      onText=${(text: string) => change({ [name]: text })} />`;
  return html`
    <fieldset class="tabs"><legend class="hidden">Action</legend>
      ${ACTIONS.map(
        (each) =>
          html`<label><input type="radio" name="action" value=${each} checked=${action === each}
            onChange=${() => change({ action: each, options: "" })} /><span>${each}</span></label>`,
      )}
    </fieldset>
    <${Field} name="uri" label=${action === "call" || action === "register" ? "Procedure" : "Topic"} fault=${faults.uri}>
      <input id="field-uri" name="uri" class="mono" value=${form.uri} list="uris" autocomplete="off" spellcheck=${false} autocapitalize="off"
        aria-describedby="fault-uri" onInput=${(event: Event) => change({ uri: textOf(event) })} />
    <//>
    <datalist id="uris">${uris.map((uri) => html`<option value=${uri} />`)}</datalist>
    ${hasPayload && json("args", "Arguments", "a list", "[23, 19]")}
    ${hasPayload && json("kwargs", "Keyword arguments", "an object", '{"name": "lamp"}')}
    ${action === "register" && json("answer", "Answer to each call", "any JSON value", '{"ok": true}')}
    <${Options} fields=${OPTION_FIELDS[action]} text=${form.options} hint=${hintOf(action)} fault=${faults.options}
      onText=${(options: string) => change({ options })} />`;
}

function hintOf(action: Action): string {
  return action === "publish" ? 'such as {"eligible_authid": ["joe"]}' : "an object";
}
