/** The numbers of invocations of a relay's callees: the core numbers them for itself, the relay for each callee. */

import type { RemoteInvocation } from "../../dealer/dealer-record.ts";
import { nextId } from "../../protocol/id.ts";
import type { Id } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";
import { SessionTable } from "../../session/session-table.ts";

/**
 * A callee sees INVOCATION.Requests that count from 1 without a gap, whatever the core has forgotten in a crash. The
 * numbers of the core, called keys here, only grow.
 */
export class InvocationNumbers {
  /** callee → INVOCATION.Request → key */
  readonly #keys = new SessionTable<Id>();
  /** callee → key → INVOCATION.Request */
  readonly #requests = new SessionTable<Id>();
  /** callee → largest key */
  readonly #lastKeys = new Map<Session, Id>();

  /** The INVOCATION.Request of a key; a new one for a new key, and undefined for one that is over. */
  take(callee: Session, key: Id): Id | undefined {
    const known = this.#requests.get(callee, key);
    if (known !== undefined || key <= (this.#lastKeys.get(callee) ?? 0)) return known;
    callee.lastInvocation = nextId(callee.lastInvocation);
    this.#set(callee, { request: callee.lastInvocation, key });
    callee.transport.save();
    return callee.lastInvocation;
  }

  /** No new INVOCATION with the key comes any more, nor with a smaller one; false if the callee has got such a key. */
  skip(callee: Session, key: Id): boolean {
    if (key <= (this.#lastKeys.get(callee) ?? 0)) return false;
    this.#lastKeys.set(callee, key);
    callee.transport.save();
    return true;
  }

  /** The INVOCATION.Request of a key that the callee works on. */
  requestOf(callee: Session, key: Id): Id | undefined {
    return this.#requests.get(callee, key);
  }

  /** The key of an INVOCATION.Request that the callee works on. */
  keyOf(callee: Session, request: Id): Id | undefined {
    return this.#keys.get(callee, request);
  }

  /** The keys of the invocations that the callee works on. */
  keysOf(callee: Session): Id[] {
    return [...this.#requests.of(callee).keys()];
  }

  /** The largest key of the callee; undefined before its first invocation. */
  lastKeyOf(callee: Session): Id | undefined {
    return this.#lastKeys.get(callee);
  }

  /** The callee has given its final answer, or needs not give one any more. */
  end(callee: Session, { request, key }: RemoteInvocation): void {
    this.#keys.delete(callee, request);
    this.#requests.delete(callee, key);
    callee.transport.save();
  }

  /** Drops the tables of a session that has ended. */
  leave(callee: Session): void {
    this.#keys.leave(callee);
    this.#requests.leave(callee);
    this.#lastKeys.delete(callee);
  }

  recordOf(callee: Session): readonly RemoteInvocation[] {
    return Array.from(this.#keys.of(callee), ([request, key]) => ({ request, key }));
  }

  /** `lastKey` keeps an INVOCATION from being taken again that is repeated after the relay has slept. */
  restore(callee: Session, invocations: readonly RemoteInvocation[], lastKey: Id | undefined): void {
    if (lastKey !== undefined) this.#lastKeys.set(callee, lastKey);
    for (const invocation of invocations) this.#set(callee, invocation);
  }

  #set(callee: Session, { request, key }: RemoteInvocation): void {
    this.#keys.set(callee, request, key);
    this.#requests.set(callee, key, request);
    this.#lastKeys.set(callee, Math.max(key, this.#lastKeys.get(callee) ?? 0));
  }
}
