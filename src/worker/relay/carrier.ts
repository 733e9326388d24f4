/** Carries batches to another object of the realm by RPC, in order, and reports what becomes of each. */

import type { Batch, BatchAnswer } from "../../wamp/relay/link/batch.ts";
import { type CarriedBatch, packBatch } from "../../wamp/relay/link/batch-codec.ts";
import type { ToCore, ToRelay } from "../../wamp/relay/link/messages.ts";

/** Milliseconds after which a call that has not returned counts as lost, as do all that were made after it. */
const LOST_MS = 5_000;

/** The object that takes the batches. */
export interface BatchTaker {
  takeBatch(from: number, batch: CarriedBatch): Promise<BatchAnswer>;
}

/** What the carrier reports: exactly one of the two for each batch. */
export interface CarrierPorts<M> {
  answered(batch: Batch<M>, answer: BatchAnswer): void;
  lost(batch: Batch<M>): void;
}

/** The way to one object. Calls on one stub arrive in order; an exception ends the stub, and with it the order. */
export class Carrier<M extends ToCore | ToRelay> {
  readonly #from: number;
  readonly #connect: () => BatchTaker;
  readonly #ports: CarrierPorts<M>;
  #stub: BatchTaker | undefined;
  /** Batches on their way, oldest first → when they were sent: milliseconds since the epoch */
  readonly #pending = new Map<Batch<M>, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `from` is the number of the sending object, `connect` makes a stub of the other. */
  constructor(from: number, connect: () => BatchTaker, ports: CarrierPorts<M>) {
    this.#from = from;
    this.#connect = connect;
    this.#ports = ports;
  }

  /** Sends a batch after those before it. */
  carry(batch: Batch<M>): void {
    this.#pending.set(batch, Date.now());
    this.#timer ??= setTimeout(() => this.#loseOverdue(), LOST_MS);
    void this.#carry(batch);
  }

  async #carry(batch: Batch<M>): Promise<void> {
    this.#stub ??= this.#connect();
    const stub = this.#stub;
    try {
      const answer = await stub.takeBatch(this.#from, packBatch(batch));
      // Otherwise it counts as lost already.
      if (this.#end(batch)) this.#ports.answered(batch, answer);
    } catch {
      if (this.#stub === stub) this.#stub = undefined;
      if (this.#end(batch)) this.#ports.lost(batch);
    }
  }

  #end(batch: Batch<M>): boolean {
    if (!this.#pending.delete(batch)) return false;
    if (this.#pending.size > 0) return true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return true;
  }

  #loseOverdue(): void {
    this.#timer = undefined;
    const [[, sentAt] = []] = this.#pending;
    if (sentAt === undefined) return;
    const left = sentAt + LOST_MS - Date.now();
    // A longer time than the whole means that the clock was set back.
    if (left > 0 && left <= LOST_MS) {
      this.#timer = setTimeout(() => this.#loseOverdue(), left);
      return;
    }
    this.#stub = undefined;
    const lost = [...this.#pending.keys()];
    this.#pending.clear();
    for (const batch of lost) this.#ports.lost(batch);
  }
}
