/** The parts of a realm that meta procedures use. */

import type { LoginPlan } from "../authentication/method.ts";
import type { AccessControl } from "../authorization/access-control.ts";
import type { Permission } from "../authorization/permission-rules.ts";
import type { Broker } from "../broker/broker.ts";
import type { Subscription } from "../broker/subscriptions.ts";
import type { Limits } from "../config/limits.ts";
import type { Dealer } from "../dealer/dealer.ts";
import type { TransportInfo } from "../host/transport.ts";
import type { Monitor } from "../monitoring/monitor.ts";
import type { Tap } from "../monitoring/tap.ts";
import type { Action } from "../protocol/action.ts";
import type { Match } from "../protocol/uri.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { ClientChecks } from "../session/client-checks.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import type { Session } from "../session/session.ts";
import type { Testaments } from "../session/testaments.ts";

/** Implemented by the realm. */
export interface MetaContext {
  /** Says whether the realm has meta procedures (`enable_meta_api`). */
  readonly hasMetaApi: boolean;
  readonly name: Uri;
  readonly limits: Limits;
  readonly sessions: MetaSessions;
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
  subscriptionElsewhere?(id: Id): Subscription | undefined;
  /** Says whether `uri` has the form that the realm's configuration asks of URIs. */
  isUri(uri: string): boolean;
  /** Permits a session an action, or throws the `WampError` that refuses it. */
  permit(session: Session, action: Action, uri: Uri, match: Match): Permission;
}

/** Has the other objects of a realm show their messages to a tap. */
export interface RemoteTaps {
  start(tap: Tap): void;
  stop(tap: Tap): void;
}

/** The sessions of a realm, as meta procedures use them. */
export interface MetaSessions {
  /** session id → session */
  readonly byId: Pick<ReadonlyMap<Id, Session>, "get" | "values" | "size">;
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
