/** Writes that wait while the disk is full: what they store is in memory anyway, as long as the object stays awake. */

import { isExhausted } from "./free-space.ts";

/** The object does not sleep while the disk is full, and runs `save` as soon as it has room. */
export class DeferredWrites {
  #waiting: (() => void)[] = [];

  /** Makes a write, after those that wait. */
  run(write: () => void): void {
    if (isExhausted()) {
      this.#waiting.push(write);
      return;
    }
    this.save();
    write();
  }

  /** Makes the writes that wait, if the disk has room. */
  save(): void {
    if (this.#waiting.length === 0 || isExhausted()) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const write of waiting) write();
  }
}
