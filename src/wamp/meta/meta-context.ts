/** The parts of a realm that meta procedures use. */

import type { LoginPlan } from "../authentication/method.ts";
import type { AccessControl } from "../authorization/access-control.ts";
import type { Broker } from "../broker/broker.ts";
import type { Subscription } from "../broker/subscriptions.ts";
import type { Limits } from "../config/limits.ts";
import type { Dealer } from "../dealer/dealer.ts";
import type { TransportInfo } from "../host/transport.ts";
import type { Monitor } from "../monitoring/monitor.ts";
import type { Tap } from "../monitoring/tap.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { ClientChecks } from "../session/client-checks.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import type { Session } from "../session/session.ts";
import type { Testaments } from "../session/testaments.ts";

/** Implemented by the realm. It has fields only: where a realm has many objects, a spread copy has other sessions. */
export interface MetaContext {
  /** Says whether the realm has meta procedures (`enable_meta_api`). */
  readonly hasMetaApi: boolean;
  readonly name: Uri;
  readonly limits: Limits;
  readonly sessions: MetaSessions;
  /** Session id → session */
  readonly sessionById: Pick<ReadonlyMap<Id, Session>, "get" | "values" | "size">;
  readonly broker: Broker;
  readonly dealer: Dealer;
  readonly access: AccessControl;
  readonly testaments: Testaments;
  readonly monitor: Monitor;
  /** Bytes that the sessions hold. */
  readonly records: RecordBudget;
  /** The strict options of the realm. */
  readonly checks: ClientChecks;
  /** Absent in a realm of one object. */
  readonly remoteTaps?: RemoteTaps;
  /** Finds a subscription that has subscribers in other objects only; absent in a realm of one object. */
  readonly subscriptionElsewhere?: (id: Id) => Subscription | undefined;
}

/** Has the other objects of a realm show their messages to a tap. */
export interface RemoteTaps {
  start(tap: Tap): void;
  stop(tap: Tap): void;
}

/** The life of sessions, as meta procedures use it. */
export interface MetaSessions {
  /** Connections without a session. */
  readonly handshakes: number;
  /** Sessions that wait for their clients to resume them. */
  readonly parked: number;
  /** Returns an id that no session has. */
  newSessionId(): Id;
  /** What the router decides on a HELLO with these details before it asks for credentials; changes nothing. */
  planLogin(details: Dict, facts: TransportInfo): LoginPlan;
  /** Ends a session with GOODBYE. `isQuiet`: no session gets the meta event, because all are ended. */
  kill(session: Session, reason: Uri, message?: string, isQuiet?: boolean): void;
}
