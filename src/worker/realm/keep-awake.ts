/** What keeps a realm awake: work in progress, for as long as somebody may wait for it. */

/** Milliseconds; whatever takes longer may be interrupted by the realm's sleep. */
const LONGEST_MS = 60_000;

/** While there is work, and only then, a timer is pending: the platform lets no object sleep that has one. */
export class KeepAwake {
  /** Work → until when it counts, oldest first */
  readonly #ends = new Map<PromiseLike<unknown>, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  keep(work: PromiseLike<unknown>): void {
    this.#ends.set(work, Date.now() + LONGEST_MS);
    this.#timer ??= setTimeout(() => this.#look(), LONGEST_MS);
    const end = (): void => this.#end(work);
    work.then(end, end);
  }

  #end(work: PromiseLike<unknown>): void {
    if (!this.#ends.delete(work) || this.#ends.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    this.#timer = undefined;
    const now = Date.now();
    for (const [work, end] of this.#ends) {
      // Work that would count for longer than it may began before the clock was set back.
      if (end > now && end - now <= LONGEST_MS) {
        this.#timer = setTimeout(() => this.#look(), end - now);
        return;
      }
      this.#ends.delete(work);
    }
  }
}
