/**
 * Writes log lines, one JSON object each, so that the platform's logs can be searched by keys; repeated lines are
 * counted.
 */

import type { AuditRecord } from "../../wamp/host/audit-record.ts";
import type { LogLine } from "../../wamp/host/log-line.ts";

/** Milliseconds in which lines of one kind are counted together. */
const WINDOW_MS = 60_000;
/** Lines of one kind (event, realm and cause) that one window writes before it counts. */
const MOST_ALIKE = 5;
/** Kinds that one event may have in one window: a client can influence causes. */
const MOST_KINDS = 20;
/** Characters of a field, except those in `LONGER`. */
const LONGEST_FIELD = 200;
const LONGER: ReadonlyMap<string, number> = new Map([
  ["cause", 500],
  ["stack", 1_000],
]);
/** Fields of one line. */
const MOST_FIELDS = 16;
/** Characters of realm and cause that distinguish kinds. */
const LONGEST_KIND = 200;

/** Writes a line of JSON to the console of a level. */
export type Writer = (level: LogLine["level"], text: string) => void;

/** Lines with the same event, realm and cause. */
interface Kind {
  /** The fields of the line that reports omitted lines. */
  readonly line: LogLine;
  /** Lines in this window. */
  count: number;
  /** Of these, the lines that are neither written nor reported. */
  omitted: number;
}

/** The lines of one event in its window. */
interface Tally {
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly kinds: Map<string, Kind>;
}

/**
 * Writes the first lines of a kind in each minute and counts the others, except at level `info`. A line with `repeated` reports the count at
 * every power of ten and after the minute. No timer waits for that, because a timer keeps an object awake: the next
 * line of any kind, or `sweep`, ends the minute. The number of events bounds memory and output, because events are
 * words of the source: values that a client chooses, such as an authid or a URI, add no kinds beyond `MOST_KINDS`.
 */
export class Log {
  readonly #write: Writer;
  readonly #now: () => number;
  /** event → its lines in the current window */
  readonly #tallies = new Map<string, Tally>();

  /** `now` returns milliseconds since the epoch. */
  constructor(write: Writer, now: () => number) {
    this.#write = write;
    this.#now = now;
  }

  /** Writes a line, or counts it. */
  add(line: LogLine): void {
    this.sweep();
    // A record that the configuration or a tap asks for, such as `session.ended`.
    if (line.level === "info") return this.#writeLine(line);
    let tally = this.#tallies.get(line.event);
    if (tally === undefined) {
      tally = { since: this.#now(), kinds: new Map() };
      this.#tallies.set(line.event, tally);
    }
    const kind = kindOf(tally, line);
    kind.count++;
    if (kind.count <= MOST_ALIKE) return this.#writeLine(line);
    kind.omitted++;
    if (isPowerOfTen(kind.count)) this.#reportOmitted(kind);
  }

  /** Reports the lines that were omitted in the minutes that are over. */
  sweep(): void {
    if (this.#tallies.size === 0) return;
    const now = this.#now();
    for (const [event, { since, kinds }] of this.#tallies) {
      // A clock that was set back ends the window, too.
      if (now >= since && now < since + WINDOW_MS) continue;
      this.#tallies.delete(event);
      for (const kind of kinds.values()) if (kind.omitted > 0) this.#reportOmitted(kind);
    }
  }

  #reportOmitted(kind: Kind): void {
    this.#writeLine({ ...kind.line, repeated: kind.omitted });
    kind.omitted = 0;
  }

  #writeLine(line: LogLine): void {
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

/** Writes the audit record of an authorization as one line of JSON; none is omitted. */
export function writeAuditRecord(record: AuditRecord): void {
  console.log(JSON.stringify(record));
}

/** Reports omitted lines of minutes that are over; called when an object is awake anyway. */
export function sweepLog(): void {
  log.sweep();
}

/** The kind of a line; those beyond `MOST_KINDS` share one. */
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
  const kind: Kind = { line, count: 0, omitted: 0 };
  kinds.set(isLast ? OTHERS : name, kind);
  return kind;
}

/** The cause of the kind that is shared. */
const OTHERS = "various causes";

function isPowerOfTen(count: number): boolean {
  return /^10+$/.test(String(count));
}

/** The line with at most `MOST_FIELDS` fields, short texts, and no nested values. */
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
