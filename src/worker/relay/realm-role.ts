/** What an object does for a realm over many objects, beside what it does for a realm that has one. */

import type { Host, LinkTraffic } from "../../wamp/host/host.ts";
import type { Realm } from "../../wamp/realm/realm.ts";
import type { BatchAnswer } from "../../wamp/relay/link/batch.ts";
import type { CarriedBatch } from "../../wamp/relay/link/batch-codec.ts";
import type { WorkerRealmConfig } from "../config/realm-config.ts";
import type { Env } from "../platform/env.ts";
import type { RelayPlace } from "../routing/relay-names.ts";
import type { RealmSecret } from "../storage/realm-secret.ts";
import type { Tables } from "../storage/tables.ts";
import type { IdsSecret } from "./ids-secret.ts";

/** An object's part in its realm; the object of a realm without relays has none. */
export interface RealmRole {
  readonly realm: Realm;
  /** The sessions of `realm` have been restored. */
  wake(): void;
  /** The secret that signs the tracking cookies of the realm. */
  cookieSecret(): Uint8Array<ArrayBuffer>;
  /** Says whether the realm has an identity under the id of a tracking cookie; absent where this object knows. */
  isCookieKnown?(id: string): Promise<boolean>;
  /** An event has ended: has what is queued for other objects sent with the frames for clients. */
  endTurn(): void;
  /** The part of what may wait for other objects that waits: above 1 messages are refused. */
  readonly load: number;
  /** Does what is due at `now`, milliseconds since the epoch; in place of `Realm.tick`. */
  tick(now: number): void;
  /** When `tick` is due, even if the object sleeps until then; milliseconds since the epoch. */
  nextStoredDeadline(): number | undefined;
  /** When `tick` is due, if the object is still awake; milliseconds since the epoch. */
  nextAwakeDeadline(): number | undefined;
  /** Says whether the object may sleep; otherwise what is in memory only would be lost. It lasts some seconds at most. */
  readonly isIdle: boolean;
  /** Says whether `tick` must be called again, or the object may not sleep yet. */
  readonly hasDeadline: boolean;
  /** Saves what must outlast sleep; in place of `Realm.flush`. */
  save(): void;
  /** The batches since the object woke, those that are sent again included. */
  readonly traffic: LinkTraffic;
  /** Processes a batch of another object of the realm, by its number; the answer goes back to it. */
  takeBatch(from: number, batch: CarriedBatch): BatchAnswer;
}

/** Sends the queued batches between two turns; returns the number of messages. */
export interface LinkSender {
  flush(): number;
}

/** The object, as its role uses it. */
export interface RoleContext {
  readonly env: Env;
  /** The name of the realm. */
  readonly name: string;
  readonly config: WorkerRealmConfig;
  readonly sql: SqlStorage;
  readonly tables: Tables;
  /** The place of a relay; undefined for the core and for the object of a realm without relays. */
  readonly relay: RelayPlace | undefined;
  /** Says whether sockets have outlasted the object's sleep. */
  readonly hasSockets: boolean;
  /** The secret of a relay's ids. */
  readonly idsSecret: IdsSecret;
}

/** What the runtime does for the role. */
export interface RolePorts {
  readonly host: Host;
  /** The secret of the object. */
  readonly secret: RealmSecret;
  /** Has `sender.flush` called once, between two turns. */
  queued(sender: LinkSender): void;
  /** Ends an event that began with an answer of another object. */
  flushOutput(): void;
}
