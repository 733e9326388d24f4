/** The realms of relays and of the core, which differ from a realm of one object in what other objects must know. */

import type { DecidedPermission } from "../authorization/authorizer-request.ts";
import type { Permission } from "../authorization/permission-rules.ts";
import type { Call } from "../protocol/message.ts";
import { Realm } from "../realm/realm.ts";
import type { Peer } from "../session/peer.ts";
import type { Session } from "../session/session.ts";
import { isTooLong, mayBeTooLong } from "./link/message-size.ts";

/** A realm whose messages go to other objects, and whose peers wait behind their SUBSCRIBE. */
abstract class LinkedRealm extends Realm {
  readonly #mayBeTooLong = mayBeTooLong(this.limits.message_bytes);
  /** Keeps the message of a peer that waits. */
  holdBack: ((peer: Peer, raw: readonly unknown[]) => boolean) | undefined;

  override receive(peer: Peer, elements: readonly unknown[]): void {
    if (this.holdBack?.(peer, elements) === true) return;
    if (!this.#mayBeTooLong || !isTooLong(elements)) return super.receive(peer, elements);
    const front = elements.slice(0, 3).filter((element) => typeof element === "number");
    this.abortTooLarge(peer, front);
  }
}

/** A realm whose core answers most procedures of the router. */
export class RelayRealm extends LinkedRealm {
  /** Says whether the relay answers a call of the router's procedures itself. */
  answersMeta: ((message: Call) => boolean) | undefined;

  protected override callMeta(session: Session, message: Call, permission: Permission): void {
    if (this.answersMeta?.(message) !== false) return super.callMeta(session, message, permission);
    const decided: DecidedPermission = { ...permission, decisions: this.access.authorizer?.decisionsOf(session) };
    this.dealer.call(session, message, decided);
  }
}

/** A realm whose procedures of the router answer for all objects. */
export class CoreRealm extends LinkedRealm {
  /** Takes the calls of procedures of the router. */
  answer: ((session: Session, message: Call, permission: DecidedPermission) => void) | undefined;

  protected override callMeta(session: Session, message: Call, permission: Permission): void {
    this.answer!(session, message, permission);
  }
}
