/** The realm as the procedures of the router see it in one of many objects: with sessions and topics of the others. */

import type { Subscription } from "../../broker/subscriptions.ts";
import type { MetaContext, RemoteTaps } from "../../meta/meta-context.ts";
import type { Id } from "../../protocol/values.ts";
import type { Realm } from "../../realm/realm.ts";
import type { Session } from "../../session/session.ts";
import type { InterestTable } from "../broker/interest-table.ts";

/** What other objects have. */
export interface OtherObjects {
  /** Session id → session of another object; at the core those that hold registrations or calls. */
  readonly remote: ReadonlyMap<Id, Session>;
  readonly interest?: InterestTable;
  readonly taps?: RemoteTaps;
  /** A session of a relay that holds nothing: only its id finds it. */
  readonly target?: Session | undefined;
}

/** Returns `realm` with what other objects have. */
export function withOtherObjects(realm: Realm, { remote, interest, taps, target }: OtherObjects): MetaContext {
  const own = realm.sessionById;
  return {
    ...realm,
    sessionById: {
      get: (id) => own.get(id) ?? remote.get(id) ?? (target?.id === id ? target : undefined),
      values: () => [...own.values(), ...remote.values()].values(),
      size: own.size + remote.size,
    },
    ...(taps !== undefined && { remoteTaps: taps }),
    ...(interest !== undefined && { subscriptionElsewhere: (id: Id) => subscriptionOf(interest, id) }),
  };
}

/** Returns the subscription of other objects with an id, without its subscribers. */
function subscriptionOf(interest: InterestTable, id: Id): Subscription | undefined {
  const pattern = interest.patternOf(id);
  if (pattern === undefined) return undefined;
  const { match, uri: topic } = pattern;
  return { id, match, topic, created: 0, subscribers: new Set(), nodeKeys: undefined, log: undefined };
}
