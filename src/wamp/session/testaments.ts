/** Testaments: events that the router publishes for a session when it ends (Session Testament). */

import type { Limits } from "../config/limits.ts";
import type { Log, Storage } from "../host/host.ts";
import { thrown } from "../host/log-line.ts";
import type { TestamentStore } from "../host/storage.ts";
import type { Transport } from "../host/transport.ts";
import { ProtocolViolation, WampError, WampUri } from "../protocol/errors.ts";
import type { Publish } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import type { Payload } from "../protocol/payload.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import { testamentFromFormat1 } from "../stored-records/format-1.ts";
import { payloadField } from "../stored-records/stored-payload.ts";
import { type Format, field, oneOf, read, record, unreadable, write } from "../stored-records/stored-record.ts";
import * as is from "../stored-records/stored-values.ts";
import type { SessionOrigin } from "./session.ts";
import { Session } from "./session.ts";
import { namedIdentity } from "./stored-identity.ts";

/** When a testament is published: when the connection is lost, or when the session ends. The latter publishes both. */
export const TESTAMENT_SCOPES = ["detached", "destroyed"] as const;
/** See `TESTAMENT_SCOPES`. */
export type TestamentScope = (typeof TESTAMENT_SCOPES)[number];

/** The testaments of one session, and its owner, of which nothing else is known after a restart. */
interface StoredTestaments {
  readonly owner: Pick<SessionOrigin, "id" | "identity" | "features">;
  readonly testaments: readonly Testament[];
}

/** One event to publish. */
interface Testament {
  readonly scope: TestamentScope;
  readonly topic: Uri;
  readonly options: Dict;
  readonly payload: Payload;
}

const storedTestaments = record<StoredTestaments>({
  owner: field(
    "owner",
    record<StoredTestaments["owner"]>({
      id: field("id", is.id),
      identity: field("identity", namedIdentity),
      features: field("features", is.count),
    }),
  ),
  testaments: is.several(
    "all",
    record<Testament>({
      scope: field("s", oneOf(...TESTAMENT_SCOPES)),
      topic: field("u", is.text),
      options: is.details("o"),
      payload: payloadField("p"),
    }),
  ),
});

/**
 * Release 0.1.0 reads `owner` and `testaments`. It finds the owner and an empty list: after a rollback it removes the
 * row of a session that has ended, instead of failing on each wake.
 */
const TESTAMENTS: Format<StoredTestaments> = {
  kind: "testament",
  codec: { ...storedTestaments, write: (value) => ({ ...(storedTestaments.write(value) as object), testaments: [] }) },
  steps: [testamentFromFormat1],
};

/**
 * The testaments of a realm's sessions, in storage from the moment they are added. They are removed and published in
 * one turn, so that each is published exactly once, whatever happens to the object.
 */
export class Testaments {
  readonly #host: Storage & Log;
  readonly #store: TestamentStore;
  readonly #limits: Limits;
  readonly #publish: (owner: Session, message: Publish) => void;
  readonly #log: Log["log"];
  readonly #owners: Set<Id>;
  /** Sessions whose testaments this code cannot read; they stay in storage. */
  readonly #unreadable = new Set<Id>();

  /** `publish` publishes in the name of a session; it throws WampError or ProtocolViolation. */
  constructor(host: Storage & Log, limits: Limits, publish: (owner: Session, message: Publish) => void) {
    this.#host = host;
    this.#store = host.store.testaments;
    this.#log = (line) => host.log(line);
    this.#limits = limits;
    this.#publish = publish;
    this.#owners = new Set(this.#store.owners());
  }

  /** Adds a testament after the session's others; throws invalid_argument over the limits (TST-13), or unavailable. */
  add(owner: Session, scope: TestamentScope, [, , options, topic, payload]: Publish): void {
    const testaments = [...this.#of(owner.id), { scope, topic, options, payload }];
    if (this.#unreadable.has(owner.id)) throw new WampError(WampUri.UNAVAILABLE, "the testaments cannot be read");
    const text = textOf(owner, testaments);
    const { testaments_per_session, testament_bytes } = this.#limits;
    if (testaments.length > testaments_per_session || text.length > testament_bytes) {
      const bounds = `${testaments_per_session} testaments, ${testament_bytes} bytes in all`;
      throw new WampError(WampUri.INVALID_ARGUMENT, `a session may leave ${bounds}`);
    }
    this.#store.put(owner.id, text);
    this.#owners.add(owner.id);
  }

  /** Removes the testaments of one scope. */
  flush(owner: Session, scope: TestamentScope): void {
    const testaments = this.#of(owner.id);
    const kept = testaments.filter((testament) => testament.scope !== scope);
    if (kept.length === testaments.length) return;
    if (kept.length === 0) this.forget(owner.id);
    else this.#store.put(owner.id, textOf(owner, kept));
  }

  /** Publishes all testaments of a session that has ended, the scope `detached` first. */
  execute(owner: Session): void {
    if (!this.#owners.has(owner.id)) return;
    const testaments = this.#of(owner.id);
    this.forget(owner.id);
    for (const scope of TESTAMENT_SCOPES) {
      for (const testament of testaments) if (testament.scope === scope) this.#executeOne(owner, testament);
    }
  }

  /** Publishes the testaments of scope `detached`: the session lost its connection and may be resumed. */
  detach(owner: Session): void {
    const testaments = this.#of(owner.id).filter(({ scope }) => scope === "detached");
    this.flush(owner, "detached");
    for (const testament of testaments) this.#executeOne(owner, testament);
  }

  /** Removes the testaments of a session without publishing them. */
  forget(sessionId: Id): void {
    if (this.#owners.delete(sessionId)) this.#store.delete(sessionId);
  }

  /** The stored testaments of a session that moves to another object, where `restore` takes them; removes them here. */
  release(sessionId: Id): string | undefined {
    const text = this.#owners.has(sessionId) ? this.#store.get(sessionId) : undefined;
    this.forget(sessionId);
    return text;
  }

  /** Takes over the testaments of a session that has moved here. */
  restore(sessionId: Id, text: string): void {
    this.#store.put(sessionId, text);
    this.#owners.add(sessionId);
  }

  /** Publishes the testaments of sessions that ended with the object, unnoticed; `sessions` are those still there. */
  executeOrphaned(sessions: ReadonlyMap<Id, Session>): void {
    for (const id of this.#owners) {
      if (sessions.has(id)) continue;
      const stored = this.#stored(id);
      if (stored !== undefined) this.execute(new Session(CLOSED, stored.owner));
    }
  }

  #of(sessionId: Id): readonly Testament[] {
    return this.#stored(sessionId)?.testaments ?? [];
  }

  /** The stored testaments of a session. A row that this code cannot read is logged once, and stays in storage. */
  #stored(sessionId: Id): StoredTestaments | undefined {
    const text = this.#owners.has(sessionId) ? this.#store.get(sessionId) : undefined;
    if (text === undefined) return undefined;
    const reading = read(TESTAMENTS, text);
    if (reading.ok) return reading.value;
    this.#owners.delete(sessionId);
    this.#unreadable.add(sessionId);
    this.#log(unreadable("testament", reading.cause, { session: sessionId }));
    return undefined;
  }

  #executeOne(owner: Session, { topic, options, payload }: Testament): void {
    try {
      this.#publish(owner, [MessageType.PUBLISH, 1, options, topic, payload]);
    } catch (error) {
      // The owner may no longer publish this, and has ended, so no error can be sent. Any other error is a bug.
      if (error instanceof WampError || error instanceof ProtocolViolation) return;
      this.#host.log({ level: "error", event: "testament.failed", session: owner.id, topic, ...thrown(error) });
    }
  }
}

/** The transport of a session that has ended. */
const CLOSED: Transport = { send: () => "closed", close: () => {}, save: () => {} };

function textOf({ id, identity, features }: Session, testaments: readonly Testament[]): string {
  return write(TESTAMENTS, { owner: { id, identity, features }, testaments });
}
