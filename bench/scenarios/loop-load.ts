/** A load of loops, each of which does the same again and again: sessions that come and go, HTTP requests. */

import { Histogram } from "../client/histogram.ts";
import { noteFailure } from "../client/traffic.ts";
import type { Load } from "./measure-load.ts";
import { pause } from "./scenario.ts";

/** Milliseconds before the next try after a failure. */
const RETRY_MS = 20;

/** Loops that have been started. */
export class LoopLoad implements Load {
  /** How long each time took. */
  readonly latencies = new Histogram();
  done = 0;
  #isStopped = false;
  readonly #loops: readonly Promise<void>[];

  /** Starts `count` loops of `work`, which is told the number of its loop; a rejection counts as a failure. */
  constructor(count: number, work: (loop: number) => Promise<unknown>) {
    this.#loops = Array.from({ length: count }, (_, loop) => this.#run(() => work(loop)));
  }

  reset(): void {
    this.latencies.reset();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#loops);
  }

  async #run(work: () => Promise<unknown>): Promise<void> {
    while (!this.#isStopped) {
      const start = performance.now();
      try {
        await work();
        this.latencies.add((performance.now() - start) * 1000);
        this.done++;
      } catch (error) {
        noteFailure((error as Error).message);
        await pause(RETRY_MS);
      }
    }
  }
}
