/** Publications that are dropped because the link to another object is full or down. */

import type { Clock, Log } from "../../host/host.ts";

/** The least time between two lines: milliseconds. */
const LINE_MS = 1_000;

/** Logs a line at once, and then one for all of a second. */
export class DroppedPublications {
  readonly #host: Clock & Log;
  #count = 0;
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(host: Clock & Log) {
    this.#host = host;
  }

  /** Counts a publication that does not reach `object`: "core", or "relay" and its number. */
  add(object: string): void {
    this.#count++;
    const now = this.#host.now();
    if (now - this.#loggedAt < LINE_MS) return;
    this.#host.log({ level: "error", event: "publication.dropped", object, dropped: this.#count });
    this.#loggedAt = now;
    this.#count = 0;
  }
}
