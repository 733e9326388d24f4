/** Sessions whose clients do not read what the router sends, by `wamp.edge.slow` (docs/console-procedures.md). */

import type { ChannelSession } from "../../client/channel-session.ts";
import type { Id } from "../../wamp/protocol/values.ts";

/** A session with bytes that it is not known to have read. */
export interface UnreadSession {
  readonly session: Id;
  readonly authid: string;
  readonly authrole: string;
  readonly unread: number;
  /** Of these, the bytes that the router keeps back. */
  readonly queued: number;
  readonly proves: boolean;
  /** Absent for sessions of the realm's own object, and in a realm without relays. */
  readonly relay?: string;
}

/** The answer of the procedure. */
export interface Slow {
  readonly sessions: readonly UnreadSession[];
  readonly unread: number;
  readonly limits: { readonly outgoing_bytes: number; readonly realm_outgoing_bytes: number };
}

/**
 * Part of `outgoing_bytes` from which a client that proves what it reads is behind: four times what it may receive before
 * its proof is looked at.
 */
const BEHIND = 4 / 256;

/** Asks the realm. */
export async function askSlow(session: ChannelSession): Promise<Slow> {
  const { args } = await session.call("wamp.edge.slow");
  return args[0] as Slow;
}

/**
 * Returns those for which the router keeps bytes back, and those that have proved to read before, but nothing of the
 * latest bytes. Sessions that prove nothing may have read everything.
 */
export function slowOnes({ sessions, limits }: Slow): readonly UnreadSession[] {
  const bound = BEHIND * limits.outgoing_bytes;
  return sessions.filter(({ queued, unread, proves }) => queued > 0 || (proves && unread >= bound));
}
