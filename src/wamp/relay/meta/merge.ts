/** Makes one answer of a procedure from those of the objects that have a part of it. */

import { idsByMatch, paginate } from "../../meta/pages.ts";
import { WampError, WampUri } from "../../protocol/errors.ts";
import { Payload } from "../../protocol/payload.ts";
import type { Match, Pattern } from "../../protocol/uri.ts";
import type { Dict, Id, Uri } from "../../protocol/values.ts";

/** What one object answers: a payload or an error. */
export interface ObjectAnswer {
  /** The number of the object. */
  readonly object: number;
  readonly result: Payload | WampError;
}

/** What the core knows beside the answers. */
export interface MergeContext {
  /** The number of the object that may have the session with an id. */
  objectOf(sessionId: unknown): number | undefined;
  /** The name of an object for operators. */
  nameOf(object: number): string;
  /** The topics and patterns with a subscriber in any object. */
  topics(): Iterable<Pattern>;
  readonly connections: ConnectionNumbering;
}

/** See `ConnectionNumbers`. */
export interface ConnectionNumbering {
  number<E extends { readonly id: number; readonly time: string }>(
    entries: readonly { readonly object: number; readonly entry: E }[],
  ): E[];
}

/** Makes the answer from at least one, and from the arguments of the call; throws the `WampError` of the answer. */
export type Merge = (answers: readonly ObjectAnswer[], payload: Payload, context: MergeContext) => Payload;

/** The results; throws an error of any object, but `ignorable` only if all objects answer with it. */
export function resultsOf(answers: readonly ObjectAnswer[], ignorable?: Uri): Payload[] {
  const results: Payload[] = [];
  let ignored: WampError | undefined;
  for (const { result } of answers) {
    if (result instanceof Payload) results.push(result);
    else if (result.uri === ignorable) ignored ??= result;
    else throw result;
  }
  if (results.length === 0 && ignored !== undefined) throw ignored;
  return results;
}

/** Adds numbers. */
export const sum: Merge = (answers) => Payload.of([total(resultsOf(answers))]);

/** Joins lists of ids of sessions, and pages them as each object has paged its own. */
export const joinIds: Merge = (answers, payload) => Payload.of([pageOf(resultsOf(answers), payload)]);

/** Joins lists of ids without a limit: the ids of ended sessions. */
export const joinAll: Merge = (answers) => Payload.of([resultsOf(answers).flatMap(firstOf<Id[]>)]);

/** Adds the subscribers of a subscription. */
export const sumOfSubscription: Merge = (answers) => {
  return Payload.of([total(resultsOf(answers, WampUri.NO_SUCH_SUBSCRIPTION))]);
};

/** Joins the subscribers of a subscription. */
export const joinSubscribers: Merge = (answers, payload) => {
  return Payload.of([pageOf(resultsOf(answers, WampUri.NO_SUCH_SUBSCRIPTION), payload)]);
};

/** Joins the lists of subscriptions, each of which may exist in several objects. */
export const joinSubscriptions: Merge = (answers, payload) => {
  const matchOf = new Map<Id, Match>();
  for (const byMatch of resultsOf(answers).map(firstOf<Record<Match, Id[]>>)) {
    for (const [match, ids] of Object.entries(byMatch)) for (const id of ids) matchOf.set(id, match as Match);
  }
  const all = Array.from(matchOf, ([id, match]) => ({ id, match }));
  return Payload.of([idsByMatch(paginate(all, payload))]);
};

/** The id that any object has found, or null. */
export const anyId: Merge = (answers) => {
  return Payload.of([
    resultsOf(answers)
      .map(firstOf<Id | null>)
      .find((id) => id !== null) ?? null,
  ]);
};

/** The ids that the objects have found, or null. */
export const allIds: Merge = (answers) => {
  const ids = new Set(resultsOf(answers).flatMap((result) => firstOf<Id[] | null>(result) ?? []));
  return Payload.of([ids.size > 0 ? [...ids] : null]);
};

/** A subscription was created when the first of the objects created it. */
export const earliest: Merge = (answers) => {
  const details = resultsOf(answers, WampUri.NO_SUCH_SUBSCRIPTION).map(firstOf<Dict & { readonly created: string }>);
  details.sort((a, b) => Date.parse(a.created) - Date.parse(b.created));
  return Payload.of([details[0]]);
};

/** The removal by the object of the session, which may not know the subscription that others have. */
export const anySuccess: Merge = (answers, { args: [subscription, session] }, { objectOf }) => {
  if (answers.some(({ result }) => result instanceof Payload)) return Payload.NONE;
  const errors = answers.map(({ object, result }) => ({ object, error: result as WampError }));
  const isUnknown = ({ error }: (typeof errors)[number]): boolean => error.uri === WampUri.NO_SUCH_SUBSCRIPTION;
  const ofSession = errors.find(({ object }) => object === objectOf(session));
  if (ofSession !== undefined && isUnknown(ofSession) && !errors.every(isUnknown)) {
    throw new WampError(WampUri.NO_SUCH_SESSION, `session ${session} does not hold subscription ${subscription}`);
  }
  throw (ofSession ?? errors.find((each) => !isUnknown(each)) ?? errors[0]!).error;
};

/** The first argument of a result. */
export function firstOf<T>({ args }: Payload): T {
  return args[0] as T;
}

function total(results: readonly Payload[]): number {
  return results.reduce((count, result) => count + firstOf<number>(result), 0);
}

function pageOf(results: readonly Payload[], payload: Payload): Id[] {
  const ids = results.flatMap(firstOf<Id[]>);
  return paginate(
    ids.map((id) => ({ id })),
    payload,
  ).map(({ id }) => id);
}
