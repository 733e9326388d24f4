/** A session: who is on the other side of a transport, and what it holds in the realm. */

import type { Transport } from "../host/transport.ts";
import type { ClientFeature, ClientFeatures } from "../protocol/features.ts";
import { hasFeature } from "../protocol/features.ts";
import type { Dict, Id } from "../protocol/values.ts";
import { PendingRequests } from "./pending-requests.ts";
import type { ResumeRecord } from "./resumable-transport.ts";
import { ResumableTransport } from "./resumable-transport.ts";

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
  readonly resume?: ResumeRecord;
  readonly lastInvocation?: Id;
  readonly lastRequest?: Id;
}

/** One established session. Broker and dealer keep what it holds in tables of their own (`SessionTable`). */
export class Session {
  readonly id: Id;
  readonly transport: Transport;
  readonly identity: Identity;
  readonly features: ClientFeatures;
  readonly agent: string | undefined;
  expiresAt: number | undefined;
  /** The transport, where the session can outlive its connection (Session Resumption). */
  readonly resumable: ResumableTransport | undefined;
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
    this.resumable = transport instanceof ResumableTransport ? transport : undefined;
    this.identity = origin.identity;
    this.features = origin.features;
    this.agent = origin.agent;
    this.expiresAt = origin.expiresAt;
    this.addedDetails = origin.addedDetails;
    this.lastInvocation = origin.lastInvocation ?? 0;
    this.lastRequest = origin.lastRequest ?? 0;
  }

  /** Is it a session of the router's own, or of a request without a connection (HTTP bridge)? */
  get isLocal(): boolean {
    return this.identity.authmethod === INTERNAL || this.transport instanceof PendingRequests;
  }

  /** Did the client announce this role or feature in HELLO? */
  has(feature: ClientFeature): boolean {
    return hasFeature(this.features, feature);
  }
}
