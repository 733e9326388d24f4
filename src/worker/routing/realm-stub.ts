/** Finds the object of a realm, in its location and jurisdiction. */

import type { WorkerRealmConfig } from "../config/realm-config.ts";
import type { Env } from "../platform/env.ts";
import { namespaceIn } from "../platform/jurisdiction.ts";
import { type RealmRpc, readRpcOutcome } from "./realm-rpc.ts";

/** The object of a realm, as the Worker reaches it. */
export interface RealmStub extends RealmRpc, Pick<Fetcher, "fetch"> {
  /** Issues a ticket for a WebSocket with a session of that role (server-sent events). */
  watcherTicket(role: string): Promise<string>;
  /** Saves the realm and closes its sockets, before the process ends. */
  stop(): Promise<void>;
}

/** The object of the realm `name`; a location counts only when the object is created, a jurisdiction always. */
export function realmObject(env: Env, name: string, config: WorkerRealmConfig): RealmStub {
  const { location, jurisdiction } = config;
  const options = location === undefined ? undefined : { locationHint: location };
  // The platform's types for RPC do not know the values that messages carry; all of them are plain values.
  return namespaceIn(env.REALM, jurisdiction).getByName(name, options) as unknown as RealmStub;
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
