/** Stored records: JSON objects with short keys and a format number, each field checked when it is read. */

import type { LogLine } from "../host/log-line.ts";
import type { Id } from "../protocol/values.ts";
import { FORMATS, type StoredKind } from "./stored-formats.ts";

/** Values of one type as JSON. */
export interface Codec<T> {
  write(value: T): unknown;
  /** Throws `Unreadable`; `at` names the field in its message. */
  read(json: unknown, at: string): T;
}

/** Makes the JSON of one format from that of the format before; it may throw any error for JSON that it cannot read. */
export type Step = (json: unknown) => unknown;

/** How the records of one kind are stored. */
export interface Format<T> {
  readonly kind: StoredKind;
  readonly codec: Codec<T>;
  /** The steps from format 1 to 2, from 2 to 3, and so on up to the current one. */
  readonly steps: readonly Step[];
}

/**
 * The value, or why it cannot be read; the cause quotes no part of the record. `session` is the owner of the record, if
 * known.
 */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly cause: string; readonly session?: Id | undefined };

/** A stored value that this code cannot read. */
export class Unreadable extends Error {}

/** The value as JSON, with the number of the current format as `v`. */
export function pack<T>({ kind, codec }: Format<T>, value: T): object {
  // Codecs of whole records write objects.
  return { v: FORMATS[kind], ...(codec.write(value) as object) };
}

/** The value as JSON text. */
export function write<T>(format: Format<T>, value: T): string {
  return JSON.stringify(pack(format, value));
}

/** Reads the output of `pack` of this version of the router or an earlier one. */
export function unpack<T>({ kind, codec, steps }: Format<T>, json: unknown): Reading<T> {
  const current = FORMATS[kind];
  const version = versionOf(json);
  if (version === undefined) return { ok: false, cause: "the format number is invalid" };
  if (version > current) return { ok: false, cause: `format ${version} is newer than ${current}` };
  try {
    const body = steps.slice(version - 1).reduce((older, step) => step(older), json);
    return { ok: true, value: codec.read(body, kind) };
  } catch (error) {
    return { ok: false, cause: error instanceof Unreadable ? error.message : `it is not of format ${version}` };
  }
}

/** Reads the output of `write`. */
export function read<T>(format: Format<T>, text: string): Reading<T> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, cause: "it is not JSON" };
  }
  return unpack(format, json);
}

/** Checks a row whose fields are columns; the number of the storage's schema stands for that of a format. */
export function readRow<T>(codec: Codec<T>, row: unknown): Reading<T> {
  try {
    return { ok: true, value: codec.read(row, "row") };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, cause: error.message };
    throw error;
  }
}

/** The log line about a record that cannot be read. */
export function unreadable(kind: string, cause: string, details: { readonly [detail: string]: unknown } = {}): LogLine {
  return { level: "error", event: "record.unreadable", kind, cause, ...details };
}

/** Format 1 has no number, and some of its records are lists. */
function versionOf(json: unknown): number | undefined {
  const isObject = typeof json === "object" && json !== null && !Array.isArray(json);
  const { v = 1 } = isObject ? (json as { readonly v?: unknown }) : {};
  return Number.isInteger(v) && (v as number) >= 1 ? (v as number) : undefined;
}

/** A field of a record: its key, and the value of an absent field. */
export interface Field<T> {
  readonly key: string;
  readonly codec: Codec<T>;
  readonly isOptional: boolean;
  readonly fallback?: T | undefined;
  /** Whether the value is not written. */
  isOmitted(value: T): boolean;
}

/** A field that every record has. */
export function field<T>(key: string, codec: Codec<T>): Field<T> {
  return { key, codec, isOptional: false, isOmitted: () => false };
}

/** A field that may be absent, and then is undefined. */
export function optional<T>(key: string, codec: Codec<T>): Field<T | undefined> {
  const isOmitted = (value: T | undefined) => value === undefined;
  // An undefined value is never written.
  return { key, codec: codec as Codec<T | undefined>, isOptional: true, isOmitted };
}

/** A field that is absent if it has its usual value. */
export function usually<T>(
  key: string,
  codec: Codec<T>,
  fallback: T,
  isOmitted = (value: T): boolean => value === fallback,
): Field<T> {
  return { key, codec, isOptional: true, fallback, isOmitted };
}

/** Objects with these fields: property → field. */
export function record<T extends object>(fields: { readonly [K in keyof T]-?: Field<T[K]> }): Codec<T> {
  const entries = Object.entries(fields) as [name: string, field: Field<unknown>][];
  return {
    write(value) {
      const json: Record<string, unknown> = {};
      for (const [name, { key, codec, isOmitted }] of entries) {
        const own = (value as Record<string, unknown>)[name];
        if (!isOmitted(own)) json[key] = codec.write(own);
      }
      return json;
    },
    read(json, at) {
      if (typeof json !== "object" || json === null || Array.isArray(json)) throw new Unreadable(`${at} is no object`);
      const value: Record<string, unknown> = {};
      for (const [name, { key, codec, isOptional, fallback }] of entries) {
        const own = (json as Record<string, unknown>)[key];
        if (own !== undefined) value[name] = codec.read(own, name);
        else if (!isOptional) throw new Unreadable(`${at} has no ${name}`);
        else if (fallback !== undefined) value[name] = fallback;
      }
      // Every property was read by its own codec.
      return value as T;
    },
  };
}

/** Objects of several kinds, distinguished by `kind`, which is stored as `k`. */
export function union<T extends { readonly kind: string }>(
  members: {
    readonly [K in T["kind"]]: Codec<Omit<Extract<T, { readonly kind: K }>, "kind">>;
  },
): Codec<T> {
  const codecs = new Map<string, Codec<object>>(Object.entries(members));
  return {
    write: (value) => ({ k: value.kind, ...(codecs.get(value.kind)!.write(value) as object) }),
    read(json, at) {
      const { k: kind } = json as { readonly k?: unknown };
      const codec = typeof kind === "string" ? codecs.get(kind) : undefined;
      if (codec === undefined) throw new Unreadable(`${at} is of an unknown kind`);
      return { kind, ...codec.read(json, at) } as unknown as T;
    },
  };
}

/** Lists of values of one codec. */
export function list<T>(codec: Codec<T>): Codec<readonly T[]> {
  return {
    write: (values) => values.map((value) => codec.write(value)),
    read(json, at) {
      if (!Array.isArray(json)) throw new Unreadable(`${at} is no list`);
      return json.map((value) => codec.read(value, at));
    },
  };
}

/** Values that are stored unchanged; `is` checks them when read. */
export function value<T>(is: (json: unknown) => boolean): Codec<T> {
  return {
    write: (own) => own,
    read(json, at) {
      if (!is(json)) throw new Unreadable(`${at} is of a wrong type`);
      return json as T;
    },
  };
}

/** One of these texts. */
export function oneOf<T extends string>(...texts: readonly T[]): Codec<T> {
  const known = new Set<unknown>(texts);
  return value((json) => known.has(json));
}
