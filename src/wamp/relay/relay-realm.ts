/** The realms of relays and of the core, which differ from a realm of one object in what other objects must know. */

import type { DecidedPermission } from "../authorization/authorizer-request.ts";
import type { Permission } from "../authorization/permission-rules.ts";
import type { RealmConfig } from "../config/realm.ts";
import type { Dealer } from "../dealer/dealer.ts";
import type { Host } from "../host/host.ts";
import type { MetaEvents } from "../meta/meta-events.ts";
import type { Call } from "../protocol/message.ts";
import { Realm } from "../realm/realm.ts";
import type { RealmParts } from "../realm/realm-parts.ts";
import type { Peer } from "../session/peer.ts";
import type { Session } from "../session/session.ts";
import type { CoreDealer } from "./dealer/core-dealer.ts";
import type { RemoteDealer } from "./dealer/remote-dealer.ts";
import { isTooLong, mayBeTooLong } from "./link/message-size.ts";
import type { CoreMetaEvents, RelayMetaEvents } from "./meta/relayed-meta-events.ts";

/** The parts of a realm over many objects. */
interface LinkedParts extends RealmParts {
  /** Keeps the message of a peer that waits; returns false for one that does not wait. */
  holdBack(peer: Peer, raw: readonly unknown[]): boolean;
}

/** The parts of the realm of a relay. */
export interface RelayRealmParts extends LinkedParts {
  newMetaEvents(...parts: ConstructorParameters<typeof MetaEvents>): RelayMetaEvents;
  newDealer(...parts: ConstructorParameters<typeof Dealer>): RemoteDealer;
  /** Says whether the relay answers a call of the router's procedures itself. */
  answersMeta(message: Call): boolean;
}

/** The parts of the realm of the core. */
export interface CoreRealmParts extends LinkedParts {
  newMetaEvents(...parts: ConstructorParameters<typeof MetaEvents>): CoreMetaEvents;
  newDealer(...parts: ConstructorParameters<typeof Dealer>): CoreDealer;
  /** Takes the calls of procedures of the router. */
  callMeta(session: Session, message: Call, permission: DecidedPermission): void;
}

/** A realm whose messages go to other objects, and whose peers wait behind their SUBSCRIBE. */
abstract class LinkedRealm<Parts extends LinkedParts> extends Realm {
  protected readonly parts: Parts;
  readonly #holdBack: LinkedParts["holdBack"];
  readonly #mayBeTooLong: boolean;

  constructor(name: string, config: RealmConfig, host: Host, parts: Parts) {
    super(name, config, host, parts);
    this.parts = parts;
    this.#holdBack = parts.holdBack;
    this.#mayBeTooLong = mayBeTooLong(config.limits.message_bytes);
  }

  override receive(peer: Peer, elements: readonly unknown[]): void {
    if (this.#holdBack(peer, elements)) return;
    if (!this.#mayBeTooLong || !isTooLong(elements)) return super.receive(peer, elements);
    const front = elements.slice(0, 3).filter((element) => typeof element === "number");
    this.abortTooLarge(peer, front);
  }
}

/** A realm whose core answers most procedures of the router. */
export class RelayRealm extends LinkedRealm<RelayRealmParts> {
  declare readonly dealer: RemoteDealer;
  declare readonly metaEvents: RelayMetaEvents;

  protected override callMeta(session: Session, message: Call, permission: Permission): void {
    if (this.parts.answersMeta(message)) return super.callMeta(session, message, permission);
    const decided: DecidedPermission = { ...permission, decisions: this.access.authorizer?.decisionsOf(session) };
    this.dealer.call(session, message, decided);
  }
}

/** A realm whose procedures of the router answer for all objects. */
export class CoreRealm extends LinkedRealm<CoreRealmParts> {
  declare readonly dealer: CoreDealer;
  declare readonly metaEvents: CoreMetaEvents;

  protected override callMeta(session: Session, message: Call, permission: Permission): void {
    this.parts.callMeta(session, message, permission);
  }
}
