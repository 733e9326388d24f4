/** Decides when a sender whose batches are lost tries again, and when it stops trying at once. */

import type { Clock } from "../../host/host.ts";

/** The time before a batch that was lost is sent again; it doubles with each loss in a row. */
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;
/** A sender that heard nothing for so long drops what it holds, so that its object can sleep. */
export const DOWN_AFTER_MS = 60_000;
/** Losses that are further apart do not belong together. */
const FORGET_MS = 15_000;
/** A sender that is down asks so often whether the receiver is back, as long as its object needs the receiver. */
export const DOWN_RETRY_MS = 60_000;
/** An object that does not need the receiver plans no further question after an outage of so long. */
const LAST_ASK_MS = 12 * 60 * 60_000;

/** What the outage asks of the object. */
export interface OutagePorts {
  readonly clock: Clock;
  /** Has the object anything for which it needs the receiver? */
  isNeeded(): boolean;
  /** When the sender went down, if it was down before its object slept or crashed; milliseconds since the epoch. */
  readonly downSince: number | undefined;
}

/** The losses since the last answer. */
export class Outage {
  readonly #clock: Clock;
  readonly #isNeeded: () => boolean;
  #losses = 0;
  /** When the first of them was reported; milliseconds since the epoch. */
  #since: number | undefined;
  /** When the last of them was; milliseconds since the epoch. */
  #lostAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #retryAt: number | undefined;
  /** When the sender went down; milliseconds since the epoch. */
  #downSince: number | undefined;

  constructor({ clock, isNeeded, downSince }: OutagePorts) {
    this.#clock = clock;
    this.#isNeeded = isNeeded;
    this.#downSince = downSince;
    if (downSince !== undefined) this.#retryAt = clock.now();
  }

  get isDown(): boolean {
    return this.#downSince !== undefined;
  }

  /**
   * When to try again; milliseconds since the epoch. An object that does not need the receiver only has it drop what it
   * still has of the object: the pauses double, and end.
   */
  get retryAt(): number | undefined {
    if (this.#downSince === undefined || this.#retryAt === undefined || this.#isNeeded()) return this.#retryAt;
    const outage = this.#triedAt - this.#downSince;
    return outage < LAST_ASK_MS ? Math.max(this.#retryAt, this.#triedAt + outage) : undefined;
  }

  /** Has the receiver been silent for so long that the sender should go down? */
  isLong(now: number): boolean {
    return this.#since !== undefined && now - this.#since >= DOWN_AFTER_MS;
  }

  /** Is the last attempt of a sender that is down long enough ago for another one out of turn? */
  mayTry(): boolean {
    return this.#clock.now() - this.#triedAt >= LAST_RETRY_MS;
  }

  /** The sender tries; a sender that is down tries again later, whatever becomes of it. */
  tried(): void {
    this.#triedAt = this.#clock.now();
    if (this.isDown) this.#retryIn(DOWN_RETRY_MS);
  }

  /** A batch was lost. */
  lost(): void {
    const now = this.#clock.now();
    // Nothing was tried for a while, so that this is another outage.
    if (!this.isDown && now - this.#lostAt > FORGET_MS) this.end();
    this.#lostAt = now;
    this.#since ??= now;
    if (!this.isDown) this.#retryIn(Math.min(FIRST_RETRY_MS * 2 ** this.#losses, LAST_RETRY_MS));
    this.#losses++;
  }

  /** The receiver has answered. */
  end(): void {
    this.#losses = 0;
    this.#since = undefined;
    if (this.isDown) this.#retryAt = undefined;
    this.#downSince = undefined;
  }

  /** The sender has nothing to send again any more. */
  settle(): void {
    this.#retryAt = undefined;
  }

  /** The sender drops what it holds, and tries again after so many milliseconds. */
  goDown(delay: number): void {
    this.#downSince = this.#clock.now();
    this.#retryIn(delay);
  }

  #retryIn(delay: number): void {
    this.#retryAt = this.#clock.now() + delay;
    this.#clock.setAlarm(this.#retryAt);
  }
}
