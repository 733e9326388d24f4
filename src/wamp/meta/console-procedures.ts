/** The procedures that show what happens in the realm; for roles with `console` (docs/console-procedures.md). */

import { NearestSearch } from "../monitoring/edit-distance.ts";
import { isId } from "../protocol/id.ts";
import { Payload } from "../protocol/payload.ts";
import { isReservedUri } from "../protocol/uri.ts";
import type { Dict, Uri } from "../protocol/values.ts";
import { optionalKeyword } from "./arguments.ts";
import type { MetaContext } from "./meta-context.ts";
import type { MetaProcedure } from "./meta-procedure.ts";
import { paginate } from "./pages.ts";
import { isVisible } from "./session-details.ts";
import { startTap } from "./tap-procedure.ts";

/** `wamp.edge.stats`, `connections`, `slow`, `unheard` and `tap`. */
export const CONSOLE_PROCEDURES: Readonly<Record<Uri, MetaProcedure>> = {
  "wamp.edge.stats": (context) => Payload.of([stats(context)]),
  "wamp.edge.connections": ({ monitor }, _, payload) =>
    Payload.of([paginate(monitor.connections.entries() as (Dict & { id: number })[], payload)]),
  "wamp.edge.slow": (context, _, payload) => Payload.of([slowest(context, limitIn(payload))]),
  "wamp.edge.unheard": (context, _, payload) => Payload.of([unheard(context, limitIn(payload))]),
  "wamp.edge.tap": startTap,
};

/** Entries of `slow` and `unheard` in one answer, unless the keyword argument `limit` asks for others. */
const USUAL_LIMIT = 100;

/** The most entries of an answer, which the keyword argument `limit` may set. */
export function limitIn(payload: Payload): number {
  return optionalKeyword(payload, "limit", isId) ?? USUAL_LIMIT;
}

/** Returns what is in the realm now, and what has happened since it woke, as `wamp.edge.stats` shows it. */
export function stats({ name, limits, sessions, sessionById, broker, dealer, records, monitor }: MetaContext) {
  const { counters, host, latency } = monitor;
  const { pending, queue } = dealer.tables;
  const visible = [...sessionById.values()].filter(isVisible);
  return {
    realm: name,
    time: isoTime(host.now()),
    since: isoTime(counters.since),
    sessions: visible.length,
    parked_sessions: sessions.parked,
    handshakes: sessions.handshakes,
    subscriptions: broker.subscriptions.size,
    registrations: dealer.registrations.size,
    open_calls: pending.count(),
    queued_calls: queue.count(),
    messages: counters.messages(),
    errors: Object.fromEntries(counters.errors),
    logins: Object.fromEntries(Array.from(counters.logins, ([method, logins]) => [method, { ...logins }])),
    limits: { ...counters.limits },
    capacity: {
      sessions: { used: sessionById.size, limit: limits.sessions },
      handshakes: { used: sessions.handshakes, limit: limits.handshakes },
      realm_bytes: { used: records.bytes, limit: limits.realm_bytes },
      session_bytes: {
        used: visible.reduce((most, { recordBytes }) => Math.max(most, recordBytes), 0),
        limit: limits.session_bytes,
      },
    },
    call_latency: latency.toDict(),
    ...host.usage?.(),
    rates: counters.rates().map((rate) => ({ ...rate, time: isoTime(rate.time) })),
  };
}

/** The result of `stats`. */
export type Stats = ReturnType<typeof stats>;

/** What the order of `wamp.edge.slow` depends on. */
export interface SlowSession {
  readonly queued: number;
  readonly unread: number;
  readonly proves: boolean | undefined;
}

/**
 * Compares two sessions: those for which the router keeps frames come first, and last those that only receive, which may
 * have read everything.
 */
export function bySlowness(a: SlowSession, b: SlowSession): number {
  return b.queued - a.queued || Number(b.proves) - Number(a.proves) || b.unread - a.unread;
}

/** Sessions with bytes that they are not known to have read. */
function slowest({ sessionById, limits }: MetaContext, limit: number): Dict {
  const slow = [...sessionById.values()].flatMap(({ id, identity: { authid, authrole }, transport }) => {
    const { queued = 0, handedOver = 0, sent = 0, hasProved: proves } = transport.traffic?.unread ?? {};
    const unread = queued + Math.max(0, handedOver);
    return unread > 0 ? [{ session: id, authid, authrole, unread, queued, sent, proves }] : [];
  });
  slow.sort(bySlowness);
  return {
    sessions: slow.slice(0, limit),
    unread: slow.reduce((sum, { unread }) => sum + unread, 0),
    limits: { outgoing_bytes: limits.outgoing_bytes, realm_outgoing_bytes: limits.realm_outgoing_bytes },
  };
}

/** The latest first, each with the URI that was probably meant. */
function unheard({ broker, dealer, monitor }: MetaContext, limit: number): Dict[] {
  const search = new NearestSearch();
  const existing = {
    publish: Array.from(broker.subscriptions.values(), ({ topic }) => topic),
    call: Array.from(dealer.registrations.values(), ({ procedure }) => procedure),
  };
  const found = (["publish", "call"] as const).flatMap((action) => {
    return Array.from(monitor.unheard.byAction[action].values(), (entry) => ({ action, ...entry }));
  });
  const latest = found.sort((a, b) => b.time - a.time).slice(0, limit);
  return latest.map(({ action, uri, time, ...entry }) => {
    const nearest = isReservedUri(uri) ? undefined : search.nearest(uri, existing[action]);
    return { action, uri, ...entry, time: isoTime(time), ...(nearest !== undefined && { nearest }) };
  });
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
