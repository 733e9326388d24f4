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
}

/** Errors that are shown. */
const MAX_ERRORS = 10;

/** Returns the lines; rates are those since `earlier`, or since the realm woke, where that came later. */
export function formatOverview(stats: Stats, earlier?: Stats): string[] {
  const { realm, time, since, sessions, subscriptions, registrations } = stats;
  // The counters of a realm begin again when it wakes.
  const former = earlier?.since === stats.since ? earlier : undefined;
  const from = former?.time ?? since;
  const seconds = Math.max(0.001, (Date.parse(time) - Date.parse(from)) / 1000);
  return [
    `realm ${realm}   ${time.slice(11, 19)} UTC   awake since ${since.slice(0, 19).replace("T", " ")}`,
    `sessions ${sessions} (${stats.parked_sessions} parked)   handshakes ${stats.handshakes}   subscriptions ${subscriptions}   registrations ${registrations}   calls ${stats.open_calls} open, ${stats.queued_calls} queued`,
    "",
    ...formatTable(messageRows(stats, former, seconds)).split("\n"),
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
    former === undefined ? "rates are averages since the realm woke" : `rates are averages of ${seconds.toFixed(1)} s`,
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
function messageRows(stats: Stats, former: Stats | undefined, seconds: number): Dict[] {
  const { received, sent } = stats.messages;
  const before = former?.messages;
  const types = [...new Set([...Object.keys(received), ...Object.keys(sent)])].sort();
  const rows = types.map((type) => {
    return row(type, [received[type], before?.received[type]], [sent[type], before?.sent[type]], seconds);
  });
  if (stats.bytes === undefined) return rows;
  const { bytes } = stats;
  return [...rows, row("bytes", [bytes.received, former?.bytes?.received], [bytes.sent, former?.bytes?.sent], seconds)];
}

type Pair = readonly [now: number | undefined, before: number | undefined];

function row(
  name: string,
  [received = 0, receivedBefore = 0]: Pair,
  [sent = 0, sentBefore = 0]: Pair,
  seconds: number,
): Dict {
  return {
    message: name,
    "received/s": round((received - receivedBefore) / seconds),
    "sent/s": round((sent - sentBefore) / seconds),
    received,
    sent,
  };
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
