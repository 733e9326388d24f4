/** The node keys of one pattern over all objects of a realm, so that a sharded event has one owner (Sharded Subscription). */

import type { Subscription, Subscriptions } from "../../broker/subscriptions.ts";
import type { Match, Pattern } from "../../protocol/uri.ts";
import type { Uri } from "../../protocol/values.ts";
import { CORE } from "../link/relay-ids.ts";

/** The node keys of the subscribers of a pattern; `keys` is not empty. */
export interface NodeKeyRow extends Pattern {
  /** At the core: the object that has them, which may be the core itself. At a relay: `CORE`, for those of all others. */
  readonly relay: number;
  readonly keys: readonly string[];
}

/** One row for each object and pattern; written when the keys change. */
export interface NodeKeyStore {
  all(): Iterable<NodeKeyRow>;
  put(row: NodeKeyRow): void;
  /** Removes the row, if present. */
  delete(row: Omit<NodeKeyRow, "keys">): void;
}

/** The keys of each object, by pattern. */
class KeyTable {
  readonly #store: NodeKeyStore;
  readonly #byPattern: Record<Match, Map<Uri, Map<number, readonly string[]>>> = {
    exact: new Map(),
    prefix: new Map(),
    wildcard: new Map(),
  };

  constructor(store: NodeKeyStore) {
    this.#store = store;
    for (const { relay, match, uri, keys } of store.all()) this.#objects(match, uri).set(relay, keys);
  }

  /** Object → its keys. */
  get({ match, uri }: Pattern): ReadonlyMap<number, readonly string[]> {
    return this.#byPattern[match].get(uri) ?? NO_OBJECTS;
  }

  /** Replaces the keys of an object; returns false if they are the same. */
  set(relay: number, { match, uri }: Pattern, keys: readonly string[]): boolean {
    if (textOf(this.get({ match, uri }).get(relay) ?? []) === textOf(keys)) return false;
    const objects = this.#objects(match, uri);
    if (keys.length > 0) {
      objects.set(relay, keys);
      this.#store.put({ relay, match, uri, keys });
    } else {
      objects.delete(relay);
      this.#store.delete({ relay, match, uri });
      if (objects.size === 0) this.#byPattern[match].delete(uri);
    }
    return true;
  }

  /** The patterns of which an object has keys. */
  patternsOf(relay: number): Pattern[] {
    return Object.entries(this.#byPattern).flatMap(([match, byUri]) => {
      const uris = [...byUri].filter(([, objects]) => objects.has(relay));
      return uris.map(([uri]) => ({ match: match as Match, uri }));
    });
  }

  #objects(match: Match, uri: Uri): Map<number, readonly string[]> {
    const known = this.#byPattern[match].get(uri);
    if (known !== undefined) return known;
    const objects = new Map<number, readonly string[]>();
    this.#byPattern[match].set(uri, objects);
    return objects;
  }
}

const NO_OBJECTS: ReadonlyMap<number, readonly string[]> = new Map();

/** What a relay or the core does with keys. */
export interface NodeKeyPorts {
  readonly store: NodeKeyStore;
  subscriptions(): Subscriptions;
  /** Queues a message with the keys of a pattern: those of this relay for the core, or those of all others for a relay. */
  send(relay: number, pattern: Pattern, keys: readonly string[]): void;
}

/** Tells the core the keys of a relay's sessions, and keeps those of other objects, which the core tells. */
export class RelayNodeKeys {
  readonly #ports: NodeKeyPorts;
  readonly #elsewhere: KeyTable;
  /** Subscription → the keys that the core has been told, as `textOf` writes them. */
  readonly #told = new Map<Subscription, string>();

  constructor(ports: NodeKeyPorts) {
    this.#ports = ports;
    this.#elsewhere = new KeyTable(ports.store);
  }

  /** Takes note of the keys of woken sessions, which the core knows. */
  wake(): void {
    for (const subscription of this.#ports.subscriptions().values()) {
      if (subscription.nodeKeys === undefined) continue;
      this.#told.set(subscription, textOf(keysOf(subscription)));
      this.#apply(subscription);
    }
  }

  /** Tells the core all keys: the core has dropped them with the epoch before, or may have missed them. */
  begin(): void {
    this.#told.clear();
    // Those of subscriptions that were lost with their sessions.
    for (const pattern of this.#elsewhere.patternsOf(CORE)) {
      const { match, uri } = pattern;
      if (this.#ports.subscriptions().get(match, uri)?.nodeKeys === undefined) this.#elsewhere.set(CORE, pattern, []);
    }
    for (const subscription of this.#ports.subscriptions().values()) this.changed(subscription);
  }

  /** Tells the core if a subscription has other keys than before. */
  changed(subscription: Subscription): void {
    if (subscription.nodeKeys === undefined) return;
    const keys = keysOf(subscription);
    if ((this.#told.get(subscription) ?? textOf([])) === textOf(keys)) return;
    const pattern = patternOf(subscription);
    if (keys.length > 0) this.#told.set(subscription, textOf(keys));
    else {
      this.#told.delete(subscription);
      this.#elsewhere.set(CORE, pattern, []);
    }
    this.#apply(subscription);
    this.#ports.send(CORE, pattern, keys);
  }

  /** Takes the keys elsewhere; without a subscriber that has one they are of no use. */
  receive(pattern: Pattern, keys: readonly string[]): void {
    const subscription = this.#ports.subscriptions().get(pattern.match, pattern.uri);
    const hasKeys = subscription !== undefined && keysOf(subscription).length > 0;
    this.#elsewhere.set(CORE, pattern, hasKeys ? keys : []);
    if (subscription !== undefined) this.#apply(subscription);
  }

  #apply(subscription: Subscription): void {
    applyTo(subscription, this.#elsewhere.get(patternOf(subscription)).get(CORE) ?? []);
  }
}

/** The keys of all objects: each object that has some is told those of the others. */
export class CoreNodeKeys {
  readonly #ports: NodeKeyPorts;
  readonly #keys: KeyTable;

  constructor(ports: NodeKeyPorts) {
    this.#ports = ports;
    this.#keys = new KeyTable(ports.store);
  }

  /** Takes note of the keys of the core's own sessions, which may have ended with the core. */
  wake(): void {
    const known = this.#keys.patternsOf(CORE);
    const subscriptions = this.#ports.subscriptions();
    const present = [...subscriptions.values()].filter(({ nodeKeys }) => nodeKeys !== undefined);
    for (const subscription of present) {
      this.changed(subscription);
      this.#push(patternOf(subscription), CORE);
    }
    for (const pattern of known) {
      if (subscriptions.get(pattern.match, pattern.uri)?.nodeKeys === undefined) this.set(CORE, pattern, []);
    }
  }

  /** A subscription of the core's own sessions may have other keys than before. */
  changed(subscription: Subscription): void {
    if (subscription.nodeKeys !== undefined) this.set(CORE, patternOf(subscription), keysOf(subscription));
  }

  /** Replaces the keys of an object, and tells the others; one that repeats its keys is told theirs again. */
  set(object: number, pattern: Pattern, keys: readonly string[]): void {
    if (!this.#keys.set(object, pattern, keys)) {
      if (keys.length > 0) this.#push(pattern, object);
      return;
    }
    for (const other of this.#keys.get(pattern).keys()) this.#push(pattern, other);
  }

  /** Forgets the keys of a relay that has lost its sessions. */
  drop(relay: number): void {
    for (const pattern of this.#keys.patternsOf(relay)) this.set(relay, pattern, []);
  }

  #push(pattern: Pattern, to: number): void {
    const others = [...this.#keys.get(pattern)].filter(([object]) => object !== to).flatMap(([, keys]) => keys);
    const keys = [...new Set(others)].sort();
    if (to !== CORE) return this.#ports.send(to, pattern, keys);
    const own = this.#ports.subscriptions().get(pattern.match, pattern.uri);
    if (own !== undefined) applyTo(own, keys);
  }
}

function applyTo({ nodeKeys }: Subscription, keys: readonly string[]): void {
  if (nodeKeys !== undefined) nodeKeys.elsewhere = new Set(keys);
}

function patternOf({ match, topic }: Subscription): Pattern {
  return { match, uri: topic };
}

/** The keys of the subscribers, in one order. */
function keysOf({ nodeKeys }: Subscription): string[] {
  return [...new Set(nodeKeys?.values())].sort();
}

/** Any text may be a key. */
function textOf(keys: readonly string[]): string {
  return JSON.stringify(keys);
}
