/** What the meta API tells about registrations, subscriptions and the sessions that hold them. */

import type { ChannelSession, SessionDetails } from "../../client/channel-session.ts";
import type { Id, Uri } from "../../wamp/protocol/values.ts";

/** Policies of matching, in the order of the lists. */
const MATCHES = ["exact", "prefix", "wildcard"] as const;

/** Entries that are read at once; each one is a call. */
export const PAGE = 300;

/** A registration, with how many callees it has. */
export interface RegistrationEntry {
  readonly id: Id;
  readonly uri: Uri;
  readonly match: string;
  readonly invoke: string;
  readonly created: string;
  readonly count: number;
}

/** A subscription, with how many subscribers it has. */
export interface SubscriptionEntry {
  readonly id: Id;
  readonly uri: Uri;
  readonly match: string;
  readonly created: string;
  readonly count: number;
}

/** A page of a list, by URI; `next` is where the following page begins, undefined for the last one. */
export interface Listed<T> {
  readonly entries: readonly T[];
  readonly next: Id | undefined;
}

/** Lists registrations with ids above `after`. Rejects where the role may not call `wamp.registration.*`. */
export function listRegistrations(session: ChannelSession, after?: Id): Promise<Listed<RegistrationEntry>> {
  return list<RegistrationEntry>(session, "registration", "count_callees", after);
}

/** Lists subscriptions with ids above `after`. Rejects where the role may not call `wamp.subscription.*`. */
export function listSubscriptions(session: ChannelSession, after?: Id): Promise<Listed<SubscriptionEntry>> {
  return list<SubscriptionEntry>(session, "subscription", "count_subscribers", after);
}

/** Callees of a registration or subscribers of a subscription, at most 100; sessions that the API hides are left out. */
export async function holdersOf(
  session: ChannelSession,
  kind: "registration" | "subscription",
  id: Id,
): Promise<SessionDetails[]> {
  const procedure = kind === "registration" ? "list_callees" : "list_subscribers";
  const { args } = await session.call(`wamp.${kind}.${procedure}`, [id], { limit: 100 });
  const details = await Promise.all((args[0] as Id[]).map((each) => detailsOf(session, each)));
  return details.filter((each) => each !== undefined);
}

/** The id of the subscription to a topic; null where no session has subscribed. */
export async function subscriptionTo(session: ChannelSession, topic: Uri, match: string): Promise<Id | null> {
  const { args } = await session.call("wamp.subscription.lookup", [topic, { match }]);
  return args[0] as Id | null;
}

async function detailsOf(session: ChannelSession, id: Id): Promise<SessionDetails | undefined> {
  try {
    const { args } = await session.call("wamp.session.get", [id]);
    return args[0] as SessionDetails;
  } catch {
    // The session has ended meanwhile, or the role may not see sessions: the id is all that is known.
    return { session: id, authid: "", authrole: "", authmethod: "", authprovider: "" };
  }
}

async function list<T extends { readonly uri: Uri }>(
  session: ChannelSession,
  kind: "registration" | "subscription",
  counting: string,
  after: Id | undefined,
): Promise<Listed<T>> {
  const { args } = await session.call(`wamp.${kind}.list`, [], { limit: PAGE, ...(after !== undefined && { after }) });
  const byMatch = args[0] as Readonly<Record<string, readonly Id[]>>;
  const ids = MATCHES.flatMap((match) => byMatch[match] ?? []);
  const entries = await Promise.all(ids.map((id) => entryOf<T>(session, kind, counting, id)));
  return {
    entries: entries.filter((entry) => entry !== undefined).sort((a, b) => (a.uri < b.uri ? -1 : 1)),
    next: ids.length < PAGE ? undefined : Math.max(...ids),
  };
}

/** Undefined for an entry that was removed after it was listed. */
async function entryOf<T>(session: ChannelSession, kind: string, counting: string, id: Id): Promise<T | undefined> {
  try {
    const [details, count] = await Promise.all([
      session.call(`wamp.${kind}.get`, [id]),
      session.call(`wamp.${kind}.${counting}`, [id]),
    ]);
    return { ...(details.args[0] as T), count: count.args[0] as number };
  } catch {
    return undefined;
  }
}
