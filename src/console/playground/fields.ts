/** Fields of the playground's form. */

import { type Child, html } from "../widgets/html.ts";
import {
  ACTIONS,
  type Action,
  type Form,
  type FormFaults,
  OPTION_FIELDS,
  type OptionField,
  optionsOf,
  withOption,
} from "./form.ts";

/** What the fields get. */
export interface FieldsProps {
  readonly form: Form;
  readonly faults: FormFaults;
  /** URIs to choose from. */
  readonly uris: readonly string[];
  change(part: Partial<Form>): void;
}

/** All fields that the action has. */
export function Fields(props: FieldsProps): Child {
  const { form, uris, change } = props;
  const hasPayload = form.action === "call" || form.action === "publish";
  return html`
    <fieldset class="tabs"><legend class="hidden">Action</legend>
      ${ACTIONS.map(
        (action) =>
          html`<label><input type="radio" name="action" value=${action} checked=${form.action === action}
            onChange=${() => change({ action, options: "" })} /><span>${action}</span></label>`,
      )}
    </fieldset>
    <${Field} name="uri" label=${form.action === "call" || form.action === "register" ? "Procedure" : "Topic"} ...${props}>
      <input id="field-uri" name="uri" class="mono" value=${form.uri} list="uris" autocomplete="off" spellcheck=${false} autocapitalize="off"
        aria-describedby="fault-uri" onInput=${(event: Event) => change({ uri: textOf(event) })} />
    <//>
    <datalist id="uris">${uris.map((uri) => html`<option value=${uri} />`)}</datalist>
    ${hasPayload && html`<${JsonField} name="args" label="Arguments" hint="a list" sample='[23, 19]' ...${props} />`}
    ${hasPayload && html`<${JsonField} name="kwargs" label="Keyword arguments" hint="an object" sample='{"name": "lamp"}' ...${props} />`}
    ${form.action === "register" && html`<${JsonField} name="answer" label="Answer to each call" hint="any JSON value" sample='{"ok": true}' ...${props} />`}
    <${Options} ...${props} />`;
}

function textOf(event: Event): string {
  return (event.target as HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement).value;
}

interface FieldProps extends FieldsProps {
  readonly name: keyof Form;
  readonly label: string;
  readonly hint?: string;
  readonly children?: Child;
}

function Field({ name, label, hint, faults, children }: FieldProps): Child {
  const fault = faults[name];
  return html`<div class="field">
    <label for=${`field-${name}`}>${label} ${hint !== undefined && html`<span class="quiet">${hint}</span>`}</label>
    ${children}
    <div id=${`fault-${name}`} class="fault" aria-live="polite">${fault ?? ""}</div>
  </div>`;
}

function JsonField(props: FieldProps & { readonly sample: string }): Child {
  const { name, sample, form, change } = props;
  const rows = Math.min(12, Math.max(2, form[name].split("\n").length));
  return html`<${Field} ...${props}>
    <textarea id=${`field-${name}`} name=${name} rows=${rows} placeholder=${sample} spellcheck=${false} value=${form[name]}
      aria-describedby=${`fault-${name}`} onInput=${(event: Event) => change({ [name]: textOf(event) })}></textarea>
  <//>`;
}

function Options(props: FieldsProps): Child {
  const { form, change } = props;
  const options = optionsOf(form);
  const set = (name: string, value: unknown): void => change({ options: withOption(options ?? {}, name, value) });
  const control = (field: OptionField): Child => {
    const { name, label, value, choices } = field;
    const present = options?.[name];
    if (choices === undefined) {
      return html`<label class="check"><input type="checkbox" checked=${present === value} disabled=${options === undefined}
        onChange=${() => set(name, present === value ? undefined : value)} />${label}</label>`;
    }
    return html`<label class="check choice">${label} <select value=${present ?? choices[0]} disabled=${options === undefined}
      onChange=${(event: Event) => set(name, textOf(event) === choices[0] ? undefined : textOf(event))}>
      ${choices.map((choice) => html`<option>${choice}</option>`)}</select></label>`;
  };
  return html`<fieldset class="options"><legend>Options</legend>
    <div class="row">${OPTION_FIELDS[form.action].map(control)}</div>
    <${JsonField} name="options" label="All options" hint=${hintOf(form.action)} sample="{}" ...${props} />
  </fieldset>`;
}

function hintOf(action: Action): string {
  return action === "publish" ? 'such as {"eligible_authid": ["joe"]}' : "an object";
}
