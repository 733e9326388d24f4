/** The counts of the publications that enter an object. */

import type { Publication } from "../../broker/publication.ts";
import type { Id } from "../../protocol/values.ts";
import { GrowingNumbers } from "./growing-numbers.ts";
import type { ForwardedPublication } from "./messages.ts";

/** Those of one object; a number of `next` is that of no publication. */
export class OwnPublications extends GrowingNumbers {
  /** The number of the object. */
  readonly origin: number;
  #lastId: Id | undefined;

  /** `boot` as in `Batch.boot`. */
  constructor(origin: number, boot: () => number) {
    super(boot);
    this.origin = origin;
  }

  /** Counts a publication that goes to other objects. */
  count(publication: Publication): ForwardedPublication {
    this.#lastId = publication.id;
    return { ...publication, origin: this.origin, count: this.next() };
  }

  /** The count of a publication on its way to the sessions here; one that goes to no other object has that of the next. */
  countOf(publication: Id): number | undefined {
    const { last } = this;
    if (last === 0) return undefined;
    return publication === this.#lastId ? last : last + 1;
  }
}
