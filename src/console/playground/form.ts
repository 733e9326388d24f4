/** The form of the playground: its fields, which are also the parameters of the link, and the request that they make. */

import type { Dict, List, Uri } from "../../wamp/protocol/values.ts";
import { type Faults, isObject, type OptionField, readField } from "../widgets/json.ts";

/** What the playground can do. */
export const ACTIONS = ["call", "publish", "subscribe", "register"] as const;
/** One of them. */
export type Action = (typeof ACTIONS)[number];

/** Texts of the fields. `answer` is what a registered procedure returns. */
export interface Form {
  readonly action: Action;
  readonly uri: string;
  readonly args: string;
  readonly kwargs: string;
  readonly options: string;
  readonly answer: string;
}

/** A request that can be sent. */
export interface PlaygroundRequest {
  readonly action: Action;
  readonly uri: Uri;
  readonly args: List;
  readonly kwargs: Dict;
  readonly options: Dict;
  readonly answer: unknown;
}

/** Field → what is wrong with it. */
export type FormFaults = Faults<keyof Form>;

const MATCH: OptionField = { name: "match", label: "match", choices: ["exact", "prefix", "wildcard"] };
const DISCLOSE: OptionField = { name: "disclose_me", label: "disclose_me", value: true };

/** Action → its usual options. */
export const OPTION_FIELDS: Readonly<Record<Action, readonly OptionField[]>> = {
  call: [
    { name: "receive_progress", label: "receive_progress", value: true },
    DISCLOSE,
    { name: "timeout", label: "timeout: 5 seconds", value: 5_000 },
  ],
  publish: [
    { name: "exclude_me", label: "exclude_me: false (also to this session)", value: false },
    DISCLOSE,
    { name: "retain", label: "retain", value: true },
  ],
  subscribe: [MATCH, { name: "get_retained", label: "get_retained", value: true }],
  register: [
    MATCH,
    { name: "invoke", label: "invoke", choices: ["single", "roundrobin", "random", "first", "last"] },
    { name: "force_reregister", label: "force_reregister", value: true },
  ],
};

/** Reads the form from the parameters of the link. */
export function formOf(params: URLSearchParams): Form {
  const action = ACTIONS.find((each) => each === params.get("action")) ?? "call";
  const text = (name: string): string => params.get(name) ?? "";
  return {
    action,
    uri: text("uri"),
    args: text("args"),
    kwargs: text("kwargs"),
    options: text("options"),
    answer: text("answer"),
  };
}

/** Makes the request of a form, or says what is wrong with its fields. */
export function requestOf(form: Form): { readonly request?: PlaygroundRequest; readonly faults: FormFaults } {
  const faults: FormFaults = {};
  const read = <T>(name: keyof Form, empty: T, isValid: (value: unknown) => boolean, need: string): T =>
    readField({ name, text: form[name], empty, need }, isValid, faults);
  const uri = form.uri.trim();
  const hasPattern = form.action === "subscribe" || form.action === "register";
  if (uri === "" && !(hasPattern && form.options.includes("match")))
    faults.uri = "Enter a URI, such as com.example.add2";
  const hasPayload = !hasPattern;
  const request: PlaygroundRequest = {
    action: form.action,
    uri,
    // Fields that the form does not show keep their texts for other actions.
    args: hasPayload ? read<List>("args", [], Array.isArray, "Enter a list, such as [23, 19]") : [],
    kwargs: hasPayload ? read<Dict>("kwargs", {}, isObject, 'Enter an object, such as {"name": "lamp"}') : {},
    options: read<Dict>("options", {}, isObject, 'Enter an object, such as {"timeout": 1000}'),
    answer: form.action === "register" ? read<unknown>("answer", null, () => true, "") : null,
  };
  return Object.keys(faults).length === 0 ? { request, faults } : { faults };
}
