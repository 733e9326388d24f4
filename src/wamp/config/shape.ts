/** How a configuration is checked: two shapes stricter than valibot's own, and faults that say where they are. */

import * as v from "valibot";
import { isDict } from "../protocol/values.ts";

/** One mistake in a configuration. `path` reads like `realms[0].roles[1].name`; the text never quotes a value that may be secret. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** A checked configuration, or everything that is wrong with it. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** The keys and indexes that lead from the root of a configuration to one value. */
export type Path = readonly (string | number)[];

/** `T` as the router sees it: nobody changes a configuration once it is checked. */
export type DeepReadonly<T> =
  T extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<K, DeepReadonly<V>>
    : T extends object
      ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
      : T;

/** Names valibot drops from a record without a word. */
const UNUSABLE_NAMES = ["__proto__", "constructor", "prototype"];

/** An object with these keys and no others. Unlike `strictObject` it names every unknown key and takes no list for an object. */
export function closed<const E extends v.ObjectEntries>(entries: E): v.StrictObjectSchema<E, undefined> {
  const object = v.strictObject(entries);
  return {
    ...object,
    "~run"(dataset, config) {
      const input = dataset.value;
      if (!isDict(input)) return object["~run"]({ typed: false, value: null }, config);
      const result = object["~run"](dataset, config);
      const first = result.issues?.find((issue) => isUnknownKey(issue) && issue.path?.length === 1);
      const item = first?.path?.[0];
      if (first === undefined || item === undefined) return result;
      const others = Object.keys(input).filter((key) => !Object.hasOwn(entries, key) && key !== item.key);
      for (const key of others) result.issues?.push({ ...first, path: [{ ...item, key } as v.IssuePathItem] });
      return result;
    },
  };
}

/** An object whose keys are names somebody chose, as a Map: no name a client sends can then reach `Object.prototype`. */
export function named<const S extends v.GenericSchema>(value: S) {
  return v.pipe(
    v.custom<Record<string, v.InferInput<S>>>(isDict, "must be an object"),
    v.check(
      (names) => !UNUSABLE_NAMES.some((name) => Object.hasOwn(names, name)),
      `none of ${UNUSABLE_NAMES.join(", ")} can be a name here`,
    ),
    v.record(v.string(), value),
    v.transform((record): ReadonlyMap<string, v.InferOutput<S>> => new Map(Object.entries(record))),
  );
}

/** Every shape fault of `input`, which is the value at `path`, or what it means with all defaults filled in. */
export function checkShape<S extends v.GenericSchema>(
  schema: S,
  input: unknown,
  path: Path = [],
): Checked<v.InferOutput<S>> {
  const result = v.safeParse(schema, input);
  if (result.success) return { ok: true, value: result.output };
  return {
    ok: false,
    faults: result.issues.map((issue) => faultAt([...path, ...keysOf(issue)], describe(issue))),
  };
}

export function faultAt(path: Path, message: string): Fault {
  return { path: pathText(path), message };
}

function keysOf(issue: v.BaseIssue<unknown>): Path {
  return (issue.path ?? []).map(({ key }) => (typeof key === "number" ? key : String(key)));
}

/** `["realms", 0, "name"]` → `realms[0].name`; names that would be misread are quoted. */
function pathText(path: Path): string {
  const text = path.map((key) => {
    if (typeof key === "number") return `[${key}]`;
    return /^[A-Za-z_][\w-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  });
  return text.join("").replace(/^\./, "");
}

/** Valibot's names of types that are none to who writes JSON. */
const KINDS: Readonly<Record<string, string>> = { Object: "an object", Array: "a list", string: "text" };

// Valibot's own texts quote what was received, which may be a secret in the wrong place.
function describe(issue: v.BaseIssue<unknown>): string {
  if (isUnknownKey(issue)) return "is not a known key";
  if (issue.type === "strict_object" && issue.expected?.startsWith('"')) return "is missing";
  if (!issue.message.startsWith("Invalid ")) return issue.message;
  return `must be ${KINDS[issue.expected ?? ""] ?? issue.expected}`;
}

function isUnknownKey(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === "strict_object" && issue.expected === "never";
}
