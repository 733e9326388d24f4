/** Takes the batches of one sender: processes each once and in order, and says what it has not got. */

import type { Batch, BatchAnswer } from "./batch.ts";

/** The part of an answer that depends on the batches. */
export type Receipt = Pick<BatchAnswer, "stream" | "received" | "isForgotten">;

/** The receiving half of a link. Its state is in memory only: a receiver that has slept has forgotten the stream. */
export class LinkReceiver<M> {
  readonly #process: (message: M) => void;
  /** 0 until the first batch. */
  #stream = 0;
  #received = 0;

  /** `process` takes each message in its order and must not throw. */
  constructor(process: (message: M) => void) {
    this.#process = process;
  }

  /** Processes a batch, unless it has been processed before or an earlier one is missing. */
  receive({ stream, seq, isRetry, messages }: Batch<M>): Receipt {
    if (stream < this.#stream) return { stream, received: seq, isForgotten: false };
    if (stream > this.#stream) {
      // A retry may have been processed before the sleep. A receiver that remembers another stream has not slept since.
      if (this.#stream === 0 && (isRetry || seq > 1)) return { stream, received: 0, isForgotten: true };
      if (seq > 1) return { stream, received: 0, isForgotten: false };
      this.#stream = stream;
      this.#received = 0;
    }
    if (seq === this.#received + 1) {
      this.#received = seq;
      for (const message of messages) this.#process(message);
    }
    return { stream, received: this.#received, isForgotten: false };
  }
}
