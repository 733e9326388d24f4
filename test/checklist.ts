/** `npm run checklist`: lists which items of the WAMP conformance checklist have a test that carries their id. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Decision, formatConformancePage } from "./conformance-page.ts";

/** An item of checklist.tsv. `level` is M (must), S (should) or O (may). */
export interface Item {
  readonly id: string;
  readonly level: string;
  /** The standing of the feature in the specification, e.g. `basic` or `alpha`. */
  readonly status: string;
  /** Titles of the sections in the specification. */
  readonly section: string;
  /** What the router does. */
  readonly sentence: string;
}

/** A test title that carries ids. */
export interface Title {
  /** Relative to `test`. */
  readonly file: string;
  readonly text: string;
  readonly ids: readonly string[];
  /** A skipped test proves nothing. */
  readonly isSkipped: boolean;
}

/** An item with the titles that prove it; `outOfScope` is the reason why it needs no test. */
export interface Row extends Item {
  readonly proofs: readonly Title[];
  readonly outOfScope: string | undefined;
}

/** The path of the generated page. */
export const PAGE = join(import.meta.dirname, "../docs/conformance.md");

/** Id or prefix of ids → why the router does not implement them. */
const OUT_OF_SCOPE: readonly (readonly [ids: string, reason: string])[] = [
  ["RS-", "RawSocket needs inbound TCP, which does not reach a Worker"],
  ["MUX-", "the specification defines no transport that multiplexes sessions"],
  ["SER-24", "two incompatible encodings of UBJSON are in use"],
  ["SER-25", "no client uses FlatBuffers"],
  ["CANCEL-12", "INTERRUPT.Options.reason is an extension of nexus; the specification gives INTERRUPT only a mode"],
  ["PPT-10", "the router validates no payloads"],
  ["PPT-13", "end-to-end encryption is between the clients"],
  ["CALL-12", "the router validates no payloads"],
  ["R2R-01", "a realm is one object, so the router has no links to other routers"],
  ["R2R-03", "a realm is one object"],
  ["RFL-", "the specification defines neither arguments nor results, and no client uses reflection"],
  ["CAT-", "the specification does not define how a router serves or uses catalogs"],
];

const TITLE = /(\w+\.\w+\()?\s*(["'`])((?:\\.|(?!\2)[^\\])*\[[A-Z][A-Z0-9]*-\d+\](?:\\.|(?!\2)[^\\])*)\2/g;
const ID = /\[([A-Z][A-Z0-9]*-\d+)\]/g;
/** Ids of decisions (decisions.tsv), which titles may carry, too. */
const DECISION = /^D-\d+$/;

/**
 * Finds titles in a source file: string literals with an id in brackets, wherever they are, because many are in tables.
 */
export function findTitles(file: string, source: string): Title[] {
  const isFileSkipped = source.includes("describe.skip(");
  const code = source.split("\n").filter((line) => !/^\s*(\/\/|\/?\*)/.test(line));
  return code.flatMap((line) =>
    [...line.matchAll(TITLE)].map(([, call = "", , text = ""]) => ({
      file,
      text,
      ids: [...text.matchAll(ID)].map(([, id = ""]) => id).filter((id) => !DECISION.test(id)),
      isSkipped: isFileSkipped || /\.(skip|todo|fails)\($/.test(call),
    })),
  );
}

/** Parses checklist.tsv, which has one line of headings. */
export function parseItems(tsv: string): Item[] {
  return parseTable(tsv).map(([id = "", level = "", status = "", section = "", sentence = ""]) => {
    return { id, level, status, section, sentence };
  });
}

/** Returns every item with its proofs, in the order of the list. */
export function joinProofs(items: readonly Item[], titles: readonly Title[]): Row[] {
  return items.map((item) => ({
    ...item,
    proofs: titles.filter(({ ids, isSkipped }) => !isSkipped && ids.includes(item.id)),
    outOfScope: OUT_OF_SCOPE.find(([ids]) => item.id.startsWith(ids))?.[1],
  }));
}

/** Returns whether an item in scope has no proof. */
export function isOpen({ proofs, outOfScope }: Row): boolean {
  return proofs.length === 0 && outOfScope === undefined;
}

/** Reads the checklist, the decisions and the titles of all tests. */
export function readChecklist(): { items: Item[]; titles: Title[]; rows: Row[]; decisions: Decision[] } {
  const items = parseItems(readFileSync(join(import.meta.dirname, "checklist.tsv"), "utf8"));
  const decisions = parseTable(readFileSync(join(import.meta.dirname, "decisions.tsv"), "utf8"));
  const titles = readTitles(import.meta.dirname);
  return {
    items,
    titles,
    rows: joinProofs(items, titles),
    decisions: decisions.map(([id = "", sentence = ""]) => ({ id, sentence })),
  };
}

function parseTable(tsv: string): string[][] {
  const lines = tsv.trim().split("\n").slice(1);
  return lines.map((line) => line.split("\t"));
}

function main(): void {
  const { status, strict, write } = parseArgs({
    options: {
      status: { type: "string", multiple: true },
      strict: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
    },
  }).values;
  const { items, titles, rows: allRows, decisions } = readChecklist();
  if (write) return writeFileSync(PAGE, formatConformancePage(allRows, decisions));
  const rows = allRows.filter((row) => status === undefined || status.includes(row.status));
  const unknown = titles.filter(({ ids }) => ids.some((id) => items.every((item) => item.id !== id)));
  for (const row of rows) print(formatRow(row));
  for (const line of formatTotals(rows)) print(line);
  for (const { file, text } of unknown) print(`no such item: ${file}: ${text}`);
  if (strict && (rows.some(isOpen) || unknown.length > 0)) process.exitCode = 1;
}

function readTitles(directory: string): Title[] {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return files.sort().flatMap((file) => findTitles(file, readFileSync(join(directory, file), "utf8")));
}

function formatRow(row: Row): string {
  const proofs = row.proofs.map(({ file, text }) => `${file}: ${text}`);
  const [first = row.outOfScope ? `out of scope: ${row.outOfScope}` : "OPEN", ...others] = proofs;
  const head = [row.id.padEnd(9), row.level, row.status.padEnd(8)].join("  ");
  return [`${head}  ${first}`, ...others.map((proof) => " ".repeat(head.length + 2) + proof)].join("\n");
}

function formatTotals(rows: readonly Row[]): string[] {
  const statuses = [...new Set(rows.map(({ status }) => status))];
  const groups = statuses.map((status) => [status, rows.filter((row) => row.status === status)] as const);
  return [...groups, ["total", rows] as const].map(([name, group]) => {
    const open = group.filter(isOpen).length;
    const excluded = group.filter(({ proofs, outOfScope }) => proofs.length === 0 && outOfScope !== undefined).length;
    const proven = group.length - open - excluded;
    return `${name.padEnd(8)}  ${proven} of ${group.length} proven, ${open} open, ${excluded} out of scope`;
  });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (process.argv[1] === import.meta.filename) main();
