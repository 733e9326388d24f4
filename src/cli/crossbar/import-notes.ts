/** What an import leaves behind, and why: every key of the original is either read or noted. */

import { isDict } from "../../wamp/protocol/values.ts";

export type Dict = Readonly<Record<string, unknown>>;

/** Something of the original that has no place in our configuration, or another meaning there. */
export interface Note {
  /** Like `workers[0].transports[1].paths.ws`. */
  readonly path: string;
  readonly reason: string;
  readonly kind: NoteKind;
}

/** `lost`: it worked there and does not here. `check`: to be done or checked. `none`: the platform does it, or it had no effect. */
export type NoteKind = "lost" | "check" | "none";

/** One dict of the original, with its path. Whoever has read what he knows calls `end`. */
export class Source {
  readonly path: string;
  readonly value: Dict;
  readonly #notes: Note[];
  readonly #read = new Set<string>();

  constructor(value: unknown, path: string, notes: Note[]) {
    this.value = isDict(value) ? value : {};
    this.path = path;
    this.#notes = notes;
    if (!isDict(value) && value !== undefined) this.note("is no object");
  }

  /** The value of a key, which counts as read. */
  get(key: string): unknown {
    this.#read.add(key);
    return this.value[key];
  }

  text(key: string): string | undefined {
    const value = this.get(key);
    if (typeof value === "string") return value;
    this.note("is no text", key);
    return undefined;
  }

  /** The dict under a key; empty where there is none. */
  dict(key: string): Source {
    return new Source(this.get(key), join(this.path, key), this.#notes);
  }

  /** The dicts in the list under a key. */
  list(key: string): Source[] {
    const value = this.get(key);
    if (!Array.isArray(value)) {
      this.note("is no list", key);
      return [];
    }
    return value.map((entry, index) => new Source(entry, `${join(this.path, key)}[${index}]`, this.#notes));
  }

  /** The dicts in the dict under a key, by name. */
  entries(key: string): [name: string, entry: Source][] {
    const inner = this.dict(key);
    return Object.keys(inner.value).map((name) => [name, inner.dict(name)]);
  }

  /** Those of `keys` that are there, as they are. */
  pick(...keys: string[]): Record<string, unknown> {
    const found = keys.map((key) => [key, this.get(key)] as const);
    return Object.fromEntries(found.filter(([, value]) => value !== undefined));
  }

  has(key: string): boolean {
    return this.value[key] !== undefined;
  }

  /** Notes a key, if it is there, or the whole, as something that is lost. */
  note(reason: string, key?: string, kind: NoteKind = "lost"): void {
    if (key !== undefined) this.#read.add(key);
    if (key !== undefined && !this.has(key)) return;
    this.#notes.push({ path: key === undefined ? this.path : join(this.path, key), reason, kind });
  }

  /** Notes a key, if it is there, or the whole, as something to be done or checked. */
  check(reason: string, key?: string): void {
    this.note(reason, key, "check");
  }

  /** Notes a key, if it is there, or the whole, as something of no consequence. */
  dismiss(reason: string, key?: string): void {
    this.note(reason, key, "none");
  }

  /** Notes every key that was not read. */
  end(reason = "has no counterpart", kind: NoteKind = "lost"): void {
    for (const key of Object.keys(this.value)) if (!this.#read.has(key)) this.note(reason, key, kind);
  }
}

function join(path: string, key: string): string {
  const name = /^[A-Za-z_$][\w$-]*$/.test(key) ? key : JSON.stringify(key);
  return path === "" ? name : `${path}.${name}`;
}
