/** Peers whose messages wait because the core has not answered their SUBSCRIBE. */

import type { Peer } from "../../session/peer.ts";

/** A decoded message whose types are not checked yet. */
type RawMessage = readonly unknown[];

/** peer → its messages behind the SUBSCRIBE, in the order of their arrival. */
export class HeldPeers {
  readonly #held = new Map<Peer, RawMessage[]>();
  readonly #limit: number;

  /** `limit`: the most messages that one peer may have waiting. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The peer's later messages wait until `release`. */
  hold(peer: Peer): void {
    this.#held.set(peer, []);
  }

  /** Do messages of the peer wait? */
  has(peer: Peer): boolean {
    return this.#held.has(peer);
  }

  /** Keeps a message of a peer that waits. Returns false for one that does not wait; "full" over the limit. */
  add(peer: Peer, raw: RawMessage): boolean | "full" {
    const messages = this.#held.get(peer);
    if (messages === undefined) return false;
    if (messages.length >= this.#limit) return "full";
    messages.push(raw);
    return true;
  }

  /** Drops the messages of a peer that is gone. */
  forget(peer: Peer): void {
    this.#held.delete(peer);
  }

  /** Hands the peer's messages to `receive`, up to one for which the peer waits again. */
  release(peer: Peer, receive: (raw: RawMessage) => void): void {
    const messages = this.#held.get(peer);
    this.#held.delete(peer);
    for (const [index, raw] of (messages ?? []).entries()) {
      receive(raw);
      const again = this.#held.get(peer);
      if (again === undefined) continue;
      again.push(...messages!.slice(index + 1));
      return;
    }
  }
}
