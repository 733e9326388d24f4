/** Testaments: events a session leaves with the router, which publishes them once the session is gone (Session Testament). */

import type { Limits } from "./config/limits.ts";
import { ProtocolViolation, WampError, WampUri } from "./errors.ts";
import type { Host, Transport } from "./host.ts";
import { thrown } from "./log-line.ts";
import type { Dict, Id, Publish, Uri } from "./message.ts";
import { MessageType } from "./message.ts";
import type { SessionOrigin } from "./session.ts";
import { Session } from "./session.ts";
import type { StoredPayload } from "./stored-payload.ts";
import { restorePayload, storePayload } from "./stored-payload.ts";

/** Session id → text, for `Testaments` to read. */
export interface TestamentStore {
  /** The sessions that have one. */
  owners(): readonly Id[];
  get(sessionId: Id): string | undefined;
  put(sessionId: Id, text: string): void;
  delete(sessionId: Id): void;
}

/** When a testament is published; without session resumption one follows the other, but they are flushed apart. */
export const TESTAMENT_SCOPES = ["detached", "destroyed"] as const;
export type TestamentScope = (typeof TESTAMENT_SCOPES)[number];

/** What one session left, as JSON. The owner is told too: after a restart nothing else is known of it. */
interface Estate {
  readonly owner: Pick<SessionOrigin, "id" | "identity" | "features">;
  readonly testaments: readonly StoredTestament[];
}

type StoredTestament = readonly [scope: TestamentScope, topic: Uri, options: Dict, ...payload: StoredPayload];

/**
 * The testaments of a realm's sessions, in storage from the moment they are added. Taking them out and publishing them
 * is one turn, so they become public exactly once, whatever happens to the object.
 */
export class Testaments {
  readonly #host: Host;
  readonly #store: TestamentStore;
  readonly #limits: Limits;
  readonly #publish: (owner: Session, message: Publish) => void;
  readonly #owners: Set<Id>;

  /** `publish` publishes in the name of a session, and throws what a refused PUBLISH throws. */
  constructor(host: Host, limits: Limits, publish: (owner: Session, message: Publish) => void) {
    this.#host = host;
    this.#store = host.store.testaments;
    this.#limits = limits;
    this.#publish = publish;
    this.#owners = new Set(this.#store.owners());
  }

  /** Adds a testament after those the session has; throws invalid_argument where that is one too many (TST-13). */
  add(owner: Session, scope: TestamentScope, [, , options, topic, payload]: Publish): void {
    const testaments = [...this.#of(owner.id), [scope, topic, options, ...storePayload(payload)] as const];
    const text = textOf(owner, testaments);
    const { testaments_per_session, testament_bytes } = this.#limits;
    if (testaments.length > testaments_per_session || text.length > testament_bytes) {
      const bounds = `${testaments_per_session} testaments, ${testament_bytes} bytes in all`;
      throw new WampError(WampUri.INVALID_ARGUMENT, `a session may leave ${bounds}`);
    }
    this.#owners.add(owner.id);
    this.#store.put(owner.id, text);
  }

  /** Removes the testaments of one scope. */
  flush(owner: Session, scope: TestamentScope): void {
    const testaments = this.#of(owner.id);
    const kept = testaments.filter(([of]) => of !== scope);
    if (kept.length === testaments.length) return;
    if (kept.length === 0) this.forget(owner.id);
    else this.#store.put(owner.id, textOf(owner, kept));
  }

  /** The session is gone: what it left is published, the scope `detached` first. */
  execute(owner: Session): void {
    const testaments = this.#of(owner.id);
    this.forget(owner.id);
    for (const scope of TESTAMENT_SCOPES) {
      for (const testament of testaments) if (testament[0] === scope) this.#executeOne(owner, testament);
    }
  }

  /** The session has lost its transport and may get another one: what it left for that is published. */
  detach(owner: Session): void {
    const testaments = this.#of(owner.id).filter(([scope]) => scope === "detached");
    this.flush(owner, "detached");
    for (const testament of testaments) this.#executeOne(owner, testament);
  }

  /** Removes what a session left, unpublished. */
  forget(sessionId: Id): void {
    if (this.#owners.delete(sessionId)) this.#store.delete(sessionId);
  }

  /** After a start: sessions that ended with the object are gone without notice, and what they left is published now. */
  wake(sessions: ReadonlyMap<Id, Session>): void {
    for (const id of this.#owners) {
      if (!sessions.has(id)) this.execute(new Session(NOWHERE, estateIn(this.#store.get(id)!).owner));
    }
  }

  #of(sessionId: Id): readonly StoredTestament[] {
    return this.#owners.has(sessionId) ? estateIn(this.#store.get(sessionId)!).testaments : [];
  }

  #executeOne(owner: Session, [, topic, options, ...stored]: StoredTestament): void {
    try {
      this.#publish(owner, [MessageType.PUBLISH, 1, options, topic, restorePayload(stored)]);
    } catch (error) {
      // Nobody is left to tell that the owner may no longer publish this; anything else is our own fault.
      if (error instanceof WampError || error instanceof ProtocolViolation) return;
      this.#host.log({ level: "error", event: "testament.failed", session: owner.id, topic, ...thrown(error) });
    }
  }
}

/** The transport of a session that is gone. */
const NOWHERE: Transport = { send: () => "closed", close: () => {}, save: () => {} };

function textOf({ id, identity, features }: Session, testaments: readonly StoredTestament[]): string {
  const estate: Estate = { owner: { id, identity, features }, testaments };
  return JSON.stringify(estate);
}

function estateIn(text: string): Estate {
  // Written by `textOf`.
  return JSON.parse(text) as Estate;
}
