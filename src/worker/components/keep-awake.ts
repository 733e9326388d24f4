/** Keeps a realm awake while components have work in progress. */

/** Milliseconds; the realm's sleep may interrupt work that takes longer. */
const LONGEST_MS = 60_000;

/** Has a timer pending while work is in progress: an object with a timer does not sleep. */
export class KeepAwake {
  /** Work → until when it keeps the realm awake, oldest first */
  readonly #ends = new Map<PromiseLike<unknown>, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Keeps the realm awake until `work` is settled, but no longer than `LONGEST_MS`. */
  until(work: PromiseLike<unknown>): void {
    this.#ends.set(work, Date.now() + LONGEST_MS);
    this.#timer ??= setTimeout(() => this.#renew(), LONGEST_MS);
    const end = (): void => this.#end(work);
    work.then(end, end);
  }

  #end(work: PromiseLike<unknown>): void {
    if (!this.#ends.delete(work) || this.#ends.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #renew(): void {
    this.#timer = undefined;
    const now = Date.now();
    for (const [work, end] of this.#ends) {
      // An end that is too far away means that the clock was set back.
      if (end > now && end - now <= LONGEST_MS) {
        this.#timer = setTimeout(() => this.#renew(), end - now);
        return;
      }
      this.#ends.delete(work);
    }
  }
}
