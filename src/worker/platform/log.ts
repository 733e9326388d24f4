/** Log lines: one JSON object each, so that the platform's logs can be searched by their keys; repeated ones are counted. */

import type { AuditRecord } from "../../wamp/host/audit-record.ts";
import type { LogLine } from "../../wamp/host/log-line.ts";

/** Milliseconds in which lines that tell the same are counted together. */
const WINDOW_MS = 60_000;
/** Lines with the same event, realm and cause that are written in one window before the rest is counted. */
const MOST_ALIKE = 5;
/** Kinds of lines, by realm and cause, that are told apart for one event in one window; causes may be a client's words. */
const MOST_KINDS = 20;
/** Characters of a field, but for those whose end matters. */
const LONGEST_FIELD = 200;
const LONGER: ReadonlyMap<string, number> = new Map([
  ["cause", 500],
  ["stack", 1_000],
]);
/** Fields of one line. */
const MOST_FIELDS = 16;
/** Characters of a realm and a cause that tell kinds apart. */
const LONGEST_KIND = 200;

/** Takes a line of JSON for a level. */
export type Writer = (level: LogLine["level"], text: string) => void;

/** Lines that tell the same: how many there were in this window, and how many of them were not written yet. */
interface Kind {
  /** The fields a line about those left out has. */
  readonly line: LogLine;
  count: number;
  untold: number;
}

/** What is known of one event in its window. */
interface Tally {
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly kinds: Map<string, Kind>;
}

/**
 * Writes the first lines of a kind in each minute and counts the others: the count is told at every power of ten, and
 * in the line `repeated` once the minute is over. No timer waits for that, as a timer keeps an object awake: the end of
 * a minute is noticed with the next line of any kind, or by `sweep`. Memory and output are bounded by the number of
 * events, which are words of the source: what a client chooses, such as an authid or a URI, opens no new account.
 */
export class Log {
  readonly #write: Writer;
  readonly #now: () => number;
  /** event → what is known of it */
  readonly #tallies = new Map<string, Tally>();

  /** `now` tells milliseconds since the epoch. */
  constructor(write: Writer, now: () => number) {
    this.#write = write;
    this.#now = now;
  }

  /** Writes a line, or counts it. */
  add(line: LogLine): void {
    this.sweep();
    let tally = this.#tallies.get(line.event);
    if (tally === undefined) {
      tally = { since: this.#now(), kinds: new Map() };
      this.#tallies.set(line.event, tally);
    }
    const kind = kindOf(tally, line);
    kind.count++;
    if (kind.count <= MOST_ALIKE) return this.#tell(line);
    kind.untold++;
    if (isPowerOfTen(kind.count)) this.#tellUntold(kind);
  }

  /** Tells how many lines were left out in the minutes that are over. */
  sweep(): void {
    if (this.#tallies.size === 0) return;
    const now = this.#now();
    for (const [event, { since, kinds }] of this.#tallies) {
      // A clock that was set back ends the window, too.
      if (now >= since && now < since + WINDOW_MS) continue;
      this.#tallies.delete(event);
      for (const kind of kinds.values()) if (kind.untold > 0) this.#tellUntold(kind);
    }
  }

  #tellUntold(kind: Kind): void {
    this.#tell({ ...kind.line, repeated: kind.untold });
    kind.untold = 0;
  }

  #tell(line: LogLine): void {
    this.#write(line.level, JSON.stringify(bounded(line)));
  }
}

/** The log of this isolate, on the console. */
const log = new Log(
  (level, text) => console[level](text),
  () => Date.now(),
);

/** Writes one line to the console of its level, or counts it. */
export function writeLog(line: LogLine): void {
  log.add(line);
}

/** Writes a verdict that the realm is configured to record: each of them, as one line of JSON. */
export function writeAuditRecord(record: AuditRecord): void {
  console.log(JSON.stringify(record));
}

/** Tells of repeated lines whose minute is over; for moments in which an object is awake anyway. */
export function sweepLog(): void {
  log.sweep();
}

/** The account of a line; kinds beyond the most there may be share one. */
function kindOf({ kinds }: Tally, { level, event, realm, cause }: LogLine): Kind {
  const name = `${realm ?? ""} ${cause ?? ""}`.slice(0, LONGEST_KIND);
  const known = kinds.get(name);
  if (known !== undefined) return known;
  const isLast = kinds.size >= MOST_KINDS - 1;
  const shared = isLast ? kinds.get(OTHERS) : undefined;
  if (shared !== undefined) return shared;
  const line: LogLine = isLast
    ? { level, event, cause: OTHERS }
    : { level, event, ...(realm !== undefined && { realm }), ...(cause !== undefined && { cause }) };
  const kind: Kind = { line, count: 0, untold: 0 };
  kinds.set(isLast ? OTHERS : name, kind);
  return kind;
}

/** The cause of lines whose realms and causes are too many to tell apart. */
const OTHERS = "various causes";

function isPowerOfTen(count: number): boolean {
  return /^10+$/.test(String(count));
}

/** A line of limited length: few fields, short texts, nothing nested. */
function bounded(line: LogLine): Record<string, unknown> {
  const fields = Object.entries(line).filter(([, value]) => value !== undefined);
  return Object.fromEntries(fields.slice(0, MOST_FIELDS).map(([name, value]) => [name, shortened(name, value)]));
}

function shortened(name: string, value: unknown): unknown {
  if (value === null || typeof value === "number" || typeof value === "boolean") return value;
  const text = typeof value === "string" ? value : textOf(value);
  const longest = LONGER.get(name) ?? LONGEST_FIELD;
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}

function textOf(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value); // a bigint, or a circle
  }
}
