/** The parts of a realm that its maker may replace. */

import type { SharedAuthentication } from "../authentication/method.ts";
import type { CalleeLookup } from "../authorization/callee-lookup.ts";
import type { Broker } from "../broker/broker.ts";
import type { Dealer } from "../dealer/dealer.ts";
import type { RemoteSleepers } from "../hibernation/wake.ts";
import type { MetaEvents } from "../meta/meta-events.ts";
import type { Id } from "../protocol/values.ts";
import type { ProcedureCaller } from "../session/procedure-caller.ts";
import type { SessionParts } from "./sessions.ts";

/** The parts of a realm that are others where one realm is spread over many objects. */
export interface RealmParts {
  /** Makes the meta events, with the arguments of `MetaEvents`. */
  newMetaEvents?(...parts: ConstructorParameters<typeof MetaEvents>): MetaEvents;
  /** Makes the broker, with the arguments of `Broker`. */
  newBroker?(...parts: ConstructorParameters<typeof Broker>): Broker;
  /** Makes the dealer, with the arguments of `Dealer`. */
  newDealer?(...parts: ConstructorParameters<typeof Dealer>): Dealer;
  /** What logins share with other objects. */
  readonly authentication?: SharedAuthentication;
  /** The number of objects over which the sessions of a role are spread; 1 by default. */
  readonly objects?: number;
  /** The callees of authorizers, where another object has them. */
  newCallees?(dealer: Dealer): CalleeLookup;
  /** Makes the caller of authenticators or authorizers, with the permissions of a role; by default of this dealer. */
  newCaller?(authrole: string): ProcedureCaller;
  /** Returns an id for a new session, which no session should have. */
  newSessionId?(): Id;
  /** Fetches a session that a client asks for from another object; see `SessionParts.resumeElsewhere`. */
  readonly resumeElsewhere?: SessionParts["resumeElsewhere"];
  /** Returns the sessions at other objects that hold something here; called once the realm is made. */
  remoteSessions?(): RemoteSleepers;
}
