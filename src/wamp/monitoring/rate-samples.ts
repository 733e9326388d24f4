/** Rates of the last minutes, from samples of sums that only grow. */

/** Samples that are kept, and milliseconds from one to the next: a quarter of an hour. */
const MAX_SAMPLES = 16;
const INTERVAL_MS = 60_000;

/** What happened on average in a second of an interval. */
export interface Rate {
  /** End of the interval; milliseconds since the epoch. */
  readonly time: number;
  /** Length of the interval. */
  readonly seconds: number;
  /** Messages. */
  readonly received: number;
  readonly sent: number;
  readonly bytes_received: number;
  readonly bytes_sent: number;
  readonly calls: number;
  readonly publications: number;
  readonly events: number;
  readonly errors: number;
}

/** The sums at one time. */
export type Sums = Omit<Rate, "time" | "seconds">;

/**
 * Samples are taken when something happens anyway and a minute has passed since the last one, because a timer would keep
 * the realm awake: the intervals are a minute or longer.
 */
export class RateSamples {
  readonly #samples: { readonly time: number; readonly sums: Sums }[];

  /** `time` is in milliseconds since the epoch. */
  constructor(time: number, sums: Sums) {
    this.#samples = [{ time, sums }];
  }

  /** Says whether a minute has passed at `now`, milliseconds since the epoch. */
  isDue(now: number): boolean {
    return now - this.#samples.at(-1)!.time >= INTERVAL_MS;
  }

  /** Adds a sample; forgets the oldest one. */
  add(time: number, sums: Sums): void {
    this.#samples.push({ time, sums });
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
  }

  /** Returns the rates between the samples, oldest first, and since the last one. */
  rates(now: number, sums: Sums): Rate[] {
    const samples = [...this.#samples, { time: now, sums }];
    return samples.slice(1).flatMap((sample, index) => rateBetween(samples[index]!, sample) ?? []);
  }
}

type Sample = { readonly time: number; readonly sums: Sums };

function rateBetween(from: Sample, to: Sample): Rate | undefined {
  const seconds = (to.time - from.time) / 1000;
  if (seconds <= 0) return undefined;
  const perSecond = Object.entries(to.sums).map(([name, sum]) => {
    return [name, Math.round((1000 * (sum - from.sums[name as keyof Sums])) / seconds) / 1000];
  });
  return { time: to.time, seconds, ...(Object.fromEntries(perSecond) as Sums) };
}
