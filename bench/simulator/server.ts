/** An object as the simulation sees it: one core that does one thing after the other, billed while it is at work. */

/** One object. Times are milliseconds since the beginning. */
export class Server {
  #freeAt = 0;
  #awakeUntil = 0;
  /** Milliseconds of CPU. */
  busy = 0;
  /** Milliseconds in which it works or waits for an answer of another object. */
  awake = 0;

  /** Takes work that arrives at `time`; returns when it begins. */
  work(time: number, duration: number): number {
    const begin = Math.max(time, this.#freeAt);
    this.#freeAt = begin + duration;
    this.busy += duration;
    this.stayAwake(begin, this.#freeAt);
    return begin;
  }

  /** Is awake in this time, if it is not for another reason. */
  stayAwake(from: number, until: number): void {
    this.awake += Math.max(0, until - Math.max(from, this.#awakeUntil));
    this.#awakeUntil = Math.max(this.#awakeUntil, until);
  }
}
