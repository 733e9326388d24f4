/** Checks the shape of a configuration: two schemas stricter than valibot's own, and faults with their paths. */

import * as v from "valibot";
import { isDict } from "../protocol/values.ts";

/**
 * One mistake in a configuration. `path` reads like `realms[0].roles[1].name`; the text never quotes a value that may
 * be secret.
 */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** A checked configuration, or all of its faults. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** The keys and indexes that lead from the root of a configuration to one value. */
export type Path = readonly (string | number)[];

/** `T`, read-only at every level: a checked configuration never changes. */
export type DeepReadonly<T> =
  T extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<K, DeepReadonly<V>>
    : T extends object
      ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
      : T;

/** Names that valibot drops from a record silently. */
const UNUSABLE_NAMES = ["__proto__", "constructor", "prototype"];

/** An object with these keys and no others. Unlike `strictObject` it names every unknown key and refuses a list. */
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

/**
 * An object whose keys are names from the configuration, as a Map: no name from a client can reach `Object.prototype`.
 */
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

/** All shape faults of `input`, the value at `path`, or its output with all defaults filled in. */
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

/** The checked shape with `more` faults, which a schema cannot see. */
export function withFaults<T>(shape: Checked<T>, more: readonly Fault[]): Checked<T> {
  const faults = [...(shape.ok ? [] : shape.faults), ...more];
  return faults.length === 0 ? shape : { ok: false, faults };
}

/** A fault of the value at `path`. */
export function faultAt(path: Path, message: string): Fault {
  return { path: pathText(path), message };
}

function keysOf(issue: v.BaseIssue<unknown>): Path {
  return (issue.path ?? []).map(({ key }) => (typeof key === "number" ? key : String(key)));
}

/** `["realms", 0, "name"]` → `realms[0].name`; other names than identifiers are quoted. */
function pathText(path: Path): string {
  const text = path.map((key) => {
    if (typeof key === "number") return `[${key}]`;
    return /^[A-Za-z_][\w-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  });
  return text.join("").replace(/^\./, "");
}

/** Valibot's name of a type → its name in JSON. */
const KINDS: Readonly<Record<string, string>> = { Object: "an object", Array: "a list", string: "text" };

// Valibot's own texts quote what was received, which may be a misplaced secret.
function describe(issue: v.BaseIssue<unknown>): string {
  if (isUnknownKey(issue)) return "is not a known key";
  if (issue.type === "strict_object" && issue.expected?.startsWith('"')) return "is missing";
  if (!issue.message.startsWith("Invalid ")) return issue.message;
  return `must be ${KINDS[issue.expected ?? ""] ?? issue.expected}`;
}

function isUnknownKey(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === "strict_object" && issue.expected === "never";
}
