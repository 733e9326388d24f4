/** Counts the logins of all objects at the core, and keeps their cookies. */

import { Cookies } from "../../authentication/cookie.ts";
import { type AttemptResult, Lockouts } from "../../authentication/lockouts.ts";
import type { SharedAuthentication } from "../../authentication/method.ts";
import type { RealmConfig } from "../../config/realm.ts";
import { Deadlines } from "../../host/deadlines.ts";
import type { Host } from "../../host/host.ts";
import type { RelayIds } from "../link/relay-ids.ts";

/** An attempt of a relay. */
export interface RemoteAttempt {
  readonly relay: number;
  /** Of the relay's question. */
  readonly number: number;
  readonly authid: string;
  readonly network: string | undefined;
}

/** An attempt that waits for others with the same authid from the same network. */
interface WaitingAttempt extends RemoteAttempt {
  /** Says whether the authid is locked out. */
  onAnswer(isLockedOut: boolean): void;
}

/** The core's cookies: a log-out ends sessions at all objects. */
class CoreCookies extends Cookies {
  readonly #onLogOut: (id: string) => void;

  constructor(config: RealmConfig, host: Host, onLogOut: (id: string) => void) {
    super(config.auth.cookie!.max_age, host);
    this.#onLogOut = onLogOut;
  }

  override logOut(id: string): void {
    super.logOut(id);
    this.#onLogOut(id);
  }
}

/**
 * Between a relay's question and the result lies a round trip, in which an attacker could try far more secrets than a
 * lockout allows. So only as many attempts run at once as failures are left before the lockout; the others wait.
 */
export class CoreLogins {
  /** For the core's own logins, too. */
  readonly shared: SharedAuthentication;
  readonly #lockouts: Lockouts;
  readonly #cookies: Cookies | undefined;
  readonly #host: Host;
  /** The longest login: milliseconds. */
  readonly #timeoutMs: number;
  /** relay and number → attempt that runs */
  readonly #running = new Map<string, RemoteAttempt>();
  /** authid and network → attempts that run */
  readonly #counts = new Map<string, number>();
  readonly #waiting = new Map<string, WaitingAttempt[]>();
  readonly #deadlines = new Deadlines<RemoteAttempt>();

  /** `onLogOut` ends the sessions with a cookie at the relays. */
  constructor(config: RealmConfig, host: Host, ids: RelayIds, onLogOut: (cookie: string) => void) {
    this.#host = host;
    this.#timeoutMs = config.limits.hello_timeout;
    this.#lockouts = new Lockouts(host, config.limits);
    this.#cookies = config.auth.cookie && new CoreCookies(config, host, onLogOut);
    this.shared = { logins: this.#lockouts, cookies: this.#cookies, decoys: ids };
  }

  /** Undefined if the realm does not have the method `cookie`. */
  get cookies(): Cookies | undefined {
    return this.#cookies;
  }

  /** Attempts of relays that run or wait. */
  get size(): number {
    return this.#deadlines.size;
  }

  /** See `LoginJudge.isLockedOut`. */
  isLockedOut(authid: string, network: string | undefined): boolean {
    return this.#lockouts.isLockedOut(authid, network);
  }

  /** Lets an attempt of a relay begin, now or later. */
  begin(attempt: WaitingAttempt): void {
    this.#deadlines.set(attempt, this.#host.now() + this.#timeoutMs);
    this.#host.setAlarm(this.#host.now() + this.#timeoutMs);
    const key = keyOf(attempt);
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) waiting.push(attempt);
    else this.#waiting.set(key, [attempt]);
    this.#serve(key);
  }

  /** Takes the result of an attempt; a failure counts also where the core has forgotten the attempt in a sleep. */
  end(attempt: RemoteAttempt, result: AttemptResult): void {
    this.#lockouts.end(attempt.authid, attempt.network, result);
    this.#forget(attempt);
  }

  /** The relay has lost its clients. */
  drop(relay: number): void {
    for (const attempt of [...this.#running.values()]) if (attempt.relay === relay) this.#forget(attempt);
  }

  /** Forgets attempts that took longer than any login, at `now`: milliseconds since the epoch. */
  tick(now: number): void {
    for (const attempt of this.#deadlines.takeExpired(now)) this.#forget(attempt);
  }

  /** When `tick` has something to do, if it has; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#deadlines.next();
  }

  #forget(attempt: RemoteAttempt): void {
    const key = keyOf(attempt);
    const running = this.#running.get(idOf(attempt));
    if (running !== undefined) {
      this.#running.delete(idOf(attempt));
      this.#deadlines.delete(running);
      const count = this.#counts.get(key)! - 1;
      if (count > 0) this.#counts.set(key, count);
      else this.#counts.delete(key);
    } else this.#stopWaiting(key, attempt);
    this.#serve(key);
  }

  #stopWaiting(key: string, attempt: RemoteAttempt): void {
    const left = this.#waiting.get(key)?.filter((each) => each !== attempt) ?? [];
    if (left.length > 0) this.#waiting.set(key, left);
    else this.#waiting.delete(key);
  }

  /** Lets as many attempts begin as may run at once. */
  #serve(key: string): void {
    const waiting = this.#waiting.get(key);
    for (let next = waiting?.[0]; waiting !== undefined && next !== undefined; next = waiting[0]) {
      const isLockedOut = this.#lockouts.isLockedOut(next.authid, next.network);
      const running = this.#counts.get(key) ?? 0;
      if (!isLockedOut && running >= this.#lockouts.failuresLeft(next.authid, next.network)) return;
      waiting.shift();
      if (isLockedOut) this.#deadlines.delete(next);
      else {
        this.#running.set(idOf(next), next);
        this.#counts.set(key, running + 1);
      }
      next.onAnswer(isLockedOut);
    }
    this.#waiting.delete(key);
  }
}

function idOf({ relay, number }: RemoteAttempt): string {
  return `${relay} ${number}`;
}

/** A network contains no spaces. */
function keyOf({ authid, network = "" }: RemoteAttempt): string {
  return `${network} ${authid}`;
}
