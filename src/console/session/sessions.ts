/** The sessions of the realm, by the session meta API: ids first, details as far as they are needed. */

import type { ChannelSession } from "../../client/channel-session.ts";
import type { Dict, Id } from "../../wamp/protocol/values.ts";

/** Details of a session, as `wamp.session.get` answers. */
export interface SessionRow extends Dict {
  readonly session: Id;
  readonly authid: string;
  readonly authrole: string;
  readonly authmethod: string;
  readonly transport?: Dict;
}

/** Ids in one answer of `wamp.session.list`. */
const IDS = 5_000;
/** Calls that are under way at a time. */
const PARALLEL = 50;

type Rows = Map<Id, Promise<SessionRow | undefined>>;

/**
 * Details that are known or asked for, so that a person who types a filter asks for each session once. They do not change
 * while a session is there, except by `wamp.session.modify_details`.
 */
const known = new WeakMap<ChannelSession, Rows>();

/** Lists all ids, ascending, in as many calls as it takes. */
export async function listIds(session: ChannelSession): Promise<readonly Id[]> {
  const ids: Id[] = [];
  for (;;) {
    const after = ids.at(-1);
    const { args } = await session.call("wamp.session.list", [], { limit: IDS, ...(after !== undefined && { after }) });
    const page = args[0] as readonly Id[];
    ids.push(...page);
    if (page.length < IDS) return ids;
  }
}

/** Gets the details of sessions, in their order; those that have ended meanwhile are left out. */
export async function getSessions(session: ChannelSession, ids: readonly Id[]): Promise<readonly SessionRow[]> {
  const rows: Rows = known.get(session) ?? new Map();
  known.set(session, rows);
  const found: (SessionRow | undefined)[] = [];
  for (let index = 0; index < ids.length; index += PARALLEL) {
    const batch = ids.slice(index, index + PARALLEL).map((id) => rowOf(session, rows, id));
    found.push(...(await Promise.all(batch)));
  }
  return found.filter((row) => row !== undefined);
}

function rowOf(session: ChannelSession, rows: Rows, id: Id): Promise<SessionRow | undefined> {
  const former = rows.get(id);
  if (former !== undefined) return former;
  const row = getSession(session, id);
  rows.set(id, row);
  row.catch(() => rows.delete(id));
  return row;
}

/** Gets the details of one session; undefined where it has ended. */
export async function getSession(session: ChannelSession, id: Id): Promise<SessionRow | undefined> {
  const result = await session.call("wamp.session.get", [id]).catch((error) => {
    if (error.uri === "wamp.error.no_such_session") return undefined;
    throw error;
  });
  return result?.args[0] as SessionRow | undefined;
}

/** The WebSocket of a session; empty where it waits for its client, or has another transport. */
export function transportOf({ transport }: SessionRow): {
  readonly websocket_protocol?: string;
  /** Absent for sessions of the realm's own object. */
  readonly relay?: string;
} {
  return transport ?? {};
}

/** A subscription or registration of a session. */
export interface Held {
  readonly id: Id;
  readonly uri: string;
  readonly match: string;
}

/** Most subscriptions or registrations that are shown of one session. */
const MAX_HELD = 200;

/** Lists what a session subscribes to or has registered, by URI. */
export async function listHeld(
  session: ChannelSession,
  kind: "subscription" | "registration",
  owner: Id,
): Promise<readonly Held[]> {
  const { args } = await session.call(`wamp.${kind}.list`, [owner]);
  const ids = Object.values(args[0] as Readonly<Record<string, readonly Id[]>>)
    .flat()
    .slice(0, MAX_HELD);
  const rows = ids.map(async (id) => (await session.call(`wamp.${kind}.get`, [id])).args[0] as Held);
  return (await Promise.all(rows)).sort((a, b) => (a.uri < b.uri ? -1 : 1));
}
