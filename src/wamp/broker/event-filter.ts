/** Restricts the receivers of an event (Subscriber Black- and Whitelisting). */

import type { Dict, Id } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";

/** The PUBLISH options that restrict receivers, read once. An empty `eligible` list excludes every session. */
export class EventFilter {
  readonly #excluded: ReadonlySet<Id> | undefined;
  readonly #excludedAuthids: ReadonlySet<string> | undefined;
  readonly #excludedAuthroles: ReadonlySet<string> | undefined;
  readonly #eligible: ReadonlySet<Id> | undefined;
  readonly #eligibleAuthids: ReadonlySet<string> | undefined;
  readonly #eligibleAuthroles: ReadonlySet<string> | undefined;

  private constructor(options: Dict) {
    this.#excluded = setOf<Id>(options.exclude);
    this.#excludedAuthids = setOf<string>(options.exclude_authid);
    this.#excludedAuthroles = setOf<string>(options.exclude_authrole);
    this.#eligible = setOf<Id>(options.eligible);
    this.#eligibleAuthids = setOf<string>(options.eligible_authid);
    this.#eligibleAuthroles = setOf<string>(options.eligible_authrole);
  }

  /** The filter of these options; undefined if they have no list, so that all subscribers are receivers. */
  static of(options: Dict): EventFilter | undefined {
    for (const list of FILTER_LISTS) if (Array.isArray(options[list])) return new EventFilter(options);
    return undefined;
  }

  /** May the session receive the event? */
  admits(session: Session): boolean {
    return this.exclusionOf(session) === undefined;
  }

  /** The option for which the session does not receive the event, if one excludes it. Exclusion wins over eligibility. */
  exclusionOf({ id, identity }: Session): (typeof FILTER_LISTS)[number] | undefined {
    if (this.#excluded?.has(id)) return "exclude";
    if (this.#excludedAuthids?.has(identity.authid)) return "exclude_authid";
    if (this.#excludedAuthroles?.has(identity.authrole)) return "exclude_authrole";
    if (this.#eligible?.has(id) === false) return "eligible";
    if (this.#eligibleAuthids?.has(identity.authid) === false) return "eligible_authid";
    return this.#eligibleAuthroles?.has(identity.authrole) === false ? "eligible_authrole" : undefined;
  }
}

/** The options of PUBLISH that list sessions, authids or authroles. */
export const FILTER_LISTS = [
  "exclude",
  "exclude_authid",
  "exclude_authrole",
  "eligible",
  "eligible_authid",
  "eligible_authrole",
] as const;

/** The part of `options` that `EventFilter.of` reads, to be kept with an event; undefined if there is none. */
export function listsOf(options: Dict): Dict | undefined {
  let lists: Record<string, unknown> | undefined;
  for (const list of FILTER_LISTS) {
    if (!Array.isArray(options[list])) continue;
    lists ??= {};
    lists[list] = options[list];
  }
  return lists;
}

function setOf<T>(list: unknown): ReadonlySet<T> | undefined {
  // The parser has checked the elements of every list option.
  return Array.isArray(list) ? new Set(list as T[]) : undefined;
}
