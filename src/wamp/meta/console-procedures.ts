/** The procedures that show what happens in the realm; for roles with `console` (docs/console-procedures.md). */

import { Payload } from "../protocol/payload.ts";
import type { Uri } from "../protocol/values.ts";
import type { MetaContext } from "./meta-context.ts";
import type { MetaProcedure } from "./meta-procedure.ts";
import { isVisible } from "./session-details.ts";

/** `wamp.edge.stats`. */
export const CONSOLE_PROCEDURES: Readonly<Record<Uri, MetaProcedure>> = {
  "wamp.edge.stats": (context) => Payload.of([stats(context)]),
};

/** Returns what is in the realm now, and what has happened since it woke, as `wamp.edge.stats` shows it. */
export function stats({ name, sessions, broker, dealer, monitor: { counters, host } }: MetaContext) {
  const { pending, queue } = dealer.tables;
  return {
    realm: name,
    time: isoTime(host.now()),
    since: isoTime(counters.since),
    sessions: [...sessions.byId.values()].filter(isVisible).length,
    parked_sessions: sessions.parked,
    handshakes: sessions.handshakes,
    subscriptions: broker.subscriptions.size,
    registrations: dealer.registrations.size,
    open_calls: pending.count(),
    queued_calls: queue.count(),
    messages: counters.messages(),
    errors: counters.errors.toDict(),
    logins: Object.fromEntries(counters.logins),
    limits: { ...counters.limits },
    ...host.usage?.(),
    rates: counters.rates().map(({ time, ...rate }) => ({ time: isoTime(time), ...rate })),
  };
}

/** The result of `stats`. */
export type Stats = ReturnType<typeof stats>;

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
