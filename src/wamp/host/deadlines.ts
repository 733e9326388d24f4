/** A queue of items by deadline, the soonest first. */

/**
 * A binary heap with lazy deletion: an entry that is no longer its item's deadline is skipped when it reaches the top.
 */
export class Deadlines<T extends object> {
  readonly #deadlineOf = new Map<T, number>();
  #heap: { readonly at: number; readonly item: T }[] = [];

  /** Sets or moves an item's deadline; milliseconds since the epoch. */
  set(item: T, at: number): void {
    this.#deadlineOf.set(item, at);
    this.#push(at, item);
    if (this.#heap.length > 2 * this.#deadlineOf.size + 64) this.#compact();
  }

  /** Removes an item, if present. */
  delete(item: T): void {
    this.#deadlineOf.delete(item);
  }

  /** Has the item a deadline? */
  has(item: T): boolean {
    return this.#deadlineOf.has(item);
  }

  /** The number of items. */
  get size(): number {
    return this.#deadlineOf.size;
  }

  /** The soonest deadline, if any. */
  next(): number | undefined {
    this.#skipStale();
    return this.#heap[0]?.at;
  }

  /** Removes and returns the items due at `now`, the soonest first. */
  takeExpired(now: number): T[] {
    const expired: T[] = [];
    for (let next = this.next(); next !== undefined && next <= now; next = this.next()) {
      const { item } = this.#pop();
      this.#deadlineOf.delete(item);
      expired.push(item);
    }
    return expired;
  }

  #skipStale(): void {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#deadlineOf.get(top.item) === top.at) return;
      this.#pop();
    }
  }

  #compact(): void {
    this.#heap = [];
    for (const [item, at] of this.#deadlineOf) this.#push(at, item);
  }

  #push(at: number, item: T): void {
    const heap = this.#heap;
    let index = heap.push({ at, item }) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.at <= heap[index]!.at) return;
      [heap[parent], heap[index]] = [heap[index]!, heap[parent]!];
      index = parent;
    }
  }

  #pop(): { readonly at: number; readonly item: T } {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    return top;
  }

  #sink(): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const child = right < heap.length && heap[right]!.at < heap[left]!.at ? right : left;
      if (heap[index]!.at <= heap[child]!.at) return;
      [heap[index], heap[child]] = [heap[child]!, heap[index]!];
      index = child;
    }
  }
}

/** The earlier one of two times, or the one that is given, if any; milliseconds since the epoch. */
export function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
