/** SUBSCRIBEs that wait for an answer of other objects; what their clients send behind them waits, too. */

import type { Realm } from "../../realm/realm.ts";
import type { Peer } from "../../session/peer.ts";
import type { Session } from "../../session/session.ts";
import { HeldPeers, holdOrAbort } from "../link/held-peers.ts";

/** Those of one object; see `HeldPeers` for the limit. */
export class WaitingSubscribes {
  protected readonly realm: () => Realm;
  readonly #held: HeldPeers;
  /** session → its SUBSCRIBEs that wait */
  readonly #counts = new Map<Session, number>();
  readonly #onSettled = new Map<Session, () => void>();

  constructor(realm: () => Realm, limit: number) {
    this.realm = realm;
    this.#held = new HeldPeers(limit, () => realm().records);
  }

  /** Keeps a message of a peer that waits; returns false for one that does not wait. */
  holdBack(peer: Peer, raw: readonly unknown[]): boolean {
    return holdOrAbort(this.#held, this.realm(), peer, raw, "a subscription");
  }

  /** Do messages of the peer wait? */
  has(peer: Peer): boolean {
    return this.#held.has(peer);
  }

  /** The peer's later messages wait until `release`. */
  hold(peer: Peer): void {
    this.#held.hold(peer);
  }

  /** Drops the messages of a peer that is gone. */
  forget(peer: Peer): void {
    this.#held.forget(peer);
  }

  /** Has the realm receive the peer's messages. */
  release(peer: Peer): void {
    this.#held.release(peer, (raw) => this.realm().receive(peer, raw));
  }

  /** A SUBSCRIBE of the session waits until the returned function is called. For `letsPass` see `HeldPeers.hold`. */
  add(session: Session, letsPass: boolean): () => void {
    // A session without a peer has this one request.
    const peer = this.realm().sessions.peerOf(session);
    if (peer !== undefined && !this.#held.has(peer)) this.#held.hold(peer, letsPass);
    this.#counts.set(session, (this.#counts.get(session) ?? 0) + 1);
    return () => this.#end(session, peer);
  }

  /** Calls `then` once those of the session that wait are answered; false if none waits. */
  whenAnswered(session: Session, then: () => void): boolean {
    const isWaiting = this.#counts.has(session);
    if (isWaiting) this.#onSettled.set(session, then);
    return isWaiting;
  }

  #end(session: Session, peer: Peer | undefined): void {
    const left = this.#counts.get(session)! - 1;
    if (left > 0) return void this.#counts.set(session, left);
    this.#counts.delete(session);
    if (peer !== undefined) this.release(peer);
    const then = this.#onSettled.get(session);
    this.#onSettled.delete(session);
    then?.();
  }
}
