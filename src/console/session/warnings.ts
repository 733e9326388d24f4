/** What needs attention in a realm: slow readers, limits, refused logins, URIs that no session hears. */

import type { ChannelSession } from "../../client/channel-session.ts";
import { type Slow, slowOnes } from "./slow.ts";
import type { Stats } from "./stats.ts";

/** A sentence, and the page that shows more. */
export interface Warning {
  readonly text: string;
  readonly page?: string;
}

interface Unheard {
  readonly action: "publish" | "call";
  readonly uri: string;
  readonly count: number;
  readonly nearest?: string;
}

/** Part of a limit from which it is near. */
const NEAR = 0.8;
/** URIs that are named one by one. */
const MAX_UNHEARD = 3;
/** Slow sessions that are named. */
const MAX_NAMES = 3;
/** Characters of a name that one sentence has. */
const MAX_NAME = 60;

/** Asks the realm; what its router does not tell is left out. */
export async function findWarnings(session: ChannelSession): Promise<Warning[]> {
  const ask = async <T>(procedure: string): Promise<T | undefined> => {
    const result = await session.call(procedure).catch(() => undefined);
    return result?.args[0] as T | undefined;
  };
  const [stats, slow, unheard] = await Promise.all([
    ask<Stats>("wamp.edge.stats"),
    ask<Slow>("wamp.edge.slow"),
    ask<readonly Unheard[]>("wamp.edge.unheard"),
  ]);
  return [...slowReaders(slow), ...limits(stats, slow), ...refusedLogins(stats), ...unheardUris(unheard ?? [])];
}

function slowReaders(slow: Slow | undefined): Warning[] {
  if (slow === undefined) return [];
  const readers = slowOnes(slow);
  if (readers.length === 0) return [];
  const names = readers.slice(0, MAX_NAMES).map(({ authid }) => cut(authid));
  const others = readers.length > names.length ? " and others" : "";
  const what = readers.length === 1 ? "A session is" : `${readers.length} sessions are`;
  return [{ text: `${what} slow or behind with reading: ${names.join(", ")}${others}.`, page: "sessions" }];
}

/** Limits that were reached, and those of which 80 % are in use, in the realm or in one of its objects. */
function limits(stats: Stats | undefined, slow: Slow | undefined): Warning[] {
  const reached = Object.entries(stats?.limits ?? {}).filter(([, count]) => count > 0);
  const unread = slow && { realm_outgoing_bytes: { used: slow.unread, limit: slow.limits.realm_outgoing_bytes } };
  // The sums of a realm with relays hide that one of them is full.
  const near = stats?.objects?.flatMap(({ object, capacity }) => nearLimits(capacity, ` of ${object}`));
  return [
    ...(near ?? nearLimits(stats?.capacity)),
    ...nearLimits(unread),
    ...reached.map(([name, count]) => ({ text: `The limit ${name} was reached ${times(count)}.` })),
  ];
}

function nearLimits(capacity: Stats["capacity"] = {}, where = ""): Warning[] {
  const near = Object.entries(capacity).filter(([, { used, limit }]) => used >= NEAR * limit);
  return near.map(([name, { used, limit }]) => {
    const part = Math.floor((100 * used) / limit);
    const figures = [used, limit].map((figure) => figure.toLocaleString("en-US")).join(" of ");
    return { text: `${part} % of the limit ${name}${where} are in use: ${figures}.` };
  });
}

function refusedLogins(stats: Stats | undefined): Warning[] {
  const refused = Object.values(stats?.logins ?? {}).reduce((sum, logins) => sum + logins.refused, 0);
  return refused === 0 ? [] : [{ text: `A login was refused ${times(refused)}.`, page: "connections" }];
}

function unheardUris(unheard: readonly Unheard[]): Warning[] {
  return unheard.slice(0, MAX_UNHEARD).map(({ action, uri, count, nearest }) => {
    const what = action === "call" ? "was called without a callee" : "was published without a receiver";
    const meant = nearest === undefined ? "" : ` Is ${cut(nearest)} meant?`;
    return { text: `${cut(uri)} ${what} ${times(count)}.${meant}`, page: action === "call" ? "procedures" : "topics" };
  });
}

function times(count: number): string {
  return count === 1 ? "once" : `${count.toLocaleString("en-US")} times`;
}

function cut(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;
}
