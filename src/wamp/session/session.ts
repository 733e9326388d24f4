/** A session: the identity and features of the client behind a transport. */

import type { Transport } from "../host/transport.ts";
import type { ClientFeature, ClientFeatures } from "../protocol/features.ts";
import { FEATURE_BIT } from "../protocol/features.ts";
import type { Dict, Id } from "../protocol/values.ts";
import { PendingRequests } from "./pending-requests.ts";
import type { ResumeRecord } from "./resumable-transport.ts";
import { ResumableTransport } from "./resumable-transport.ts";

/** The identity of a session, as in WELCOME and the session meta API. */
export interface Identity {
  readonly authid: string;
  readonly authrole: string;
  readonly authmethod: string;
  readonly authprovider: string;
  readonly authextra?: Dict;
}

/** `authmethod` of sessions of the router itself. */
export const INTERNAL = "internal";

/** What a session is made of: after HELLO, or from a stored record, which also has the counters. */
export interface SessionOrigin {
  readonly id: Id;
  readonly identity: Identity;
  readonly features: ClientFeatures;
  /** The client's software, as HELLO named it. */
  readonly agent?: string | undefined;
  /** What the session meta API shows of the session beside its identity. */
  readonly addedDetails?: Dict | undefined;
  /** When the credentials expire, and the session ends; milliseconds since the epoch. */
  readonly expiresAt?: number | undefined;
  readonly resume?: ResumeRecord;
  /** See `Session.lastInvocation`. */
  readonly lastInvocation?: Id;
  /** See `Session.lastRequest`. */
  readonly lastRequest?: Id;
}

/**
 * An established session. Its subscriptions, registrations and calls are in tables of broker and dealer
 * (`SessionTable`).
 */
export class Session {
  readonly id: Id;
  readonly transport: Transport;
  readonly identity: Identity;
  readonly features: ClientFeatures;
  readonly agent: string | undefined;
  /** Milliseconds since the epoch. */
  expiresAt: number | undefined;
  /** The transport, if the session can outlive its connection (docs/session-resume.md). */
  readonly resumable: ResumableTransport | undefined;
  /** Details that clients added for the session meta API (`wamp.session.modify_details`). */
  addedDetails: Dict | undefined;
  /** The last INVOCATION.Request sent to this session; they count from 1 (Identifiers: session scope). */
  lastInvocation: Id;
  /** The client's last request id; counted only if the realm checks the sequence. */
  lastRequest: Id;

  /**
   * When the session began, or its client resumed it: milliseconds since the realm woke, which are a small integer; -1 if
   * that was before.
   */
  joinedAt = -1;
  /** Messages of the client since the realm woke. */
  messagesReceived = 0;
  /** Bytes that `RecordBudget` counts for the session. */
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

  /** Is it a session of the router itself, or of a single request without a connection (HTTP bridge)? */
  get isLocal(): boolean {
    return this.transport instanceof PendingRequests;
  }

  /** Did the client announce this role or feature in HELLO? */
  has(feature: ClientFeature): boolean {
    return (this.features & FEATURE_BIT.get(feature)!) !== 0;
  }
}
