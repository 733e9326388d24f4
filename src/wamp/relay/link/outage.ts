/** Decides when a sender whose batches are lost tries again, and when it stops trying at once. */

import type { Clock } from "../../host/host.ts";

/** The time before a batch that was lost is sent again; it doubles with each loss in a row. */
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;
/** A sender that heard nothing for so long drops what it holds, so that its object can sleep. */
export const DOWN_AFTER_MS = 60_000;
/** Losses that are further apart do not belong together. */
const FORGET_MS = 15_000;
/** A sender that is down asks so often whether the receiver is back. */
export const DOWN_RETRY_MS = 60_000;

/** The losses since the last answer. */
export class Outage {
  readonly #clock: Clock;
  #losses = 0;
  /** When the first of them was reported; milliseconds since the epoch. */
  #since: number | undefined;
  /** When the last of them was; milliseconds since the epoch. */
  #lostAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  /** When to try again; milliseconds since the epoch. */
  retryAt: number | undefined;
  isDown: boolean;

  /** `isDown`: was the sender down before its object slept? */
  constructor(clock: Clock, isDown: boolean) {
    this.#clock = clock;
    this.isDown = isDown;
    if (isDown) this.retryAt = clock.now();
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
    if (this.isDown) this.retryAt = undefined;
    this.isDown = false;
  }

  /** The sender drops what it holds, and tries again after so many milliseconds. */
  goDown(delay: number): void {
    this.isDown = true;
    this.#retryIn(delay);
  }

  #retryIn(delay: number): void {
    this.retryAt = this.#clock.now() + delay;
    this.#clock.setAlarm(this.retryAt);
  }
}
