/** Checks of client behaviour that many clients would fail; a realm enforces them only if its options are strict. */

import type { RealmConfig } from "../config/realm.ts";
import { ProtocolViolation } from "../protocol/errors.ts";
import { ROLE_OF } from "../protocol/features.ts";
import { nextId } from "../protocol/id.ts";
import type { MessageType } from "../protocol/message.ts";
import type { Id } from "../protocol/values.ts";
import type { Session } from "./session.ts";

/** `role_check` and `request_id_check` of a realm's options. */
export class ClientChecks {
  readonly #checksRoles: boolean;
  readonly #checksRequestIds: boolean;

  constructor({ role_check, request_id_check }: RealmConfig["options"]) {
    this.#checksRoles = role_check === "strict";
    this.#checksRequestIds = request_id_check === "strict";
  }

  /** Throws ProtocolViolation for a message that belongs to no role the client announced (SES-07). */
  checkRole(session: Session, type: MessageType): void {
    if (!this.#checksRoles) return;
    const role = ROLE_OF[type];
    if (role !== undefined && !session.has(role)) throw new ProtocolViolation(`the session is no ${role}`);
  }

  /** Throws ProtocolViolation if the request ids of a session do not count 1, 2, 3 … (Identifiers: session scope). */
  checkSequence(session: Session, request: Id): void {
    if (!this.#checksRequestIds) return;
    if (request !== nextId(session.lastRequest)) throw new ProtocolViolation("request ids must be sequential");
    session.lastRequest = request;
    session.transport.save();
  }
}
