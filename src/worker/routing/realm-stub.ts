/** Finds the object of a realm, in its location and jurisdiction. */

import type { BatchAnswer } from "../../wamp/relay/link/batch.ts";
import type { CarriedBatch } from "../../wamp/relay/link/batch-codec.ts";
import type { WorkerRealmConfig } from "../config/realm-config.ts";
import type { Env } from "../platform/env.ts";
import { namespaceIn } from "../platform/jurisdiction.ts";
import { type RealmRpc, readRpcOutcome } from "./realm-rpc.ts";
import { type RelayPlace, relayName } from "./relay-names.ts";

/** The object of a realm, as the Worker reaches it. */
export interface RealmStub extends RealmRpc, Pick<Fetcher, "fetch"> {
  /** Issues a ticket for a WebSocket with a session of that role (server-sent events). */
  watcherTicket(role: string): Promise<string>;
  /** Takes a batch of another object of the realm, by its number; returns the answer to it. */
  takeBatch(from: number, batch: CarriedBatch): Promise<BatchAnswer>;
  /** Returns the secret from which all objects of the realm make ids; only the core has it to give. */
  idsSecret(): Promise<Uint8Array>;
  /** Saves the realm and closes its sockets, before the process ends. */
  stop(): Promise<void>;
}

/** The object of the realm `name`, its core if it has relays; a location counts only when the object is created, a jurisdiction always. */
export function realmObject(env: Env, name: string, config: WorkerRealmConfig): RealmStub {
  const { location, jurisdiction } = config;
  const options = location === undefined ? undefined : { locationHint: location };
  // The platform's types for RPC do not know the values that messages carry; all of them are plain values.
  return namespaceIn(env.REALM, jurisdiction).getByName(name, options) as unknown as RealmStub;
}

/** The object of a relay of the realm `name`, which is created near its region, in the realm's jurisdiction. */
export function relayObject(env: Env, name: string, config: WorkerRealmConfig, relay: RelayPlace): RealmStub {
  const options = { locationHint: relay.region };
  return namespaceIn(env.REALM, config.jurisdiction).getByName(relayName(name, relay), options) as unknown as RealmStub;
}

/** The RPC interface of the realm `name`, whose outcomes are read with their defaults. */
export function realmRpc(env: Env, name: string, config: WorkerRealmConfig): RealmRpc {
  const realm = realmObject(env, name, config);
  return {
    call: async (...request) => readRpcOutcome(await realm.call(...request)),
    publish: async (...request) => readRpcOutcome(await realm.publish(...request)),
    cancel: (id) => realm.cancel(id),
  };
}
