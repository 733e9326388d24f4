/** The realm as the core's procedures see it: with the sessions of relays that hold registrations or calls. */

import type { LoginPlan } from "../../authentication/method.ts";
import type { AccessControl } from "../../authorization/access-control.ts";
import type { Permission } from "../../authorization/permission-rules.ts";
import type { Broker } from "../../broker/broker.ts";
import type { Subscription } from "../../broker/subscriptions.ts";
import type { Limits } from "../../config/limits.ts";
import type { Dealer } from "../../dealer/dealer.ts";
import type { TransportInfo } from "../../host/transport.ts";
import type { MetaContext, MetaSessions, RemoteTaps } from "../../meta/meta-context.ts";
import type { Monitor } from "../../monitoring/monitor.ts";
import type { Action } from "../../protocol/action.ts";
import type { Match } from "../../protocol/uri.ts";
import type { Dict, Id, Uri } from "../../protocol/values.ts";
import type { Realm } from "../../realm/realm.ts";
import type { ClientChecks } from "../../session/client-checks.ts";
import type { RecordBudget } from "../../session/record-budget.ts";
import type { Session } from "../../session/session.ts";
import type { Testaments } from "../../session/testaments.ts";
import type { InterestTable } from "../broker/interest-table.ts";

/** What other objects have. */
export interface CoreContextParts {
  /** Session id → session of a relay that holds registrations or calls. */
  readonly remote: ReadonlyMap<Id, Session>;
  readonly interest?: InterestTable;
  readonly taps?: RemoteTaps;
  /** A session of a relay that holds nothing. */
  readonly target?: Session | undefined;
}

/** `realm` with what other objects have. */
export class CoreContext implements MetaContext {
  readonly hasMetaApi: boolean;
  readonly name: Uri;
  readonly limits: Limits;
  readonly sessions: MetaSessions;
  readonly broker: Broker;
  readonly dealer: Dealer;
  readonly access: AccessControl;
  readonly testaments: Testaments;
  readonly monitor: Monitor;
  readonly records: RecordBudget;
  readonly checks: ClientChecks;
  readonly remoteTaps?: RemoteTaps;
  readonly #realm: Realm;
  readonly #interest: InterestTable | undefined;

  constructor(realm: Realm, { remote, interest, taps, target }: CoreContextParts) {
    this.#realm = realm;
    this.#interest = interest;
    if (taps !== undefined) this.remoteTaps = taps;
    this.hasMetaApi = realm.hasMetaApi;
    this.name = realm.name;
    this.limits = realm.limits;
    this.sessions = new JoinedSessions(realm.sessions, remote, target);
    this.broker = realm.broker;
    this.dealer = realm.dealer;
    this.access = realm.access;
    this.testaments = realm.testaments;
    this.monitor = realm.monitor;
    this.records = realm.records;
    this.checks = realm.checks;
  }

  subscriptionElsewhere(id: Id): Subscription | undefined {
    const pattern = this.#interest?.patternOf(id);
    if (pattern === undefined) return undefined;
    const { match, uri: topic } = pattern;
    return { id, match, topic, created: 0, subscribers: new Set(), nodeKeys: undefined, log: undefined };
  }

  isUri(uri: string): boolean {
    return this.#realm.isUri(uri);
  }

  permit(session: Session, action: Action, uri: Uri, match: Match): Permission {
    return this.#realm.permit(session, action, uri, match);
  }
}

class JoinedSessions implements MetaSessions {
  readonly byId: MetaSessions["byId"];
  readonly #own: MetaSessions;

  constructor(own: MetaSessions, remote: ReadonlyMap<Id, Session>, target: Session | undefined) {
    this.#own = own;
    this.byId = {
      get: (id) => own.byId.get(id) ?? remote.get(id) ?? (target?.id === id ? target : undefined),
      values: () => [...own.byId.values(), ...remote.values()].values(),
      size: own.byId.size + remote.size,
    };
  }

  get handshakes(): number {
    return this.#own.handshakes;
  }

  get parked(): number {
    return this.#own.parked;
  }

  newSessionId(): Id {
    return this.#own.newSessionId();
  }

  planLogin(details: Dict, facts: TransportInfo): LoginPlan {
    return this.#own.planLogin(details, facts);
  }

  kill(session: Session, reason: Uri, message?: string, isQuiet?: boolean): void {
    this.#own.kill(session, reason, message, isQuiet);
  }
}
