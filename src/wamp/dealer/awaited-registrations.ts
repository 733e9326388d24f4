/**
 * Calls of the router itself that wait for their procedure to be registered: after a restart all clients come back at
 * once.
 */

import { Deadlines } from "../host/deadlines.ts";
import type { Clock } from "../host/host.ts";
import type { Uri } from "../protocol/values.ts";
import type { Registrations } from "./registrations.ts";

/**
 * Longest wait in milliseconds. The platform lets an object sleep no sooner than 10 s after its last event, so no call
 * has to wait through a sleep.
 */
const LONGEST_MS = 9_000;
/** Bytes, roughly, of all calls that wait: more than ten thousand logins need. */
const MOST_BYTES = 16_777_216;

interface WaitingCaller {
  readonly procedure: Uri;
  readonly bytes: number;
  resolve(): void;
}

/** Bounds the wait in time and memory. A waiting call goes on in the turn after that of the REGISTER. */
export class AwaitedRegistrations {
  readonly #host: Clock;
  /** procedure → its waiting callers, in order */
  readonly #waiting = new Map<Uri, Set<WaitingCaller>>();
  readonly #deadlines = new Deadlines<WaitingCaller>();
  #bytes = 0;

  constructor(host: Clock) {
    this.#host = host;
  }

  /**
   * Resolves when a registration for the procedure was created, or when the time is over. `bytes` is what the caller
   * keeps in memory meanwhile. Returns undefined if too much waits already.
   */
  wait(procedure: Uri, timeoutMs: number, bytes: number): Promise<void> | undefined {
    if (this.#bytes + bytes > MOST_BYTES) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const caller: WaitingCaller = { procedure, bytes, resolve };
    const deadline = this.#host.now() + Math.min(timeoutMs, LONGEST_MS);
    const others = this.#waiting.get(procedure);
    if (others === undefined) this.#waiting.set(procedure, new Set([caller]));
    else others.add(caller);
    this.#bytes += bytes;
    this.#deadlines.set(caller, deadline);
    this.#host.setAlarm(deadline);
    return promise;
  }

  /** Lets the calls go on whose procedure has a registration now; called after one was created. */
  recheck(registrations: Pick<Registrations, "best">): void {
    for (const [procedure, callers] of this.#waiting) {
      if (registrations.best(procedure) !== undefined) for (const caller of callers) this.#end(caller);
    }
  }

  /** Ends the waits that are over at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    for (const caller of this.#deadlines.takeExpired(now)) this.#end(caller);
  }

  /** The earliest deadline, if there is one; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#deadlines.next();
  }

  #end(caller: WaitingCaller): void {
    const { procedure, bytes } = caller;
    const callers = this.#waiting.get(procedure);
    callers?.delete(caller);
    if (callers?.size === 0) this.#waiting.delete(procedure);
    this.#deadlines.delete(caller);
    this.#bytes -= bytes;
    caller.resolve();
  }
}
