/** Holds up the clients of an object while more waits for other objects than these take. */

import { LOW_LOAD } from "../../wamp/relay/link/relay-links.ts";

/** Milliseconds for a full link. */
const PAUSE_MS = 100;

/**
 * The platform hands over messages of clients as fast as the object takes them: what it cannot pass on as fast would pile
 * up, and be refused, also for sessions that send little. No promise of a handler holds up a socket, but
 * `blockConcurrencyWhile` does: the platform reads no more from any of them. The other objects go on meanwhile.
 */
export class Congestion {
  readonly #ctx: Pick<DurableObjectState, "blockConcurrencyWhile">;
  #isPaused = false;

  constructor(ctx: Pick<DurableObjectState, "blockConcurrencyWhile">) {
    this.#ctx = ctx;
  }

  /** Takes no event for a while, if `load` is high; see `RealmRole.load`. `send` hands over what is queued before. */
  pause(load: number, send: () => void): void {
    if (load < LOW_LOAD || this.#isPaused) return;
    send();
    this.#isPaused = true;
    void this.#ctx.blockConcurrencyWhile(async () => {
      await scheduler.wait(PAUSE_MS * Math.min(load, 1));
      this.#isPaused = false;
    });
  }
}
