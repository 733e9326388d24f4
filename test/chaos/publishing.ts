/** Acknowledged publications of one client, and what becomes of each. */

import { type Client, unlessLost } from "./client.ts";

/** Publications in flight. */
const LANES = 8;

/** A publisher of ascending numbers. */
export class Publishing {
  readonly acknowledged: number[] = [];
  /** Those that got ERROR. */
  readonly refused: number[] = [];
  /** Resolves when all publications are answered, or the connection is lost; rejects for an ERROR that is not expected. */
  readonly ended: Promise<void>;
  readonly #client: Client;
  readonly #topic: string;
  readonly #refusal: string;
  #isStopped = false;
  #number = 0;

  /** Publishes until `stop`; `refusal` is the URI of the ERROR that a publication may get. */
  constructor(client: Client, topic: string, refusal: string) {
    this.#client = client;
    this.#topic = topic;
    this.#refusal = refusal;
    this.ended = Promise.all(Array.from({ length: LANES }, () => this.#publish().catch(unlessLost))).then(() => {});
  }

  stop(): void {
    this.#isStopped = true;
  }

  /**
   * Returns what is wrong with the stored numbers. `mayBeKept`: a refused publication may be stored, once, because its
   * publisher could not be told.
   */
  faults(stored: readonly number[], mayBeKept: boolean): string[] {
    const kept = new Map<number, number>();
    for (const number of stored) kept.set(number, (kept.get(number) ?? 0) + 1);
    const isWrong = (number: number) => (kept.get(number) ?? 0) > (mayBeKept ? 1 : 0);
    return [
      ...this.acknowledged.filter((n) => kept.get(n) !== 1).map((n) => `event ${n} is kept ${kept.get(n) ?? 0} times`),
      ...this.refused.filter(isWrong).map((n) => `event ${n} was refused and is kept ${kept.get(n)} times`),
    ];
  }

  async #publish(): Promise<void> {
    while (!this.#isStopped) {
      const number = ++this.#number;
      const answer = await this.#client.ask(16, { acknowledge: true }, this.#topic, [number]);
      if (answer[0] === 17) this.acknowledged.push(number);
      else if (answer[4] === this.#refusal) this.refused.push(number);
      else throw new Error(JSON.stringify(answer));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}
