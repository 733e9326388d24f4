/** Formats the answer of `wamp.edge.stats` for people. */

import type { Dict } from "../../wamp/protocol/values.ts";
import { formatTable } from "../client/printing.ts";

type Counts = Readonly<Record<string, number>>;

/** The answer of `wamp.edge.stats`, as far as it is shown (docs/console-procedures.md). */
export interface Stats extends Dict {
  readonly realm: string;
  readonly time: string;
  readonly since: string;
  readonly sessions: number;
  readonly parked_sessions: number;
  readonly handshakes: number;
  readonly subscriptions: number;
  readonly registrations: number;
  readonly open_calls: number;
  readonly queued_calls: number;
  readonly messages: { readonly received: Counts; readonly sent: Counts };
  readonly bytes?: { readonly received: number; readonly sent: number };
  readonly errors: Counts;
  readonly logins: Readonly<Record<string, { readonly admitted: number; readonly refused: number }>>;
  readonly limits: Counts;
  readonly links?: { readonly batches: { readonly received: number; readonly sent: number } };
  /** In a realm with relays: its objects, the core first, each with its name in `object`. */
  readonly objects?: readonly Stats[];
  readonly object?: string;
}

/** Errors that are shown. */
const MAX_ERRORS = 10;

/** Returns the lines; rates are those since `earlier`, or since the realm woke, where that came later. */
export function formatOverview(stats: Stats, earlier?: Stats): string[] {
  const { realm, time, since, sessions, subscriptions, registrations } = stats;
  const former = formerOf(stats, earlier);
  return [
    `realm ${realm}   ${time.slice(11, 19)} UTC   awake since ${since.slice(0, 19).replace("T", " ")}`,
    `sessions ${sessions} (${stats.parked_sessions} parked)   handshakes ${stats.handshakes}   subscriptions ${subscriptions}   registrations ${registrations}   calls ${stats.open_calls} open, ${stats.queued_calls} queued`,
    "",
    ...formatTable(messageRows(stats, earlier)).split("\n"),
    ...section("objects", objectRows(stats, earlier)),
    ...section("errors", errorRows(stats)),
    ...section(
      "logins",
      Object.entries(stats.logins).map(([method, counts]) => ({ method, ...counts })),
    ),
    ...section(
      "limits",
      positive(stats.limits).map(([limit, times]) => ({ limit, times })),
    ),
    "",
    former === undefined
      ? "rates are averages since the realm woke"
      : `rates are averages of ${secondsBetween(former.time, time).toFixed(1)} s`,
  ];
}

function section(title: string, rows: readonly Dict[]): string[] {
  return rows.length === 0
    ? []
    : [
        "",
        title,
        ...formatTable(rows)
          .split("\n")
          .map((line) => `  ${line}`),
      ];
}

/** A row for each message type that has passed, and for bytes. */
function messageRows(stats: Stats, earlier: Stats | undefined): Dict[] {
  const { received, sent } = stats.messages;
  const types = [...new Set([...Object.keys(received), ...Object.keys(sent)])].sort();
  const rows = types.map((type) => row(type, stats, earlier, (of, way) => of.messages[way][type] ?? 0));
  return stats.bytes === undefined
    ? rows
    : [...rows, row("bytes", stats, earlier, ({ bytes }, way) => bytes?.[way] ?? 0)];
}

type Way = "received" | "sent";

function row(name: string, stats: Stats, earlier: Stats | undefined, count: (of: Stats, way: Way) => number): Dict {
  // Each object of a realm with relays has counted since a time of its own.
  const objects = stats.objects ?? [stats];
  const rate = (way: Way) => {
    return round(objects.reduce((sum, each) => sum + rateOf(each, earlier, (of) => count(of, way)), 0));
  };
  const [received, sent] = [count(stats, "received"), count(stats, "sent")];
  return { message: name, "received/s": rate("received"), "sent/s": rate("sent"), received, sent };
}

/** A row for each object of a realm with relays. */
function objectRows({ objects = [] }: Stats, earlier: Stats | undefined): Dict[] {
  return objects.map((stats) => {
    const rate = (count: (of: Stats) => number) => round(rateOf(stats, earlier, count));
    return {
      object: stats.object,
      sessions: stats.sessions,
      "received/s": rate(({ messages }) => total(messages.received)),
      "sent/s": rate(({ messages }) => total(messages.sent)),
      "batches/s": rate(({ links }) => (links === undefined ? 0 : links.batches.received + links.batches.sent)),
      "awake since": stats.since.slice(0, 19).replace("T", " "),
    };
  });
}

/** How fast a count of an object grows in a second: since `earlier`, or since the object woke, where that came later. */
function rateOf(stats: Stats, earlier: Stats | undefined, count: (of: Stats) => number): number {
  const former = formerOf(stats, earlier);
  const grown = count(stats) - (former === undefined ? 0 : count(former));
  return grown / secondsBetween(former?.time ?? stats.since, stats.time);
}

/** The earlier statistics of the same object; undefined if it has woken since, because its counters have begun again. */
function formerOf({ object, since }: Stats, earlier: Stats | undefined): Stats | undefined {
  const former = object === undefined ? earlier : earlier?.objects?.find((each) => each.object === object);
  return former?.since === since ? former : undefined;
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0.001, (Date.parse(to) - Date.parse(from)) / 1000);
}

function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function round(rate: number): number {
  return rate >= 100 ? Math.round(rate) : Math.round(rate * 10) / 10;
}

function errorRows({ errors }: Stats): Dict[] {
  const sorted = positive(errors).sort(([uri, a], [other, b]) => b - a || (uri < other ? -1 : 1));
  return sorted.slice(0, MAX_ERRORS).map(([uri, times]) => ({ uri, times }));
}

function positive(counts: Counts): [name: string, count: number][] {
  return Object.entries(counts).filter(([, count]) => count > 0);
}
