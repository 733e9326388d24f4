/** Slows down who guesses passwords: after too many wrong ones nobody gets in under that authid for a while. */

import type { Limits } from "../config/limits.ts";
import type { Host } from "../host.ts";

/** Authids whose failures are counted at once; the oldest goes first. */
const MAX_COUNTED = 10_000;
/** Characters of an authid that count. */
const LONGEST_AUTHID = 256;

interface Failures {
  count: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/**
 * Failures are counted in memory, where they last as long as somebody keeps trying; a lockout is stored, so it outlasts
 * sleep. Whoever knows an authid can lock it out, too, which is why it takes many failures and ends soon.
 */
export class Lockouts {
  readonly #host: Host;
  readonly #limits: Limits;
  readonly #failures = new Map<string, Failures>();

  constructor(host: Host, limits: Limits) {
    this.#host = host;
    this.#limits = limits;
  }

  isLockedOut(authid: string): boolean {
    return this.#host.store.lockouts.get(keyOf(authid), this.#host.now()) !== undefined;
  }

  /** Somebody gave a wrong password for the authid, be it known or not (AUTH-09). */
  countFailure(authid: string): void {
    const now = this.#host.now();
    const { failed_logins: limit, failed_logins_window: windowMs } = this.#limits;
    const key = keyOf(authid);
    let failures = this.#failures.get(key);
    if (failures === undefined || failures.since + windowMs <= now) failures = { count: 0, since: now };
    failures.count++;
    this.#failures.delete(key);
    if (failures.count >= limit) return this.#host.store.lockouts.put(key, "", now + windowMs, now);
    this.#failures.set(key, failures);
    if (this.#failures.size <= MAX_COUNTED) return;
    const [oldest] = this.#failures.keys();
    this.#failures.delete(oldest!);
  }

  /** Somebody knew the password. */
  forgive(authid: string): void {
    this.#failures.delete(keyOf(authid));
  }
}

function keyOf(authid: string): string {
  return authid.slice(0, LONGEST_AUTHID);
}
