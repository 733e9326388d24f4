/** Upgrades the tables of an object to the newest schema. */

import type { Tables } from "./tables.ts";

/** Changes the tables of one schema to the next one. */
export type SchemaStep = (sql: SqlStorage) => void;

/**
 * The steps from schema 1 to 2, from 2 to 3, and so on. Schema 1 is that of release 0.1.0, which stores no number. New
 * tables need no step, because a table is created with its first row; the texts in rows have formats of their own
 * (stored-formats.ts).
 */
const STEPS: readonly SchemaStep[] = [];

/**
 * Upgrades the storage to the newest schema that this version knows. Returns a fault if the storage was written by a
 * newer version: then nothing may be read or written.
 */
export function openStorage(
  storage: DurableObjectStorage,
  tables: Tables,
  steps: readonly SchemaStep[] = STEPS,
): string | undefined {
  const newest = steps.length + 1;
  tables.schema = newest;
  const found = tables.storedSchema();
  if (found === undefined || found === newest) return undefined;
  if (!Number.isInteger(found) || found < 1) return "the schema number of the storage is invalid";
  if (found > newest) return `the storage has schema ${found}, which is newer than ${newest}`;
  storage.transactionSync(() => {
    for (const step of steps.slice(found - 1)) step(storage.sql);
    tables.writeSchema();
  });
  tables.forget();
  return undefined;
}
