/** `wamp.edge.explain` over relays: the object of the session decides up to the route, and all objects add their part. */

import type { Answer } from "../../meta/explain-route.ts";
import { NearestSearch } from "../../monitoring/edit-distance.ts";
import type { Dict, Id, List } from "../../protocol/values.ts";

/** The procedure. */
export const EXPLAIN = "wamp.edge.explain";

/** Entries of one list, as in a realm of one object. */
const MOST_LISTED = 100;

/** The answers of the objects that have a part. */
export interface ExplainParts {
  /** That of the object that has the session. */
  readonly first: Answer;
  /** That of the core, for the same session. */
  readonly core: Answer;
  /** Those of all objects. */
  readonly all: readonly Answer[];
}

/** Is the message refused before its route? Then no other object has a part. */
export function isRefusedEarly({ step }: Answer): boolean {
  return step !== "route";
}

/** Makes the answer; `topics` are the URIs with a subscriber in any object. */
export function mergeExplained({ first, core, all }: ExplainParts, topics: () => Iterable<string>): Answer {
  const { permission, rates } = first;
  const known = { permission, rates };
  if (first.action === "publish" && core.refused === null) {
    return { ...core, ...known, ...mergePublish(first, all, topics) };
  }
  if (first.action === "subscribe") return { ...first, ...mergeSubscribe(core, all) };
  return { ...core, ...known };
}

function mergePublish(first: Answer, all: readonly Answer[], topics: () => Iterable<string>): Answer {
  const subscriptions = joinSubscriptions(all.flatMap((each) => listIn(each, "subscriptions")));
  const sum = (key: string): number => all.reduce((total, each) => total + ((each[key] as number | undefined) ?? 0), 0);
  const join = (key: string): List => all.flatMap((each) => listIn(each, key)).slice(0, MOST_LISTED);
  const isMatched = subscriptions.length > 0;
  return {
    details: first.details,
    subscriptions: subscriptions.slice(0, MOST_LISTED),
    nearest: isMatched ? null : (new NearestSearch().nearest(first.uri as string, [...topics()]) ?? null),
    events: sum("events"),
    receivers: join("receivers"),
    internal: join("internal"),
    excluded_count: sum("excluded_count"),
    excluded: join("excluded"),
  };
}

/** The core has the retained events. */
function mergeSubscribe(core: Answer, all: readonly Answer[]): Answer {
  const present = all.flatMap(({ subscription }) => (subscription ? [subscription as SubscriptionAnswer] : []));
  const { retained, retained_count } = core;
  return {
    ...(present.length > 0 && { subscription: joinSubscriptions(present)[0] }),
    ...(retained_count !== undefined && { retained, retained_count }),
  };
}

/** A subscription of an answer. */
interface SubscriptionAnswer extends Dict {
  readonly id: Id;
  readonly created: string;
  readonly subscribers: number;
}

/** Joins subscriptions that several objects have. */
function joinSubscriptions(list: readonly SubscriptionAnswer[]): SubscriptionAnswer[] {
  const byId = new Map<Id, SubscriptionAnswer>();
  for (const each of list) {
    const known = byId.get(each.id);
    if (known === undefined) byId.set(each.id, each);
    else {
      const first = known.created <= each.created ? known : each;
      byId.set(each.id, { ...first, subscribers: known.subscribers + each.subscribers });
    }
  }
  return [...byId.values()];
}

function listIn(answer: Answer, key: string): readonly SubscriptionAnswer[] {
  return (answer[key] as readonly SubscriptionAnswer[] | undefined) ?? [];
}
