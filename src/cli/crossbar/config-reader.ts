/**
 * Reads a Crossbar.io configuration and records what the import cannot carry over: every key is either read or noted.
 */

import { isDict } from "../../wamp/protocol/values.ts";

/** A dict of a configuration. */
export type Dict = Readonly<Record<string, unknown>>;

/** A part of the original that the imported configuration lacks, or that needs attention. */
export interface Note {
  /** For example `workers[0].transports[1].paths.ws`. */
  readonly path: string;
  readonly reason: string;
  readonly kind: NoteKind;
}

/**
 * `lost`: works in Crossbar.io and not here. `todo`: the user must do or check something. `handled`: needs no action.
 */
export type NoteKind = "lost" | "todo" | "handled";

/** Reads one dict of the original; `reportUnread` notes the keys that no other method has read. */
export class ConfigReader {
  readonly path: string;
  readonly value: Dict;
  readonly #notes: Note[];
  readonly #read = new Set<string>();

  /** `path` is where the dict stands in the original; `notes` receives the notes. */
  constructor(value: unknown, path: string, notes: Note[]) {
    this.value = isDict(value) ? value : {};
    this.path = path;
    this.#notes = notes;
    if (!isDict(value) && value !== undefined) this.reportLost("is not an object");
  }

  /** Returns the value of a key and marks the key as read. */
  get(key: string): unknown {
    this.#read.add(key);
    return this.value[key];
  }

  /** Returns the string under a key. */
  text(key: string): string | undefined {
    const value = this.get(key);
    if (typeof value === "string") return value;
    this.reportLost("is not a string", key);
    return undefined;
  }

  /** Returns a reader of the dict under a key; a missing dict is empty. */
  dict(key: string): ConfigReader {
    return new ConfigReader(this.get(key), join(this.path, key), this.#notes);
  }

  /** Returns readers of the dicts in the list under a key. */
  list(key: string): ConfigReader[] {
    const value = this.get(key);
    if (!Array.isArray(value)) {
      this.reportLost("is not a list", key);
      return [];
    }
    return value.map((entry, index) => new ConfigReader(entry, `${join(this.path, key)}[${index}]`, this.#notes));
  }

  /** Returns [name, reader] of the dicts in the dict under a key. */
  entries(key: string): [name: string, entry: ConfigReader][] {
    const inner = this.dict(key);
    return Object.keys(inner.value).map((name) => [name, inner.dict(name)]);
  }

  /** Returns the values of those `keys` that are present, unchanged. */
  pick(...keys: string[]): Record<string, unknown> {
    const entries = keys.map((key) => [key, this.get(key)] as const);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }

  /** Returns whether a key is present; does not mark it as read. */
  has(key: string): boolean {
    return this.value[key] !== undefined;
  }

  /** Notes the whole dict, or a key if it is present, as lost. */
  reportLost(reason: string, key?: string): void {
    this.#report("lost", reason, key);
  }

  /** Notes the whole dict, or a key if it is present, as something that the user must do or check. */
  reportTodo(reason: string, key?: string): void {
    this.#report("todo", reason, key);
  }

  /** Notes the whole dict, or a key if it is present, as something that needs no action. */
  reportHandled(reason: string, key?: string): void {
    this.#report("handled", reason, key);
  }

  /** Notes every key that was not read. */
  reportUnread(reason = "has no counterpart", kind: NoteKind = "lost"): void {
    for (const key of Object.keys(this.value)) if (!this.#read.has(key)) this.#report(kind, reason, key);
  }

  #report(kind: NoteKind, reason: string, key: string | undefined): void {
    if (key !== undefined) this.#read.add(key);
    if (key !== undefined && !this.has(key)) return;
    this.#notes.push({ path: key === undefined ? this.path : join(this.path, key), reason, kind });
  }
}

function join(path: string, key: string): string {
  const name = /^[A-Za-z_$][\w$-]*$/.test(key) ? key : JSON.stringify(key);
  return path === "" ? name : `${path}.${name}`;
}
