/** Bounds lists of ids: pages them, or refuses a list that is too long. */

import { WampError, WampUri } from "../protocol/errors.ts";
import { isId, MAX_ID } from "../protocol/id.ts";
import type { Payload } from "../protocol/payload.ts";
import type { Match } from "../protocol/uri.ts";
import type { Id } from "../protocol/values.ts";
import { optionalKeyword } from "./arguments.ts";

/**
 * Ids in one list. The specification has whole lists only, and the router sends them up to this length: 10,000 ids are
 * 170 kB of JSON. A longer list would cost every other session of the realm time, so the call fails rather than return
 * a part.
 */
const MAX_LISTED = 10_000;

/**
 * Returns all items, in any order; throws limit_exceeded beyond `MAX_LISTED`. With the keyword arguments `limit` (1 to
 * `MAX_LISTED`) or `after` (an id) it returns a page instead: the items of the lowest ids above `after`, ascending, at
 * most `limit` of them. The last id of a page is the `after` of the next one; a page with fewer than `limit` items is
 * the last. An item that exists during all the calls is on one page, whichever items are added and removed between
 * them.
 */
export function paginate<T extends { readonly id: Id }>(items: Iterable<T>, payload: Payload): T[] {
  const limit = optionalKeyword(payload, "limit", isLimit);
  const after = optionalKeyword(payload, "after", isId);
  return limit === undefined && after === undefined ? listAll(items) : listPage(items, limit ?? MAX_LISTED, after ?? 0);
}

/** Groups the ids of registrations or subscriptions by match policy, as their `list` procedures answer. */
export function idsByMatch(items: readonly { readonly id: Id; readonly match: Match }[]): Record<Match, Id[]> {
  const ids: Record<Match, Id[]> = { exact: [], prefix: [], wildcard: [] };
  for (const { id, match } of items) ids[match].push(id);
  return ids;
}

function listAll<T>(items: Iterable<T>): T[] {
  const list: T[] = [];
  for (const item of items) {
    if (list.length === MAX_LISTED) {
      throw new WampError(WampUri.LIMIT_EXCEEDED, `more than ${MAX_LISTED} ids: page with the kwargs limit and after`);
    }
    list.push(item);
  }
  return list;
}

function listPage<T extends { readonly id: Id }>(items: Iterable<T>, limit: number, after: Id): T[] {
  const list: T[] = [];
  for (const item of items) if (item.id > after) list.push(item);
  // Numbers sort many times faster than objects, and most of the list is not on the page.
  const last = Float64Array.from(list, ({ id }) => id).sort()[limit - 1] ?? MAX_ID;
  return list.filter(({ id }) => id <= last).sort((a, b) => a.id - b.id);
}

function isLimit(value: unknown): value is number {
  return isId(value) && value <= MAX_LISTED;
}
