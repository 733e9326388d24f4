/** Watchers: clients of the router's own making, which join without a handshake to subscribe and nothing else. */

import type { Transport } from "../host/transport.ts";
import { clientFeatures } from "../protocol/features.ts";
import type { Realm } from "../realm/realm.ts";
import type { Peer } from "../session/peer.ts";
import type { Identity } from "../session/session.ts";

/** A watcher subscribes, and asks what it has missed. */
const FEATURES = clientFeatures({ subscriber: {}, caller: {} });

/** Opens a session for a transport whose client the router vouches for; one too many is told so and closed. */
export function watch(realm: Realm, transport: Transport, identity: Identity): Peer {
  const peer = realm.sessions.connect(transport);
  realm.sessions.open(peer, { id: realm.sessions.newSessionId(), identity, features: FEATURES }, undefined);
  return peer;
}
