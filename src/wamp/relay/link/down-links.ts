/** Which links of an object were down when it slept or crashed. */

/** An object that could not be reached for long. */
export interface DownLink {
  /** Its number; that of the core is 0. */
  readonly object: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** One row for each of them. */
export interface DownLinkStore {
  all(): Iterable<DownLink>;
  put(link: DownLink): void;
  /** Removes the row, if present. */
  delete(object: number): void;
}
