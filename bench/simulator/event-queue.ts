/** What happens at which time, in order. */

/** One event. */
interface Entry {
  readonly time: number;
  readonly number: number;
  readonly run: (time: number) => void;
}

/** A binary heap by time; events of the same time keep the order in which they were added. */
export class EventQueue {
  readonly #heap: Entry[] = [];
  #added = 0;

  add(time: number, run: (time: number) => void): void {
    const entry = { time, number: this.#added++, run };
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  /** Runs all events, and those that they add. */
  runAll(): void {
    for (let entry = this.#take(); entry !== undefined; entry = this.#take()) entry.run(entry.time);
  }

  #take(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.time < b.time || (a.time === b.time && a.number < b.number);
}
