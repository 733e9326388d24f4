/** What sessions had got before they moved here: after a crash of the core it may come again, to this object. */

import type { Clock } from "../../host/host.ts";
import type { Event } from "../../protocol/message.ts";
import type { Id } from "../../protocol/values.ts";
import type { ForwardedPublication } from "./messages.ts";
import type { OwnPublications } from "./own-publications.ts";

/**
 * How long a publisher waits for PUBLISHED: a relay that has asked a core in vain whether it has restarted gives up then.
 * Other relays do not sleep within that time, and know that a publication comes again.
 */
export const STORE_TIMEOUT_MS = 10_000;

/** Objects, and the count of the last publication from each that a session may have got. */
export type SeenCounts = readonly (readonly [origin: number, count: number])[];

/** The object that a publication has entered, and its count there. */
export type Source = Pick<ForwardedPublication, "origin" | "count">;

/** What a session had got. */
interface Seen {
  readonly counts: ReadonlyMap<number, number>;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/**
 * An object takes each publication once, but a session may have got it elsewhere. The sender repeats it within
 * `STORE_TIMEOUT_MS`, or never; the object does not sleep meanwhile.
 */
export class SeenPublications {
  readonly #clock: Clock;
  readonly #own: Pick<OwnPublications, "origin" | "countOf">;
  readonly #countsHere: () => SeenCounts;
  /** session → what it had got; oldest first */
  readonly #bySession = new Map<Id, Seen>();
  /** origin → largest count of any session */
  readonly #largest = new Map<number, number>();
  #current: ForwardedPublication | undefined;

  /** `countsHere` returns what every session here may have got. */
  constructor(clock: Clock, own: Pick<OwnPublications, "origin" | "countOf">, countsHere: () => SeenCounts) {
    this.#clock = clock;
    this.#own = own;
    this.#countsHere = countsHere;
  }

  /** A session comes that had got these. */
  add(session: Id, counts: SeenCounts): void {
    const now = this.#clock.now();
    for (const [id, { until }] of this.#bySession) if (id === session || until <= now) this.#bySession.delete(id);
    this.#bySession.set(session, { counts: new Map(counts), until: now + STORE_TIMEOUT_MS });
    for (const [origin, count] of counts) this.#largest.set(origin, Math.max(count, this.#largest.get(origin) ?? 0));
  }

  /** What a session that leaves may have got, here or elsewhere. */
  of(session: Id): SeenCounts {
    const counts = new Map(this.#bySession.get(session)?.counts);
    for (const [origin, count] of this.#countsHere()) counts.set(origin, Math.max(count, counts.get(origin) ?? 0));
    return [...counts];
  }

  /** The publication as it goes to the sessions here: those that had got it are excluded. */
  forSessions(publication: ForwardedPublication): ForwardedPublication {
    this.#current = publication;
    const { origin, count, options } = publication;
    if (count > (this.#largest.get(origin) ?? 0)) return publication;
    const { exclude } = options;
    const excluded: unknown[] = Array.isArray(exclude) ? [...exclude] : [];
    for (const [id, { counts }] of this.#bySession) if (count <= (counts.get(origin) ?? 0)) excluded.push(id);
    return { ...publication, options: { ...options, exclude: excluded } };
  }

  /** Where the publication of an event that is being sent comes from; undefined if no object counts it. */
  sourceOf([, , publication]: Event): Source | undefined {
    if (this.#current?.id === publication) return this.#current;
    const { origin } = this.#own;
    const count = this.#own.countOf(publication);
    return count === undefined ? undefined : { origin, count };
  }
}
