/** A session: who is on the other side of a transport, and what it holds in the realm. */

import type { ClientFeature, ClientFeatures } from "./features.ts";
import { hasFeature } from "./features.ts";
import type { Transport } from "./host.ts";
import type { Invocation } from "./invocation.ts";
import type { Dict, Id } from "./message.ts";
import type { Registration } from "./registration.ts";
import type { Subscription } from "./subscription.ts";

/** Who a session is, as WELCOME and the session meta API tell it. */
export interface Identity {
  readonly authid: string;
  readonly authrole: string;
  readonly authmethod: string;
  readonly authprovider: string;
  readonly authextra?: Dict;
}

/** One established session. The maps are this session's share of the broker's and dealer's tables. */
export class Session {
  readonly id: Id;
  readonly transport: Transport;
  readonly identity: Identity;
  readonly features: ClientFeatures;
  /** subscription id → subscription */
  readonly subscriptions = new Map<Id, Subscription>();
  /** registration id → registration */
  readonly registrations = new Map<Id, Registration>();
  /** CALL.Request → the call this session waits for */
  readonly calls = new Map<Id, Invocation>();
  /** INVOCATION.Request → the call this session works on */
  readonly invocations = new Map<Id, Invocation>();
  /** The last INVOCATION.Request given to this session; they count from 1 (Identifiers: session scope). */
  lastInvocation: Id;
  /** The last request id of the client's own sequence; kept where the realm checks it. */
  lastRequest: Id;

  constructor(
    id: Id,
    transport: Transport,
    identity: Identity,
    features: ClientFeatures,
    lastInvocation: Id = 0,
    lastRequest: Id = 0,
  ) {
    this.id = id;
    this.transport = transport;
    this.identity = identity;
    this.features = features;
    this.lastInvocation = lastInvocation;
    this.lastRequest = lastRequest;
  }

  /** Did the client announce this role or feature in HELLO? */
  has(feature: ClientFeature): boolean {
    return hasFeature(this.features, feature);
  }
}
