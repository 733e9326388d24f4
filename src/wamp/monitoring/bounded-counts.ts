/** Counts by name, where clients choose the names. */

/** Characters of a name. */
const MAX_NAME = 200;
/** Counts the names beyond the first ones, and long ones; no URI has this form. */
export const OTHERS = "*";

/** Counts so many names each for itself, and all others together. */
export class BoundedCounts {
  /** How often `add` was called. */
  total = 0;
  #others = 0;
  readonly #counts = new Map<string, number>();
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  /** Adds one to the count of a name. */
  add(name: string): void {
    this.total++;
    const count = this.#counts.get(name);
    if (count !== undefined) this.#counts.set(name, count + 1);
    else if (this.#counts.size < this.#size && name.length <= MAX_NAME) this.#counts.set(name, 1);
    else this.#others++;
  }

  /** Returns name → count; `OTHERS` is the name of all that have none of their own. */
  toDict(): Readonly<Record<string, number>> {
    return { ...Object.fromEntries(this.#counts), ...(this.#others > 0 && { [OTHERS]: this.#others }) };
  }
}
