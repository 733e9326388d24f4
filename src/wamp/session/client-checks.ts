/** ClientChecks: what the specification asks of clients and many of them do not keep to; enforced where a realm is strict. */

import type { RealmConfig } from "../config/realm.ts";
import { ProtocolViolation } from "../protocol/errors.ts";
import { ROLE_OF } from "../protocol/features.ts";
import { nextId } from "../protocol/id.ts";
import type { MessageType } from "../protocol/message.ts";
import type { Id } from "../protocol/values.ts";
import type { Session } from "./session.ts";

export class ClientChecks {
  readonly #checksRoles: boolean;
  readonly #checksRequestIds: boolean;

  constructor({ role_check, request_id_check }: RealmConfig["options"]) {
    this.#checksRoles = role_check === "strict";
    this.#checksRequestIds = request_id_check === "strict";
  }

  /** A client does only what the roles it announced cover (SES-07). */
  checkRole(session: Session, type: MessageType): void {
    if (!this.#checksRoles) return;
    const role = ROLE_OF[type];
    if (role !== undefined && !session.has(role)) throw new ProtocolViolation(`the session is no ${role}`);
  }

  /** Request ids of one client count 1, 2, 3 … (D-09). */
  checkSequence(session: Session, request: Id): void {
    if (!this.#checksRequestIds) return;
    if (request !== nextId(session.lastRequest)) throw new ProtocolViolation("request ids must be sequential");
    session.lastRequest = request;
    session.transport.save();
  }
}
