/** Peers whose messages wait for an answer of the core: to their SUBSCRIBE, or with the roles of the realm. */

import { CloseCode } from "../../protocol/close-code.ts";
import { WampUri } from "../../protocol/errors.ts";
import { MessageType } from "../../protocol/message.ts";
import { sizeOf } from "../../protocol/value-size.ts";
import type { Dict } from "../../protocol/values.ts";
import type { Realm } from "../../realm/realm.ts";
import type { Peer } from "../../session/peer.ts";
import type { RecordBudget } from "../../session/record-budget.ts";

/** A decoded message whose types are not checked yet. */
type RawMessage = readonly unknown[];

/** The messages of one peer. */
interface Held {
  readonly messages: { readonly raw: RawMessage; readonly size: number }[];
  /** Estimated bytes of all of them. */
  bytes: number;
  /** See `HeldPeers.hold`. */
  readonly letsPass: boolean;
}

/** peer → its messages that wait, in the order of their arrival. */
export class HeldPeers {
  readonly #held = new Map<Peer, Held>();
  readonly #limit: number;
  readonly #records: () => RecordBudget;

  /** `limit`: estimated bytes of one peer (`undecided_bytes`); the messages count in the record budget, too. */
  constructor(limit: number, records: () => RecordBudget) {
    this.#limit = limit;
    this.#records = records;
  }

  /**
   * The peer's later messages wait until `release`. With `letsPass` SUBSCRIBEs directly behind do not wait: a client that
   * sends many has them answered after one round trip to the core. Those that ask for retained events wait: the events
   * of another SUBSCRIBE would come between.
   */
  hold(peer: Peer, letsPass = false): void {
    this.#held.set(peer, { messages: [], bytes: 0, letsPass });
  }

  /** Do messages of the peer wait? */
  has(peer: Peer): boolean {
    return this.#held.has(peer);
  }

  /** Keeps a message of a peer that waits. Returns false for one that does not wait; "full" over the limit. */
  add(peer: Peer, raw: RawMessage): boolean | "full" {
    const held = this.#held.get(peer);
    if (held === undefined || (held.messages.length === 0 && held.letsPass && isPlainSubscribe(raw))) return false;
    this.#push(held, raw, sizeOf(raw));
    return held.bytes > this.#limit || this.#records().isFull ? "full" : true;
  }

  /** Drops the messages of a peer that is gone. */
  forget(peer: Peer): void {
    this.#records().bytes -= this.#held.get(peer)?.bytes ?? 0;
    this.#held.delete(peer);
  }

  /** Hands the peer's messages to `receive`, up to one for which the peer waits again. */
  release(peer: Peer, receive: (raw: RawMessage) => void): void {
    const { messages } = this.#held.get(peer) ?? { messages: [] };
    this.forget(peer);
    for (const [index, { raw }] of messages.entries()) {
      receive(raw);
      const again = this.#held.get(peer);
      const next = messages[index + 1];
      if (again === undefined || (again.letsPass && next !== undefined && isPlainSubscribe(next.raw))) continue;
      for (const { raw: later, size } of messages.slice(index + 1)) this.#push(again, later, size);
      return;
    }
  }

  #push(held: Held, raw: RawMessage, size: number): void {
    held.messages.push({ raw, size });
    held.bytes += size;
    this.#records().bytes += size;
  }
}

/**
 * Keeps a message of a peer that waits for `what`; returns false for one that does not wait. Ends the connection of a peer
 * over the limit.
 */
export function holdOrAbort(held: HeldPeers, realm: Realm, peer: Peer, raw: RawMessage, what: string): boolean {
  const isHeld = held.add(peer, raw);
  if (isHeld !== "full") return isHeld;
  held.forget(peer);
  realm.monitor.counters.limits.undecided_bytes++;
  realm.sessions.abort(peer, WampUri.LIMIT_EXCEEDED, `too much waits for ${what}`, CloseCode.POLICY);
  return true;
}

function isPlainSubscribe([type, , options]: RawMessage): boolean {
  return type === MessageType.SUBSCRIBE && (options as Dict | null | undefined)?.get_retained !== true;
}
