/** Fields with a label and a place for what is wrong with them; options as check boxes, and all of them as JSON. */

import { useState } from "preact/hooks";
import type { Dict } from "../../wamp/protocol/values.ts";
import { type Child, html } from "./html.ts";
import { isObject, type OptionField, readJson, readNames, withOption } from "./json.ts";

/** Field `name` has the id `field-…`, and what is wrong with it has the id `fault-…`. */
export interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly fault?: string | undefined;
  readonly children?: Child;
}

/** The label, the control (`children`), and the fault. */
export function Field({ name, label, hint, fault, children }: FieldProps): Child {
  return html`<div class="field">
    <label for=${`field-${name}`}>${label} ${hint !== undefined && html`<span class="quiet">${hint}</span>`}</label>
    ${children}
    <div id=${`fault-${name}`} class="fault" aria-live="polite">${fault ?? ""}</div>
  </div>`;
}

/** What a field of JSON gets. */
export interface JsonFieldProps extends FieldProps {
  readonly text: string;
  readonly sample: string;
  onText(text: string): void;
}

/** A JSON value, in as many lines as it has. */
export function JsonField(props: JsonFieldProps): Child {
  const { name, sample, text, onText } = props;
  const rows = Math.min(12, Math.max(2, text.split("\n").length));
  return html`<${Field} ...${props}>
    <textarea id=${`field-${name}`} name=${name} rows=${rows} placeholder=${sample} spellcheck=${false} value=${text}
      aria-describedby=${`fault-${name}`} onInput=${(event: Event) => onText(textOf(event))}></textarea>
  <//>`;
}

interface OptionsProps {
  readonly fields: readonly OptionField[];
  /** All options, as JSON. */
  readonly text: string;
  readonly hint: string;
  readonly fault?: string | undefined;
  onText(text: string): void;
}

/** The usual options of an action, and all of them. */
export function Options({ fields, text, hint, fault, onText }: OptionsProps): Child {
  const value = readJson(text, {});
  const options = isObject(value) ? value : undefined;
  const set = (name: string, changed: unknown): void => onText(withOption(options ?? {}, name, changed));
  const inputs = fields.filter(({ input }) => input !== undefined);
  const control = (field: OptionField): Child => html`<${Control} field=${field} options=${options} set=${set} />`;
  return html`<fieldset class="options"><legend>Options</legend>
    <div class="row">${fields.filter(({ input }) => input === undefined).map(control)}</div>
    ${inputs.length > 0 && html`<div class="fields">${inputs.map(control)}</div>`}
    <${JsonField} name="options" label="All options" hint=${hint} sample="{}" text=${text} fault=${fault} onText=${onText} />
  </fieldset>`;
}

interface ControlProps {
  readonly field: OptionField;
  /** Undefined while the JSON is broken. */
  readonly options: Dict | undefined;
  set(name: string, value: unknown): void;
}

function Control(props: ControlProps): Child {
  const { field, options, set } = props;
  const { name, label, value, choices, input } = field;
  const present = options?.[name];
  const disabled = options === undefined;
  if (input !== undefined) return html`<${TextOption} ...${props} />`;
  if (choices === undefined) {
    return html`<label class="check"><input type="checkbox" checked=${present === value} disabled=${disabled}
      onChange=${() => set(name, present === value ? undefined : value)} />${label}</label>`;
  }
  return html`<label class="check choice">${label} <select value=${present ?? choices[0]} disabled=${disabled}
    onChange=${(event: Event) => set(name, textOf(event) === choices[0] ? undefined : textOf(event))}>
    ${choices.map((choice) => html`<option>${choice}</option>`)}</select></label>`;
}

/** Keeps its text as it is typed, commas and blanks included, until the option is changed elsewhere. */
function TextOption({ field: { name, label, input }, options, set }: ControlProps): Child {
  const [typed, setTyped] = useState("");
  const read = (text: string): unknown => {
    if (input === "text") return text === "" ? undefined : text;
    return readNames(text)?.map((each) => (input === "ids" && /^\d+$/.test(each) ? Number(each) : each));
  };
  const present = options?.[name];
  const isTyped = JSON.stringify(read(typed)) === JSON.stringify(present);
  const text = isTyped ? typed : Array.isArray(present) ? present.join(", ") : String(present ?? "");
  const change = (event: Event): void => {
    setTyped(textOf(event));
    set(name, read(textOf(event)));
  };
  return html`<label class="field"><span>${label}</span><input class="mono" value=${text} disabled=${options === undefined}
    autocomplete="off" spellcheck=${false} placeholder=${input === "text" ? "" : input === "ids" ? "id, id" : "name, name"} onInput=${change} /></label>`;
}

/** What a control of a form has after an event. */
export function textOf(event: Event): string {
  return (event.target as HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement).value;
}
