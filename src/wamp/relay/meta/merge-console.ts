/** Makes one answer of a procedure of the console from those of the objects of a realm. */

import { bySlowness, limitIn, type SlowSession, type Stats } from "../../meta/console-procedures.ts";
import { paginate } from "../../meta/pages.ts";
import { NearestSearch } from "../../monitoring/edit-distance.ts";
import { Payload } from "../../protocol/payload.ts";
import { isReservedUri } from "../../protocol/uri.ts";
import type { Dict } from "../../protocol/values.ts";
import { CORE } from "../link/relay-ids.ts";
import {
  type ConnectionNumbering,
  firstOf,
  type Merge,
  type MergeContext,
  type ObjectAnswer,
  resultsOf,
} from "./merge.ts";
import { mergeStats } from "./merge-stats.ts";

/** `wamp.edge.stats` */
export const stats: Merge = (answers, _, { nameOf, topics }) => {
  const objects = parts(answers).map(([object, payload]) => ({ name: nameOf(object), stats: firstOf<Stats>(payload) }));
  return Payload.of([mergeStats(objects, new Set(topics()).size)]);
};

/** `wamp.edge.connections`, whose entries the core numbers in the order in which it first sees them. */
export const connections: Merge = (answers, payload, { nameOf, connections: numbers }) => {
  const entries = parts(answers).flatMap(([object, result]) => {
    const at = placeOf(object, nameOf);
    return firstOf<readonly Entry[]>(result).map((entry) => ({ object, entry: { ...entry, ...at } }));
  });
  return Payload.of([paginate(numbers.number(entries), payload)]);
};

/** `wamp.edge.slow`; all objects together may have the unread bytes of each. */
export const slow: Merge = (answers, payload, { nameOf }) => {
  const all = resultsOf(answers).map(firstOf<SlowAnswer>);
  const sessions = parts(answers).flatMap(([object, result]) => {
    const at = placeOf(object, nameOf);
    return firstOf<SlowAnswer>(result).sessions.map((session) => ({ ...session, ...at }));
  });
  sessions.sort(bySlowness);
  const unread = all.reduce((sum, answer) => sum + answer.unread, 0);
  const { outgoing_bytes, realm_outgoing_bytes } = all[0]!.limits;
  const limits = { outgoing_bytes, realm_outgoing_bytes: realm_outgoing_bytes * all.length };
  return Payload.of([{ sessions: sessions.slice(0, limitIn(payload)), unread, limits }]);
};

/** `wamp.edge.unheard`; the most similar topic may have its subscribers in another object. */
export const unheard: Merge = (answers, payload, { topics }) => {
  const search = new NearestSearch();
  const existing = Array.from(topics(), ({ uri }) => uri);
  const byUri = new Map<string, UnheardEntry>();
  for (const entry of resultsOf(answers).flatMap(firstOf<readonly UnheardEntry[]>)) {
    const key = `${entry.action} ${entry.uri}`;
    const known = byUri.get(key);
    const latest = known === undefined || known.time < entry.time ? entry : known;
    byUri.set(key, { ...latest, count: entry.count + (known?.count ?? 0) });
  }
  const latest = [...byUri.values()].sort((a, b) => (a.time < b.time ? 1 : -1)).slice(0, limitIn(payload));
  return Payload.of([
    latest.map((entry) => {
      if (entry.action !== "publish") return entry;
      const { nearest: _, ...others } = entry;
      const nearest = isReservedUri(entry.uri) ? undefined : search.nearest(entry.uri, existing);
      return nearest === undefined ? others : { ...others, nearest };
    }),
  ]);
};

/** Says at which relay something is; nothing for the core. */
function placeOf(object: number, nameOf: MergeContext["nameOf"]): { readonly relay?: string } {
  return object === CORE ? {} : { relay: nameOf(object) };
}

/** An entry of `wamp.edge.connections`. */
interface Entry extends Dict {
  readonly id: number;
  readonly time: string;
}

/** The result of `wamp.edge.slow`. */
interface SlowAnswer {
  readonly sessions: readonly SlowSession[];
  readonly unread: number;
  readonly limits: { readonly outgoing_bytes: number; readonly realm_outgoing_bytes: number };
}

/** An entry of `wamp.edge.unheard`. */
interface UnheardEntry extends Dict {
  readonly action: "publish" | "call";
  readonly uri: string;
  readonly count: number;
  readonly time: string;
}

/** The latest entries of the whole realm. */
const MOST_CONNECTIONS = 500;

/** Numbers the entries of all objects, which each object counts from 1: a client goes on after the last one it knows. */
export class ConnectionNumbers implements ConnectionNumbering {
  /** Object → entry → number, of the entries that the object had at the last time it was asked. */
  readonly #known = new Map<number, Map<string, number>>();
  #last = 0;

  /** Returns the latest entries, ascending; those that were not seen before come last. */
  number<E extends { readonly id: number; readonly time: string }>(
    entries: readonly { readonly object: number; readonly entry: E }[],
  ): E[] {
    const byTime = [...entries].sort((a, b) => compare(a.entry.time, b.entry.time) || a.object - b.object);
    const known = new Map<number, Map<string, number>>();
    const numbered = byTime.map(({ object, entry }) => {
      // An object that has woken counts from 1 again.
      const key = `${entry.id} ${entry.time}`;
      const id = this.#known.get(object)?.get(key) ?? ++this.#last;
      if (!known.has(object)) known.set(object, new Map());
      known.get(object)!.set(key, id);
      return { ...entry, id };
    });
    for (const [object, numbers] of known) this.#known.set(object, numbers);
    return numbered.sort((a, b) => a.id - b.id).slice(-MOST_CONNECTIONS);
  }
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

/** Object → result; throws an error of any object. */
function parts(answers: readonly ObjectAnswer[]): (readonly [object: number, result: Payload])[] {
  const results = resultsOf(answers);
  return answers.map(({ object }, index) => [object, results[index]!]);
}
