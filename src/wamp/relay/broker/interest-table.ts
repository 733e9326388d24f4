/** The core's table of which relays have a subscriber of which topic or pattern. */

import { PatternMap } from "../../matching/pattern-map.ts";
import { WampError, WampUri } from "../../protocol/errors.ts";
import type { Match, Pattern } from "../../protocol/uri.ts";
import type { Id, Uri } from "../../protocol/values.ts";

/** A topic or pattern of which a relay has a subscriber. */
export interface InterestRow extends Pattern {
  /** The number of the relay. */
  readonly relay: number;
}

/** One row for each relay and topic or pattern; it is written before the relay gets its confirmation. */
export interface InterestStore {
  all(): Iterable<InterestRow>;
  put(row: InterestRow): void;
  /** Removes the row, if present. */
  delete(row: InterestRow): void;
}

/** A topic or pattern, and the relays that have a subscriber of it. */
interface Interest extends Pattern {
  readonly id: Id;
  readonly relays: Set<number>;
}

/** An index of the rows, in memory; it is rebuilt from them when the core wakes. */
export class InterestTable {
  readonly #store: InterestStore;
  readonly #idOf: (match: Match, uri: Uri) => Id;
  readonly #byPattern = new PatternMap<Interest>();
  /** subscription id → interest */
  readonly #byId = new Map<Id, Interest>();

  /** `idOf` is `RelayIds.subscription`. */
  constructor(store: InterestStore, idOf: (match: Match, uri: Uri) => Id) {
    this.#store = store;
    this.#idOf = idOf;
    for (const { relay, match, uri } of store.all()) this.#entry(match, uri).relays.add(relay);
  }

  /** Topics and patterns of all relays. */
  get size(): number {
    return this.#byId.size;
  }

  /** The topics and patterns of all relays. */
  patterns(): Iterable<Pattern> {
    return this.#byId.values();
  }

  /** The topic or pattern of a subscription of relays. */
  patternOf(subscriptionId: Id): Pattern | undefined {
    return this.#byId.get(subscriptionId);
  }

  /** Has the relay a subscriber of exactly this topic or pattern? */
  has(relay: number, match: Match, uri: Uri): boolean {
    return this.#byPattern.get(match, uri)?.relays.has(relay) === true;
  }

  /**
   * Adds the interest of a relay, unless it has it. Throws unavailable where another topic or pattern has the same
   * subscription id: its events could not be told apart.
   */
  add(relay: number, match: Match, uri: Uri): void {
    const { relays } = this.#entry(match, uri);
    if (relays.has(relay)) return;
    relays.add(relay);
    this.#store.put({ relay, match, uri });
  }

  /** Removes the interest of a relay; false if it has none. */
  delete(relay: number, match: Match, uri: Uri): boolean {
    const interest = this.#byPattern.get(match, uri);
    if (interest?.relays.delete(relay) !== true) return false;
    this.#store.delete({ relay, match, uri });
    if (interest.relays.size > 0) return true;
    this.#byPattern.delete(match, uri);
    this.#byId.delete(interest.id);
    return true;
  }

  /** The topics and patterns of which a relay has a subscriber. */
  of(relay: number): readonly Pattern[] {
    const held = [...this.#byId.values()].filter(({ relays }) => relays.has(relay));
    return held.map(({ match, uri }) => ({ match, uri }));
  }

  /** Removes all interests of a relay whose sessions are gone, and returns them. */
  drop(relay: number): readonly Pattern[] {
    const dropped = this.of(relay);
    for (const { match, uri } of dropped) this.delete(relay, match, uri);
    return dropped;
  }

  /** The relays, except one, that have a subscriber who may get an event on the topic. */
  relaysFor(topic: Uri, except: number): ReadonlySet<number> {
    let found: Set<number> | undefined;
    this.#byPattern.forEachMatch(topic, ({ relays }) => {
      for (const relay of relays) {
        if (relay === except) continue;
        found ??= new Set();
        found.add(relay);
      }
    });
    return found ?? NO_RELAYS;
  }

  /** The relays that have a subscriber of exactly this topic or pattern. */
  relaysOf(match: Match, uri: Uri): ReadonlySet<number> {
    return this.#byPattern.get(match, uri)?.relays ?? NO_RELAYS;
  }

  /** The relays that have a subscriber of a subscription. */
  relaysById(subscriptionId: Id): ReadonlySet<number> {
    return this.#byId.get(subscriptionId)?.relays ?? NO_RELAYS;
  }

  #entry(match: Match, uri: Uri): Interest {
    const known = this.#byPattern.get(match, uri);
    if (known !== undefined) return known;
    const interest: Interest = { match, uri, id: this.#idOf(match, uri), relays: new Set() };
    if (this.#byId.has(interest.id)) {
      throw new WampError(WampUri.UNAVAILABLE, `another subscription has the id of ${uri}`);
    }
    this.#byPattern.set(match, uri, interest);
    this.#byId.set(interest.id, interest);
    return interest;
  }
}

const NO_RELAYS: ReadonlySet<number> = new Set<number>();
