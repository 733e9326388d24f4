/** Finds the text that differs least from another one. */

/** Work that all searches of one call may take together, in comparisons of two characters: some milliseconds. */
export const MOST_COMPARISONS = 2_000_000;

/** Insertions, deletions and replacements of one character in a misspelt text. */
const MOST_EDITS = 3;

/** Searches among candidates; when its comparisons are used up, it finds nothing more. */
export class NearestSearch {
  #left = MOST_COMPARISONS;

  /** The candidate with the fewest edits, at most `MOST_EDITS` and a quarter of the text; undefined if there is none. */
  nearest(text: string, candidates: Iterable<string>): string | undefined {
    let best: string | undefined;
    let fewest = Math.min(MOST_EDITS, Math.ceil(text.length / 4)) + 1;
    for (const candidate of candidates) {
      if (this.#left <= 0) return best;
      const edits = this.#edits(text, candidate, fewest);
      if (edits < fewest) [best, fewest] = [candidate, edits];
    }
    return best;
  }

  /** Edits from one text to the other (Levenshtein); `limit` for any number from there on. */
  #edits(a: string, b: string, limit: number): number {
    this.#left--;
    if (Math.abs(a.length - b.length) >= limit) return limit;
    let start = 0;
    while (start < a.length && a[start] === b[start]) start++;
    this.#left -= start;
    let row = Array.from({ length: b.length - start + 1 }, (_, index) => index);
    for (let i = start; i < a.length; i++) {
      const next = [i - start + 1];
      for (let j = start; j < b.length; j++) {
        const [diagonal, above] = [row[j - start]!, row[j - start + 1]!];
        next.push(a[i] === b[j] ? diagonal : 1 + Math.min(diagonal, above, next.at(-1)!));
      }
      this.#left -= b.length - start;
      if (Math.min(...next) >= limit) return limit;
      row = next;
    }
    return row.at(-1)!;
  }
}
