/** `npm run checklist`: which items of the WAMP conformance checklist have a test that carries their id, and which are open. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

/** One item of checklist.tsv. `level` is M (must), S (should) or O (may); `status` is its standing in the specification. */
export interface Item {
  readonly id: string;
  readonly level: string;
  readonly status: string;
}

/** A title that carries ids, in the file (relative to `test`) that it stands in. */
export interface Title {
  readonly file: string;
  readonly text: string;
  readonly ids: readonly string[];
  /** A test that does not run proves nothing. */
  readonly isSkipped: boolean;
}

/** An item with what proves it; `outOfScope` is the reason why nothing has to. */
export interface Row extends Item {
  readonly proofs: readonly Title[];
  readonly outOfScope: string | undefined;
}

/** Id, or beginning of ids → why the router leaves them out. */
const OUT_OF_SCOPE: readonly (readonly [ids: string, reason: string])[] = [
  ["RS-", "RawSocket needs inbound TCP, which reaches no Worker"],
  ["MUX-", "no transport multiplexes sessions"],
  ["SER-24", "UBJSON: two incompatible encodings are in the field"],
  ["SER-25", "FlatBuffers: no client speaks it"],
  ["CANCEL-12", "INTERRUPT.Options.reason is nexus' own; the specification gives INTERRUPT a mode only"],
  ["PPT-10", "payloads are not validated, whatever mode they are in"],
  ["PPT-13", "end-to-end encryption is the clients' affair"],
  ["CALL-12", "payloads are opaque to this router: it validates none"],
  ["R2R-01", "there are no router-to-router links: a realm is one object"],
  ["R2R-03", "a realm is one object, so there is nothing that could look like several"],
  ["RFL-", "reflection: the specification defines neither arguments nor results, and no client asks"],
  ["CAT-", "catalogs: the specification defines no way for a router to serve or use them"],
];

const TITLE = /(\w+\.\w+\()?\s*(["'`])((?:\\.|(?!\2)[^\\])*\[[A-Z][A-Z0-9]*-\d+\](?:\\.|(?!\2)[^\\])*)\2/g;
const ID = /\[([A-Z][A-Z0-9]*-\d+)\]/g;
/** Decisions of this project, which titles may cite too. */
const DECISION = /^D-\d+$/;

/** The titles in a source file: string literals with an id in brackets, wherever they stand, for many are rows of tables. */
export function titlesIn(file: string, source: string): Title[] {
  const isSkippedWhole = source.includes("describe.skip(");
  const code = source.split("\n").filter((line) => !/^\s*(\/\/|\/?\*)/.test(line));
  return code.flatMap((line) =>
    [...line.matchAll(TITLE)].map(([, call = "", , text = ""]) => ({
      file,
      text,
      ids: [...text.matchAll(ID)].map(([, id = ""]) => id).filter((id) => !DECISION.test(id)),
      isSkipped: isSkippedWhole || /\.(skip|todo|fails)\($/.test(call),
    })),
  );
}

/** The items of a tab-separated file with one line of headings. */
export function itemsIn(tsv: string): Item[] {
  const lines = tsv.trim().split("\n").slice(1);
  return lines.map((line) => {
    const [id = "", level = "", status = ""] = line.split("\t");
    return { id, level, status };
  });
}

/** Every item with its proofs, in the order of the list. */
export function rowsOf(items: readonly Item[], titles: readonly Title[]): Row[] {
  return items.map((item) => ({
    ...item,
    proofs: titles.filter(({ ids, isSkipped }) => !isSkipped && ids.includes(item.id)),
    outOfScope: OUT_OF_SCOPE.find(([ids]) => item.id.startsWith(ids))?.[1],
  }));
}

/** Nothing proves it, and something should. */
export function isOpen({ proofs, outOfScope }: Row): boolean {
  return proofs.length === 0 && outOfScope === undefined;
}

function main(): void {
  const { status, strict } = parseArgs({
    options: { status: { type: "string", multiple: true }, strict: { type: "boolean", default: false } },
  }).values;
  const items = itemsIn(readFileSync(join(import.meta.dirname, "checklist.tsv"), "utf8"));
  const titles = readTitles(import.meta.dirname);
  const rows = rowsOf(items, titles).filter((row) => status === undefined || status.includes(row.status));
  const unknown = titles.filter(({ ids }) => ids.some((id) => items.every((item) => item.id !== id)));
  for (const row of rows) print(lineOf(row));
  for (const line of totalsOf(rows)) print(line);
  for (const { file, text } of unknown) print(`no such item: ${file}: ${text}`);
  if (strict && (rows.some(isOpen) || unknown.length > 0)) process.exitCode = 1;
}

function readTitles(directory: string): Title[] {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return files.sort().flatMap((file) => titlesIn(file, readFileSync(join(directory, file), "utf8")));
}

function lineOf(row: Row): string {
  const proofs = row.proofs.map(({ file, text }) => `${file}: ${text}`);
  const [first = row.outOfScope ? `out of scope: ${row.outOfScope}` : "OPEN", ...others] = proofs;
  const head = [row.id.padEnd(9), row.level, row.status.padEnd(8)].join("  ");
  return [`${head}  ${first}`, ...others.map((proof) => " ".repeat(head.length + 2) + proof)].join("\n");
}

function totalsOf(rows: readonly Row[]): string[] {
  const statuses = [...new Set(rows.map(({ status }) => status))];
  const groups = statuses.map((status) => [status, rows.filter((row) => row.status === status)] as const);
  return [...groups, ["total", rows] as const].map(([name, group]) => {
    const open = group.filter(isOpen).length;
    const left = group.filter(({ proofs, outOfScope }) => proofs.length === 0 && outOfScope !== undefined).length;
    return `${name.padEnd(8)}  ${group.length - open - left} of ${group.length} proven, ${open} open, ${left} out of scope`;
  });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (process.argv[1] === import.meta.filename) main();
