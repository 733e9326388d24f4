/** The calls of a realm that wait for an answer, and when the dealer's patience with each ends. */

import { Deadlines } from "../host/deadlines.ts";
import type { Host } from "../host/host.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import type { Invocation } from "./invocation.ts";

/** Every call stands in its caller's `calls` and its callee's `invocations`; both ends are entered and removed here. */
export class PendingCalls {
  readonly #host: Host;
  readonly #records: RecordBudget;
  readonly #timeouts = new Deadlines<Invocation>();

  constructor(host: Host, records: RecordBudget) {
    this.#host = host;
    this.#records = records;
  }

  /** Adds a call, with the deadline it has. */
  add(invocation: Invocation): void {
    invocation.caller.calls.set(invocation.callRequest, invocation);
    invocation.callee.session.invocations.set(invocation.request, invocation);
    invocation.callee.running++;
    this.#records.call(invocation);
    if (invocation.deadline === 0) return;
    // A deadline further away is from before the clock was set back.
    if (invocation.timeoutMs > 0) {
      invocation.deadline = Math.min(invocation.deadline, this.#host.now() + invocation.timeoutMs);
    }
    this.#expect(invocation);
  }

  /** Removes a call; chunks of its input that are still on their way will be known as such. */
  end(invocation: Invocation): void {
    const { caller, callRequest, callee } = invocation;
    caller.calls.delete(callRequest);
    callee.session.invocations.delete(invocation.request);
    callee.running--;
    this.#records.answered(invocation);
    if (invocation.deadline > 0) this.#timeouts.delete(invocation);
    if (invocation.isInputOpen) caller.endInput(callRequest);
    caller.transport.save();
  }

  /** Starts the wait for the next answer: with the call, and anew with each progressive one (TMO-06). */
  startTimeout(invocation: Invocation): void {
    // Whoever canceled waits for the callee without a limit (TMO-07).
    if (invocation.timeoutMs === 0 || invocation.isKilled) return;
    invocation.deadline = this.#host.now() + invocation.timeoutMs;
    this.#expect(invocation);
    invocation.caller.transport.save();
  }

  stopTimeout(invocation: Invocation): void {
    this.#timeouts.delete(invocation);
    invocation.deadline = 0;
    invocation.caller.transport.save();
  }

  /** The calls overdue at `now`, milliseconds since the epoch. */
  takeOverdue(now: number): Invocation[] {
    return this.#timeouts.takeExpired(now);
  }

  /** Milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#timeouts.next();
  }

  #expect(invocation: Invocation): void {
    this.#timeouts.set(invocation, invocation.deadline);
    this.#host.setAlarm(invocation.deadline);
  }
}
