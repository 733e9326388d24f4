/** The pending calls of the core, whose relays have to be told which invocations are over. */

import type { Invocation } from "../../dealer/invocation.ts";
import { PendingCalls } from "../../dealer/pending-calls.ts";
import type { Id } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";
import { RemoteTransport } from "./remote-transport.ts";

/** `isAbandoned`: the callee may go on with progressive results, because nothing has told it of the end (LEAVE-04). */
export type OnOver = (callee: Session, key: Id, isAbandoned: boolean) => void;

/** A call has got a callee, for which it may have waited, or is restored. */
export type OnInvoke = (invocation: Invocation) => void;

/** Has the relay of a callee not acknowledged all its INVOCATIONs? */
export type IsRecent = (callee: Session) => boolean;

/** Reports ended invocations: a relay would keep one that is not answered until the callee's session ends. */
export class CorePendingCalls extends PendingCalls {
  readonly #onInvoke: OnInvoke;
  readonly #onOver: OnOver;
  readonly #isRecent: IsRecent;
  #answering: readonly [callee: Session, key: Id] | undefined;

  constructor(
    onInvoke: OnInvoke,
    onOver: OnOver,
    isRecent: IsRecent,
    ...parts: ConstructorParameters<typeof PendingCalls>
  ) {
    super(...parts);
    this.#onInvoke = onInvoke;
    this.#onOver = onOver;
    this.#isRecent = isRecent;
  }

  override mayBeLost(caller: Session): boolean {
    for (const { callee } of this.callsOf(caller).values()) if (this.#isRecent(callee.session)) return true;
    return false;
  }

  override add(invocation: Invocation): void {
    super.add(invocation);
    this.#onInvoke(invocation);
  }

  /** Lets the dealer process the final answer of a remote callee, whose relay knows by it that the invocation is over. */
  answer(callee: Session, key: Id, process: () => void): void {
    this.#answering = [callee, key];
    try {
      process();
    } finally {
      this.#answering = undefined;
    }
  }

  override end(invocation: Invocation): void {
    super.end(invocation);
    const { callee, request } = invocation;
    if (!(callee.session.transport instanceof RemoteTransport)) return;
    const isAbandoned = this.abandoned.delete(callee.session, request);
    const [answeringCallee, key] = this.#answering ?? [];
    if (answeringCallee !== callee.session || key !== request) this.#onOver(callee.session, request, isAbandoned);
  }
}
