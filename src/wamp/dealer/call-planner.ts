/** Decides what becomes of a CALL: which callee gets it, whether it waits, or why it is refused. */

import type { Permission } from "../authorization/permission-rules.ts";
import type { CallTimeoutRules, Limits } from "../config/limits.ts";
import type { Random } from "../host/host.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import type { Call } from "../protocol/message.ts";
import type { Dict, Uri } from "../protocol/values.ts";
import { callBytes, type RecordBudget } from "../session/record-budget.ts";
import type { Session } from "../session/session.ts";
import { noSuchProcedureText, notServedText } from "./call-results.ts";
import type { DealerTables } from "./dealer-record.ts";
import { canServe, checkCall, type Invocation, openInvocation, partitionKey } from "./invocation.ts";
import type { Callee } from "./registrations.ts";
import type { WaitingCall } from "./waiting-call.ts";

/** The part of the dealer that decides on new calls, and changes nothing. */
export class CallPlanner {
  readonly #tables: DealerTables;
  readonly #limits: Limits;
  readonly #timeouts: CallTimeoutRules;
  readonly #records: RecordBudget;

  constructor(tables: DealerTables, limits: Limits, timeouts: CallTimeoutRules, records: RecordBudget) {
    this.#tables = tables;
    this.#limits = limits;
    this.#timeouts = timeouts;
    this.#records = records;
  }

  /**
   * The invocation of a new call, or the call if it has to wait for a callee; neither is in a table yet. `permission` is
   * the caller's for the procedure, `random` is for the policy `random`. Throws WampError or ProtocolViolation.
   */
  plan(caller: Session, message: Call, permission: Permission, random: Random): Invocation | WaitingCall {
    const [, , options, procedure] = message;
    checkCall(caller, message);
    const { registrations, queue } = this.#tables;
    const registration = registrations.best(procedure);
    if (registration === undefined) throw new WampError(WampUri.NO_SUCH_PROCEDURE, noSuchProcedureText(procedure));
    this.#checkLimit(caller, procedure, options);
    const key = partitionKey(options);
    const callee = queue.choose(caller, key, registration, undefined, random);
    if (callee === undefined) return queue.newCall(caller, message, key, permission, registration, this.#timeouts);
    if (!canServe(callee.session, options))
      throw new WampError(WampUri.FEATURE_NOT_SUPPORTED, notServedText(procedure));
    return openInvocation(caller, message, permission, registration, callee, this.#timeouts);
  }

  /** The callees among which the policy chooses for a call that `plan` does not refuse. */
  candidates(caller: Session, [, , options, procedure]: Call): readonly Callee[] {
    const { registrations, queue } = this.#tables;
    return queue.candidates(caller, partitionKey(options), registrations.best(procedure)!);
  }

  #checkLimit(caller: Session, procedure: Uri, options: Dict): void {
    const { pending, queue } = this.#tables;
    const limit = this.#limits.pending_calls_per_session;
    const waiting = queue.isEmpty ? 0 : queue.callsOf(caller).size;
    if (pending.callsOf(caller).size + waiting >= limit) {
      throw new WampError(WampUri.LIMIT_EXCEEDED, `a session may wait for ${limit} calls`);
    }
    this.#records.check(caller, callBytes(procedure, options));
  }
}
