/** Which links of an object were down when it slept or crashed. */

/** One row for each object that could not be reached for long; the core has the number 0. */
export interface DownLinkStore {
  all(): Iterable<number>;
  put(object: number): void;
  /** Removes the row, if present. */
  delete(object: number): void;
}
