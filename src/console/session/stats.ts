/** What `wamp.edge.stats` tells, and rates made of it for the plots. */

import type { ChannelSession } from "../../client/channel-session.ts";

/** The answer of `wamp.edge.stats` (docs/console-procedures.md), as far as the console uses it. */
export interface Stats {
  readonly time: string;
  readonly since: string;
  readonly wakes?: number;
  readonly sessions: number;
  readonly parked_sessions: number;
  readonly subscriptions: number;
  readonly registrations: number;
  readonly open_calls: number;
  readonly queued_calls: number;
  readonly messages: Readonly<Record<"received" | "sent", Counts>>;
  readonly bytes?: Readonly<Record<"received" | "sent", number>>;
  readonly frames_received?: number;
  readonly rows_written?: number;
  readonly errors: Counts;
  readonly logins: Readonly<Record<string, { readonly admitted: number; readonly refused: number }>>;
  readonly limits: Counts;
  /** Limit of the configuration → how much of it is in use; routers of before lack the key. */
  readonly capacity?: Readonly<Record<string, { readonly used: number; readonly limit: number }>>;
  /** Messages a second, of intervals of about a minute. */
  readonly rates: readonly (Stats["messages"] & { readonly time: string; readonly seconds: number })[];
  /** In a realm with relays: batches from and to other objects since each woke, and the messages in them. */
  readonly links?: Readonly<Record<"batches" | "messages", Readonly<Record<"received" | "sent", number>>>>;
  /** The objects of a realm with relays, the core first; the other keys have their sums. */
  readonly objects?: readonly ObjectStats[];
}

/** What one object of a realm with relays tells of itself. */
export interface ObjectStats extends Stats {
  /** `core`, or region and number of a relay. */
  readonly object: string;
}

/** Name → how many. */
export type Counts = Readonly<Record<string, number>>;

/** Averages a second. */
export type Rates = Readonly<Record<(typeof RATES)[number], number>>;
const RATES = ["received", "sent", "calls", "publications", "events", "errors"] as const;

/** The rates at one time, milliseconds since the epoch. */
export interface RatePoint extends Rates {
  readonly time: number;
}

/** An answer, and how long it took on the way: milliseconds. */
export interface TimedStats {
  readonly stats: Stats;
  readonly roundTrip: number;
  /** The answer before this one. */
  readonly former: Stats | undefined;
  /** Oldest first, of the last quarter of an hour. */
  readonly points: readonly RatePoint[];
}

/** Milliseconds that plots show. */
export const PLOTTED_MS = 15 * 60_000;

/** What the console has seen of a session's realm so far. */
const seen = new WeakMap<ChannelSession, { readonly samples: Stats[]; readonly points: RatePoint[] }>();

/** Asks the realm, and adds a point to the rates. */
export async function askStats(session: ChannelSession): Promise<TimedStats> {
  const start = performance.now();
  const { args } = await session.call("wamp.edge.stats");
  const roundTrip = performance.now() - start;
  const stats = args[0] as Stats;
  const former = seen.get(session)?.samples[0];
  return { stats, roundTrip, former, points: addPoint(session, stats) };
}

/** The realm's own averages until the console opened, and finer ones since then. */
function addPoint(session: ChannelSession, stats: Stats): readonly RatePoint[] {
  const known = seen.get(session);
  if (known === undefined) {
    const points = stats.rates.flatMap((rate) => pointsOf(rate));
    seen.set(session, { samples: [stats], points });
    return points;
  }
  const { samples, points } = known;
  const former = samples.shift()!;
  samples.push(stats);
  const point = rateBetween(former, stats);
  if (point !== undefined) points.push(point);
  while ((points[0]?.time ?? Number.POSITIVE_INFINITY) < Date.parse(stats.time) - PLOTTED_MS) points.shift();
  return [...points];
}

/** Undefined where the realm has begun anew in between, or no time has passed. */
function rateBetween(from: Stats, to: Stats): RatePoint | undefined {
  const time = Date.parse(to.time);
  if (time <= Date.parse(from.time) || from.since !== to.since) return undefined;
  const objects = (to.objects ?? [to]).map((stats) => ratesOf(stats, from));
  const rates = Object.fromEntries(RATES.map((name) => [name, objects.reduce((sum, each) => sum + each[name], 0)]));
  return { time, ...(rates as Rates) };
}

/** What an object has done since an earlier answer of the realm, or since it woke, where that came later. */
function ratesOf(stats: Stats | ObjectStats, earlier: Stats): Rates {
  const counts = sumsOf(stats.messages);
  const former = formerOf(stats, earlier);
  const before = former && sumsOf(former.messages);
  const seconds = secondsBetween(former?.time ?? stats.since, stats.time);
  const rates = RATES.map((name) => [name, (counts[name] - (before?.[name] ?? 0)) / seconds]);
  return Object.fromEntries(rates) as Rates;
}

/**
 * The statistics of the same object in an earlier answer; undefined if it has counted from 0 since. A relay without
 * sessions is in no answer, so that the sums of two answers are not those of the same objects.
 */
export function formerOf(stats: Stats | ObjectStats, earlier: Stats | undefined): Stats | undefined {
  const name = "object" in stats ? stats.object : undefined;
  const former = name === undefined ? earlier : earlier?.objects?.find(({ object }) => object === name);
  return former?.since === stats.since ? former : undefined;
}

/**
 * How much a count of the realm has grown since an earlier answer. What an object has counted before that, and the earlier
 * answer does not have, is left out.
 */
export function growthOf(stats: Stats, earlier: Stats, count: (of: Stats) => number): number {
  return (stats.objects ?? [stats]).reduce((sum, each) => {
    const former = formerOf(each, earlier);
    if (former !== undefined) return sum + count(each) - count(former);
    return each.since >= earlier.time ? sum + count(each) : sum;
  }, 0);
}

/** At least a moment, so that nothing is divided by 0. */
export function secondsBetween(from: string, to: string): number {
  return Math.max(0.001, (Date.parse(to) - Date.parse(from)) / 1000);
}

/** Both ends of an interval, so that its average is drawn as a level. */
function pointsOf({ time, seconds, ...messages }: Stats["rates"][number]): RatePoint[] {
  const end = Date.parse(time);
  const rates = sumsOf(messages);
  return [Math.min(end, end - seconds * 1000 + 1), end].map((at) => ({ time: at, ...rates }));
}

/** An ERROR or ABORT is an error; a PUBLISH that is refused without an answer is not counted here. */
function sumsOf(messages: Stats["messages"]): Rates {
  return {
    received: total(messages.received),
    sent: total(messages.sent),
    calls: messages.received.CALL ?? 0,
    publications: messages.received.PUBLISH ?? 0,
    events: messages.sent.EVENT ?? 0,
    errors: (messages.sent.ERROR ?? 0) + (messages.sent.ABORT ?? 0),
  };
}

/** Adds up counts. */
export function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
