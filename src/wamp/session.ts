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

/** What a session begins with: at HELLO nothing has happened, a record also tells what had. */
export interface SessionOrigin {
  readonly id: Id;
  readonly identity: Identity;
  readonly features: ClientFeatures;
  /** The client's software, as HELLO named it. */
  readonly agent?: string | undefined;
  /** What the session meta API shows of the session beside its identity. */
  readonly addedDetails?: Dict | undefined;
  readonly lastInvocation?: Id;
  readonly lastRequest?: Id;
  readonly abandoned?: readonly Id[];
}

/** One established session. The maps are this session's share of the broker's and dealer's tables. */
export class Session {
  readonly id: Id;
  readonly transport: Transport;
  readonly identity: Identity;
  readonly features: ClientFeatures;
  readonly agent: string | undefined;
  /** subscription id → subscription */
  readonly subscriptions = new Map<Id, Subscription>();
  /** registration id → registration */
  readonly registrations = new Map<Id, Registration>();
  /** CALL.Request → the call this session waits for */
  readonly calls = new Map<Id, Invocation>();
  /** INVOCATION.Request → the call this session works on */
  readonly invocations = new Map<Id, Invocation>();
  /** INVOCATION.Requests of progressive calls whose caller left and that this session has not answered since. */
  readonly abandoned: Set<Id>;
  /** What was added to the session's details for the session meta API to show. */
  addedDetails: Dict | undefined;
  /** The last INVOCATION.Request given to this session; they count from 1 (Identifiers: session scope). */
  lastInvocation: Id;
  /** The last request id of the client's own sequence; kept where the realm checks it. */
  lastRequest: Id;

  constructor(transport: Transport, origin: SessionOrigin) {
    this.id = origin.id;
    this.transport = transport;
    this.identity = origin.identity;
    this.features = origin.features;
    this.agent = origin.agent;
    this.addedDetails = origin.addedDetails;
    this.abandoned = new Set(origin.abandoned);
    this.lastInvocation = origin.lastInvocation ?? 0;
    this.lastRequest = origin.lastRequest ?? 0;
  }

  /** Did the client announce this role or feature in HELLO? */
  has(feature: ClientFeature): boolean {
    return hasFeature(this.features, feature);
  }
}
