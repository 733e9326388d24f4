/** Which objects of a realm have a part of the answer of each procedure of the router. */

import { TESTAMENT_PROCEDURES } from "../../meta/testament-procedures.ts";
import { isId } from "../../protocol/id.ts";
import type { Payload } from "../../protocol/payload.ts";
import { isMatch } from "../../protocol/uri.ts";
import { isDict, type Uri } from "../../protocol/values.ts";
import type { InterestTable } from "../broker/interest-table.ts";
import { CORE } from "../link/relay-ids.ts";
import * as merge from "./merge.ts";
import * as mergeConsole from "./merge-console.ts";

/** What the core knows of the relays. */
export interface Whereabouts {
  readonly interest: InterestTable;
  /** The relays with sessions. */
  withSessions(): Iterable<number>;
  /** The object that may have the session with this id; undefined for none. */
  objectOf(sessionId: unknown): number | undefined;
}

/** Several objects answer, and the core makes one answer of theirs. */
export interface Spread {
  readonly kind: "spread";
  readonly relays: (where: Whereabouts, payload: Payload) => Iterable<number>;
  readonly merge: merge.Merge;
  /** Does the procedure change something? Then it does so in all objects or in none. */
  readonly changes: boolean;
  /** The relays answer without the arguments of the call: the core pages. */
  readonly isPagedByCore: boolean;
}

/** How a procedure is answered. One that has no route is answered by the core alone, from its tables. */
export type Route =
  | Spread
  /** The object that has the session of argument 0 answers. */
  | { readonly kind: "directed" }
  /** The core answers; a session of argument `argument` that it does not know may be at its relay. */
  | { readonly kind: "asking"; readonly argument: number }
  /** The core answers from the counts of the relays. */
  | { readonly kind: "counted" }
  /** The object of the session that is asked about answers, and then all that have a part. */
  | { readonly kind: "explained" };

/** Procedures that concern only the caller's session: its own object answers. */
export function concernsCaller(uri: Uri): boolean {
  return Object.hasOwn(TESTAMENT_PROCEDURES, uri);
}

const DIRECTED: Route = { kind: "directed" };

/** The route of a call; undefined for one that the core answers alone. */
export function routeOf(uri: Uri, { args }: Payload): Route | undefined {
  // With a session's id the lists show what this session holds.
  if (uri === "wamp.subscription.list" && isId(args[0])) return DIRECTED;
  return Object.hasOwn(ROUTES, uri) ? ROUTES[uri] : undefined;
}

const ROUTES: Readonly<Record<Uri, Route>> = {
  "wamp.session.count": { kind: "counted" },
  "wamp.session.list": spread(everywhere, merge.joinIds),
  "wamp.session.get": DIRECTED,
  "wamp.session.modify_details": DIRECTED,
  "wamp.session.kill": DIRECTED,
  "wamp.session.kill_by_authid": spread(everywhere, merge.joinAll, true),
  "wamp.session.kill_by_authrole": spread(everywhere, merge.sum, true),
  "wamp.session.kill_all": spread(everywhere, merge.sum, true),
  "wamp.registration.list": { kind: "asking", argument: 0 },
  "wamp.registration.remove_callee": { kind: "asking", argument: 1 },
  "wamp.subscription.list": spread(everywhere, merge.joinSubscriptions),
  "wamp.subscription.lookup": spread(withPattern, merge.anyId),
  "wamp.subscription.match": spread(withTopic, merge.allIds),
  "wamp.subscription.get": spread(withSubscription, merge.earliest),
  "wamp.subscription.list_subscribers": spread(withSubscription, merge.joinSubscribers),
  "wamp.subscription.count_subscribers": spread(withSubscription, merge.sumOfSubscription),
  "wamp.subscription.remove_subscriber": spread(withSubscriptionOrSession, merge.anySuccess, true),
  "wamp.edge.explain": { kind: "explained" },
  "wamp.edge.stats": spread(everywhere, mergeConsole.stats),
  "wamp.edge.connections": { ...spread(everywhere, mergeConsole.connections), isPagedByCore: true },
  "wamp.edge.slow": spread(everywhere, mergeConsole.slow),
  "wamp.edge.unheard": spread(everywhere, mergeConsole.unheard),
};

function spread(relays: Spread["relays"], mergeAnswers: merge.Merge, changes = false): Spread {
  return { kind: "spread", relays, merge: mergeAnswers, changes, isPagedByCore: false };
}

function everywhere({ withSessions }: Whereabouts): Iterable<number> {
  return withSessions();
}

function withPattern({ interest }: Whereabouts, { args: [topic, options] }: Payload): Iterable<number> {
  const match = (isDict(options) && options.match) || "exact";
  return typeof topic === "string" && isMatch(match) ? interest.relaysOf(match, topic) : [];
}

function withTopic({ interest }: Whereabouts, { args: [topic] }: Payload): Iterable<number> {
  return typeof topic === "string" ? interest.relaysFor(topic, CORE) : [];
}

function withSubscription({ interest }: Whereabouts, { args: [id] }: Payload): Iterable<number> {
  return isId(id) ? interest.relaysById(id) : [];
}

function withSubscriptionOrSession(where: Whereabouts, payload: Payload): Iterable<number> {
  const ofSession = where.objectOf(payload.args[1]) ?? CORE;
  return new Set([...withSubscription(where, payload), ...(ofSession === CORE ? [] : [ofSession])]);
}
