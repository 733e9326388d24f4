/** Slows down password guessing: after too many failures the router refuses logins for the authid for a while. */

import type { Limits } from "../config/limits.ts";
import type { Clock, Log, Storage } from "../host/host.ts";

/** How an attempt to log in has ended; `neither` counts as nothing. */
export type AttemptResult = "success" | "failure" | "neither";

/** An attempt to log in with a secret that could be guessed. */
export interface LoginAttempt {
  /** Where it is unknown, the login has to fail: an attacker could otherwise cut the counting off, and guess. */
  readonly verdict: "open" | "locked out" | "unknown";
  /** Has to be called once, where the attempt was open. */
  end(result: AttemptResult): void;
}

/** Counts the failed logins of a realm; on a relay another object counts. */
export interface LoginJudge {
  /** Is the authid locked out? Undefined where that cannot be known now. */
  isLockedOut(authid: string, network: string | undefined): boolean | Promise<boolean | undefined>;
  /** Asks the same, just before a secret is checked. */
  begin(authid: string, network: string | undefined): LoginAttempt | Promise<LoginAttempt>;
}

/** Counters in memory; beyond that the oldest goes. */
const MAX_COUNTED = 10_000;
/** Characters of an authid in a key. */
const LONGEST_AUTHID = 256;
/** The limit for all networks together, as a multiple of the limit for one. */
const ALL_NETWORKS = 10;
/** Milliseconds for which a network is known after a login from there. */
const KNOWN_MS = 30 * 86_400_000;

interface Failures {
  count: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/**
 * Counts failed logins. A lockout holds for an authid in one network, so that an attacker elsewhere cannot lock out the
 * owner. A second limit holds for all networks together: beyond it the authid can log in only from networks known from
 * the last month. Failures are counted in memory, because repeated attempts keep the object awake. Lockouts and known
 * networks are stored; a known network is written once a month at most.
 */
export class Lockouts implements LoginJudge {
  readonly #host: Clock & Storage & Log;
  readonly #limits: Limits;
  readonly #failures = new Map<string, Failures>();

  constructor(host: Clock & Storage & Log, limits: Limits) {
    this.#host = host;
    this.#limits = limits;
  }

  /** Is the authid locked out? `network` undefined: all clients without a known address count as one network. */
  isLockedOut(authid: string, network: string | undefined): boolean {
    if (this.#isStored(keyOf("network", authid, network))) return true;
    if (!this.#isStored(keyOf("all", authid))) return false;
    return network === undefined || !this.#isStored(keyOf("known", authid, network));
  }

  begin(authid: string, network: string | undefined): LoginAttempt {
    const verdict = this.isLockedOut(authid, network) ? "locked out" : "open";
    return { verdict, end: (result) => this.end(authid, network, result) };
  }

  /** Takes the result of an attempt. */
  end(authid: string, network: string | undefined, result: AttemptResult): void {
    if (result === "success") this.recordSuccess(authid, network);
    else if (result === "failure") this.countFailure(authid, network);
  }

  /** How many more failures from the network begin a lockout. */
  failuresLeft(authid: string, network: string | undefined): number {
    const failures = this.#failures.get(keyOf("network", authid, network));
    const isOver = failures === undefined || failures.since + this.#limits.failed_logins_window <= this.#host.now();
    return this.#limits.failed_logins - (isOver ? 0 : failures.count);
  }

  /** Counts a failed login, also for an unknown authid (AUTH-09). */
  countFailure(authid: string, network: string | undefined): void {
    const { failed_logins: limit } = this.#limits;
    const line = { level: "warn", event: "lockout.begun", authid } as const;
    if (this.#count(keyOf("network", authid, network), limit)) {
      this.#host.log({ ...line, cause: "too many wrong passwords from this network", network });
    }
    if (this.#count(keyOf("all", authid), limit * ALL_NETWORKS)) {
      this.#host.log({ ...line, cause: "too many wrong passwords from all networks together" });
    }
  }

  /** Resets the count of the network after a successful login, and makes the network known. */
  recordSuccess(authid: string, network: string | undefined): void {
    this.#failures.delete(keyOf("network", authid, network));
    const known = keyOf("known", authid, network);
    if (network !== undefined && !this.#isStored(known)) this.#put(known, KNOWN_MS);
  }

  /** Counts a failure; true if it begins a lockout. */
  #count(key: string, limit: number): boolean {
    const now = this.#host.now();
    const { failed_logins_window: windowMs } = this.#limits;
    let failures = this.#failures.get(key);
    // The window also ends if the clock was set back.
    const isOver = failures !== undefined && (now < failures.since || failures.since + windowMs <= now);
    if (failures === undefined || isOver) failures = { count: 0, since: now };
    failures.count++;
    this.#failures.delete(key);
    if (failures.count >= limit) {
      this.#put(key, windowMs);
      return true;
    }
    this.#failures.set(key, failures);
    if (this.#failures.size > MAX_COUNTED) this.#failures.delete(this.#failures.keys().next().value!);
    return false;
  }

  #put(key: string, lifetimeMs: number): void {
    const now = this.#host.now();
    this.#host.store.lockouts.put(key, String(now), now + lifetimeMs, now);
  }

  /** Is the entry stored and in force? An entry from the future was written before the clock was set back. */
  #isStored(key: string): boolean {
    const now = this.#host.now();
    const since = this.#host.store.lockouts.get(key, now);
    return since !== undefined && Number(since) <= now;
  }
}

/** A network contains no spaces, so an authid cannot forge the key of another one. */
function keyOf(kind: "network" | "all" | "known", authid: string, network = ""): string {
  return `${kind} ${network} ${authid.slice(0, LONGEST_AUTHID)}`;
}
