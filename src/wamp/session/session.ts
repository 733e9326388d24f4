/** A session: who is on the other side of a transport, and what it holds in the realm. */

import type { Subscription } from "../broker/subscriptions.ts";
import type { WaitingCall } from "../dealer/call-queue.ts";
import type { Invocation } from "../dealer/invocation.ts";
import type { Registration } from "../dealer/registrations.ts";
import type { Transport } from "../host/host.ts";
import type { ClientFeature, ClientFeatures } from "../protocol/features.ts";
import { hasFeature } from "../protocol/features.ts";
import type { Dict, Id } from "../protocol/message.ts";
import type { LifelineRecord } from "./resumable-transport.ts";
import { Lifeline } from "./resumable-transport.ts";

/** Who a session is, as WELCOME and the session meta API tell it. */
export interface Identity {
  readonly authid: string;
  readonly authrole: string;
  readonly authmethod: string;
  readonly authprovider: string;
  readonly authextra?: Dict;
}

/** `authmethod` of the router's own sessions. */
export const INTERNAL = "internal";

/** What a session begins with: at HELLO nothing has happened, a record also tells what had. */
export interface SessionOrigin {
  readonly id: Id;
  readonly identity: Identity;
  readonly features: ClientFeatures;
  /** The client's software, as HELLO named it. */
  readonly agent?: string | undefined;
  /** What the session meta API shows of the session beside its identity. */
  readonly addedDetails?: Dict | undefined;
  /** When the credentials expire, and the session with them; milliseconds since the epoch. */
  readonly expiresAt?: number | undefined;
  readonly resume?: LifelineRecord;
  readonly lastInvocation?: Id;
  readonly lastRequest?: Id;
  readonly abandoned?: readonly Id[];
  readonly endedInputs?: readonly Id[];
}

/** One established session. The maps are this session's share of the broker's and dealer's tables. */
export class Session {
  readonly id: Id;
  readonly transport: Transport;
  readonly identity: Identity;
  readonly features: ClientFeatures;
  readonly agent: string | undefined;
  expiresAt: number | undefined;
  /** The transport, where the session can outlive its connection (Session Resumption). */
  readonly lifeline: Lifeline | undefined;
  /** subscription id → subscription */
  readonly subscriptions = new Map<Id, Subscription>();
  /** registration id → registration */
  readonly registrations = new Map<Id, Registration>();
  /** CALL.Request → the call this session waits for */
  readonly calls = new Map<Id, Invocation>();
  /** INVOCATION.Request → the call this session works on */
  readonly invocations = new Map<Id, Invocation>();
  /** CALL.Request → the call of this session that no callee has time for yet, oldest first */
  readonly waitingCalls = new Map<Id, WaitingCall>();
  /** INVOCATION.Requests of progressive calls that are over without this session's knowledge (LEAVE-04). */
  readonly abandoned: Set<Id>;
  /** CALL.Requests of calls that are over while more of their input may be on its way (Progressive Call Invocations). */
  readonly endedInputs: Set<Id>;
  /** What was added to the session's details for the session meta API to show. */
  addedDetails: Dict | undefined;
  /** The last INVOCATION.Request given to this session; they count from 1 (Identifiers: session scope). */
  lastInvocation: Id;
  /** The last request id of the client's own sequence; kept where the realm checks it. */
  lastRequest: Id;

  /** Bytes of what it holds, as `RecordBudget` counts them. */
  recordBytes = 0;

  constructor(transport: Transport, origin: SessionOrigin) {
    this.id = origin.id;
    this.transport = transport;
    this.lifeline = transport instanceof Lifeline ? transport : undefined;
    this.identity = origin.identity;
    this.features = origin.features;
    this.agent = origin.agent;
    this.expiresAt = origin.expiresAt;
    this.addedDetails = origin.addedDetails;
    this.abandoned = new Set(origin.abandoned);
    this.endedInputs = new Set(origin.endedInputs);
    this.lastInvocation = origin.lastInvocation ?? 0;
    this.lastRequest = origin.lastRequest ?? 0;
  }

  /** An invocation is over, and this session was not told. */
  abandon(request: Id): void {
    remember(this.abandoned, request);
    this.transport.save();
  }

  /** A call is over, and its last chunk has not come. */
  endInput(request: Id): void {
    remember(this.endedInputs, request);
    this.transport.save();
  }

  /** Did the client announce this role or feature in HELLO? */
  has(feature: ClientFeature): boolean {
    return hasFeature(this.features, feature);
  }
}

/** Requests kept of peers that never finish what is over: far more than a client has in progress at once. */
const MAX_REMEMBERED = 1_000;

/** Adds a request; where there are too many the oldest is forgotten. */
function remember(requests: Set<Id>, request: Id): void {
  requests.add(request);
  if (requests.size <= MAX_REMEMBERED) return;
  for (const oldest of requests) {
    requests.delete(oldest);
    return;
  }
}
