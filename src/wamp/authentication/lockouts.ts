/** Slows down guessers of passwords: after too many wrong ones from one network none is right there for a while. */

import type { Limits } from "../config/limits.ts";
import type { Clock, Log, Storage } from "../host/host.ts";

/** Counts that are kept at once; the oldest goes first. */
const MAX_COUNTED = 10_000;
/** Characters of an authid that count. */
const LONGEST_AUTHID = 256;
/** Wrong passwords of all networks together until an authid is locked out everywhere, as a multiple of one network's. */
const ALL_NETWORKS = 10;
/** Milliseconds for which a network counts as the owner's after a login from there. */
const KNOWN_MS = 30 * 86_400_000;

interface Failures {
  count: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/**
 * A lockout is for an authid in one network, so that a stranger elsewhere cannot lock out the owner. A guesser with many
 * networks meets a second limit, for all networks together; after that the authid is locked out but in those networks
 * from which it has logged in within a month. Failures are counted in memory, where they last as long as a guesser keeps
 * trying. Lockouts and known networks are stored, so they outlast sleep: a network is written once a month at most.
 */
export class Lockouts {
  readonly #host: Clock & Storage & Log;
  readonly #limits: Limits;
  readonly #failures = new Map<string, Failures>();

  constructor(host: Clock & Storage & Log, limits: Limits) {
    this.#host = host;
    this.#limits = limits;
  }

  /** Clients whose network is not known count as one network. */
  isLockedOut(authid: string, network: string | undefined): boolean {
    if (this.#holds(keyOf("network", authid, network))) return true;
    if (!this.#holds(keyOf("all", authid))) return false;
    return network === undefined || !this.#holds(keyOf("known", authid, network));
  }

  /** Takes note of a wrong password for an authid, be it known or not (AUTH-09). */
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

  /** Takes note of a right password. */
  forgive(authid: string, network: string | undefined): void {
    this.#failures.delete(keyOf("network", authid, network));
    const known = keyOf("known", authid, network);
    if (network !== undefined && !this.#holds(known)) this.#put(known, KNOWN_MS);
  }

  /** Counts one more failure; true if that is one too many, and the lockout has begun. */
  #count(key: string, limit: number): boolean {
    const now = this.#host.now();
    const { failed_logins_window: windowMs } = this.#limits;
    let failures = this.#failures.get(key);
    // A clock that was set back ends the window, too.
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

  /** Has an entry been put, and not too long ago? One of a later time than now is from before the clock was set back. */
  #holds(key: string): boolean {
    const now = this.#host.now();
    const since = this.#host.store.lockouts.get(key, now);
    return since !== undefined && Number(since) <= now;
  }
}

/** A network has no spaces, so no authid makes the key of another one. */
function keyOf(kind: "network" | "all" | "known", authid: string, network = ""): string {
  return `${kind} ${network} ${authid.slice(0, LONGEST_AUTHID)}`;
}
