/** Calls of the router's own that wait for their procedure to be registered, as after a restart, when all come back at once. */

import { Deadlines } from "../host/deadlines.ts";
import type { Host } from "../host/host.ts";
import type { Uri } from "../protocol/values.ts";

/**
 * Milliseconds one may wait at most. The platform lets an object sleep no sooner than 10 s after its last event, so
 * nothing that waits here has to outlast sleep.
 */
const LONGEST_MS = 9_000;
/** Bytes, about, that may wait in all: more than ten thousand clients of usual size. */
const MOST_BYTES = 16_777_216;

interface Waiter {
  readonly procedure: Uri;
  readonly bytes: number;
  resolve(): void;
}

/** The waiting is bounded in time and memory; who waits goes on in the turn after that of the REGISTER. */
export class AwaitedRegistrations {
  readonly #host: Host;
  /** procedure → who waits for it, in order */
  readonly #waiting = new Map<Uri, Set<Waiter>>();
  readonly #deadlines = new Deadlines<Waiter>();
  #bytes = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /**
   * Resolves when a registration for the procedure was created, or when the time is over. `bytes` is what the caller
   * keeps meanwhile; undefined where too much waits already.
   */
  wait(procedure: Uri, timeoutMs: number, bytes: number): Promise<void> | undefined {
    if (this.#bytes + bytes > MOST_BYTES) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter: Waiter = { procedure, bytes, resolve };
    const deadline = this.#host.now() + Math.min(timeoutMs, LONGEST_MS);
    const others = this.#waiting.get(procedure);
    if (others === undefined) this.#waiting.set(procedure, new Set([waiter]));
    else others.add(waiter);
    this.#bytes += bytes;
    this.#deadlines.set(waiter, deadline);
    this.#host.setAlarm(deadline);
    return promise;
  }

  /** A registration was created; `serves` tells of a procedure whether there is one for it now. */
  review(serves: (procedure: Uri) => boolean): void {
    for (const [procedure, waiters] of this.#waiting) {
      if (serves(procedure)) for (const waiter of waiters) this.#end(waiter);
    }
  }

  /** Does what is due at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    for (const waiter of this.#deadlines.takeExpired(now)) this.#end(waiter);
  }

  /** Milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#deadlines.next();
  }

  #end(waiter: Waiter): void {
    const { procedure, bytes } = waiter;
    const waiters = this.#waiting.get(procedure);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#waiting.delete(procedure);
    this.#deadlines.delete(waiter);
    this.#bytes -= bytes;
    waiter.resolve();
  }
}
