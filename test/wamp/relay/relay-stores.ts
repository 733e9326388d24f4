/** The tables of relays and core, in memory. */

import type { Match, Pattern } from "../../../src/wamp/protocol/uri.ts";
import type { RoleVersionRow, RoleVersionStore } from "../../../src/wamp/relay/authentication/core-roles.ts";
import type { LogOutRow, LogOutStore } from "../../../src/wamp/relay/authentication/log-outs.ts";
import type { InterestRow, InterestStore } from "../../../src/wamp/relay/broker/interest-table.ts";
import type { NodeKeyRow, NodeKeyStore } from "../../../src/wamp/relay/broker/node-keys.ts";
import type { CoolingRow, CoolingStore } from "../../../src/wamp/relay/broker/relay-interest.ts";
import type { StoredCountRow, StoredCountStore } from "../../../src/wamp/relay/broker/stored-publications.ts";
import type { ToldStore } from "../../../src/wamp/relay/broker/told-topics.ts";
import type { DownLink, DownLinkStore } from "../../../src/wamp/relay/link/down-links.ts";
import { RelayIds } from "../../../src/wamp/relay/link/relay-ids.ts";
import type { RelaySessionsRow, RelaySessionsStore } from "../../../src/wamp/relay/meta/relay-sessions.ts";
import type { MovedRow, MovedStore } from "../../../src/wamp/relay/resume/core-moves-ports.ts";

/** The ids of the realm of these tests. */
export const IDS = new RelayIds(new Uint8Array(32).fill(7));

/** The subscription id of a pattern. */
export function idOf(match: Match, uri: string): number {
  return IDS.subscription(match, uri);
}

class Rows<T> {
  /** Rows that were put or deleted. */
  writes = 0;
  readonly #rows = new Map<string, T>();
  readonly #keyOf: (row: T) => string;

  constructor(keyOf: (row: T) => string) {
    this.#keyOf = keyOf;
  }

  all(): Iterable<T> {
    return [...this.#rows.values()];
  }

  put(row: T): void {
    this.writes++;
    this.#rows.set(this.#keyOf(row), row);
  }

  delete(row: T): void {
    if (this.#rows.delete(this.#keyOf(row))) this.writes++;
  }
}

export class InterestRows extends Rows<InterestRow> implements InterestStore {
  constructor() {
    super(({ relay, match, uri }) => `${relay} ${match} ${uri}`);
  }
}

export class DownLinkRows implements DownLinkStore {
  readonly #since = new Map<number, number>();

  all(): Iterable<DownLink> {
    return Array.from(this.#since, ([object, since]) => ({ object, since }));
  }

  put({ object, since }: DownLink): void {
    this.#since.set(object, since);
  }

  delete(object: number): void {
    this.#since.delete(object);
  }
}

export class ToldRows extends Rows<number> implements ToldStore {
  constructor() {
    super(String);
  }
}

export class RelaySessionsRows implements RelaySessionsStore {
  readonly #rows = new Map<number, RelaySessionsRow>();

  all(): Iterable<RelaySessionsRow> {
    return [...this.#rows.values()];
  }

  put(row: RelaySessionsRow): void {
    this.#rows.set(row.relay, row);
  }

  delete(relay: number): void {
    this.#rows.delete(relay);
  }
}

export class MovedRows implements MovedStore {
  readonly #relays = new Map<number, number>();

  all(): Iterable<MovedRow> {
    return Array.from(this.#relays, ([session, relay]) => ({ session, relay }));
  }

  put({ session, relay }: MovedRow): void {
    this.#relays.set(session, relay);
  }

  delete(session: number): void {
    this.#relays.delete(session);
  }
}

export class RoleVersionRows implements RoleVersionStore {
  readonly #versions = new Map<number, number>();

  all(): Iterable<RoleVersionRow> {
    return Array.from(this.#versions, ([object, version]) => ({ object, version }));
  }

  put({ object, version }: RoleVersionRow): void {
    this.#versions.set(object, version);
  }

  delete(object: number): void {
    this.#versions.delete(object);
  }
}

export class LogOutRows implements LogOutStore {
  readonly #rows = new Map<string, LogOutRow>();

  all(): Iterable<LogOutRow> {
    return [...this.#rows.values()];
  }

  put(row: LogOutRow): void {
    this.#rows.set(row.cookie, row);
  }

  delete(cookie: string): void {
    this.#rows.delete(cookie);
  }
}

export class CoolingRows implements CoolingStore {
  readonly #rows = new Map<string, CoolingRow>();

  all(): Iterable<CoolingRow> {
    return [...this.#rows.values()];
  }

  put(row: CoolingRow): void {
    this.#rows.set(`${row.match} ${row.uri}`, row);
  }

  delete({ match, uri }: Pattern): void {
    this.#rows.delete(`${match} ${uri}`);
  }
}

export class StoredCountRows implements StoredCountStore {
  readonly rows = new Map<number, StoredCountRow>();

  get(relay: number): StoredCountRow | undefined {
    return this.rows.get(relay);
  }

  put(row: StoredCountRow): void {
    this.rows.set(row.relay, row);
  }

  delete(relay: number): void {
    this.rows.delete(relay);
  }
}

export class NodeKeyRows implements NodeKeyStore {
  readonly #rows = new Map<string, NodeKeyRow>();

  all(): Iterable<NodeKeyRow> {
    return [...this.#rows.values()];
  }

  put(row: NodeKeyRow): void {
    this.#rows.set(`${row.relay} ${row.match} ${row.uri}`, row);
  }

  delete({ relay, match, uri }: Omit<NodeKeyRow, "keys">): void {
    this.#rows.delete(`${relay} ${match} ${uri}`);
  }
}
