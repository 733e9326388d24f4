/** The publications of a relay that the core has to store, until it has. */

import type { Clock } from "../../host/host.ts";
import { WampError, WampUri } from "../../protocol/errors.ts";
import { MessageType, NO_DETAILS } from "../../protocol/message.ts";
import type { Id } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";
import type { ForwardedPublication, KeepRequest, PublishRequest, StoredAnswer } from "../link/messages.ts";
import { STORE_TIMEOUT_MS } from "../link/seen-publications.ts";

/** What the waiting publications ask of the relay. */
export interface WaitingPorts {
  readonly clock: Clock;
  /** Is the session still there? */
  isHere(session: Session): boolean;
}

/** A publisher that waits for PUBLISHED. */
interface Publisher {
  readonly session: Session;
  readonly request: Id;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** A publication that is sent again if the core restarts; `publisher` is undefined if none waits for it. */
interface Waiting {
  readonly message: PublishRequest;
  readonly publisher: Publisher | undefined;
}

/**
 * Acknowledged publications that the core has not stored yet, and all that were sent behind one: a core that restarts
 * gets them again in their order. It may have lost any of them, although it has acknowledged their batch.
 */
export class WaitingPublications {
  readonly #ports: WaitingPorts;
  #waiting: Waiting[] = [];
  readonly #onAnswered = new Map<Session, () => void>();

  constructor(ports: WaitingPorts) {
    this.#ports = ports;
  }

  /** Does a publication wait? */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Makes the message for a publication, and keeps it if it has to be sent again after a restart of the core. */
  request(publication: ForwardedPublication): PublishRequest {
    return this.#add(this.#message(publication, undefined, this.#last));
  }

  /** As `request`, for a publication that the core stores; the publisher gets PUBLISHED or ERROR for `request`. */
  storeRequest(publication: ForwardedPublication, session: Session, request: Id | undefined): PublishRequest {
    const isAcknowledged = request !== undefined;
    const oldest = this.#waiting[0]?.message.publication.count ?? publication.count;
    const keep = { publisher: session.id, isAcknowledged, oldest };
    const message = this.#message(publication, keep, this.#last);
    if (!isAcknowledged) return this.#add(message);
    const until = this.#ports.clock.now() + STORE_TIMEOUT_MS;
    if (!this.isWaiting) this.#ports.clock.setAlarm(until);
    return this.#add(message, { session, request, until });
  }

  /** Takes the core's answer. */
  answered({ count, fault }: StoredAnswer): void {
    this.#end(count, fault === undefined ? undefined : new WampError(fault.uri, fault.text));
  }

  /** The core cannot be reached: the publisher of the message gets ERROR, if it waits. */
  fail({ publication }: PublishRequest): void {
    this.#end(publication.count, unreachable());
  }

  /** What the core gets again, in order, after it has restarted. */
  repeated(): readonly PublishRequest[] {
    let behind: number | undefined;
    return this.#waiting.map(({ message, publisher }) => {
      const repeated = this.#message(message.publication, message.keep, behind);
      if (publisher !== undefined) behind = message.publication.count;
      return repeated;
    });
  }

  /** Calls back once the session waits for no answer, and returns true; false if it waits for none now. */
  whenAnswered(session: Session, then: () => void): boolean {
    const isWaiting = this.#isWaitingFor(session);
    if (isWaiting) this.#onAnswered.set(session, then);
    return isWaiting;
  }

  /** Fails what has waited too long at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    for (const { message, publisher } of [...this.#waiting]) {
      if (publisher !== undefined && publisher.until <= now) this.fail(message);
    }
    const next = this.nextDeadline();
    if (next !== undefined) this.#ports.clock.setAlarm(next);
  }

  /** When `tick` has something to do, if it has; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#waiting[0]?.publisher?.until;
  }

  /** The count of the last publication that waits for its answer. */
  get #last(): number | undefined {
    return this.#waiting.findLast(({ publisher }) => publisher !== undefined)?.message.publication.count;
  }

  /** One that is sent again must not wait for another one that the core has answered, and does not get any more. */
  #message(
    publication: ForwardedPublication,
    keep: KeepRequest | undefined,
    behind: number | undefined,
  ): PublishRequest {
    if (behind === undefined) return { kind: "publish", publication, keep };
    const isBehind = (): boolean => (this.#waiting[0]?.message.publication.count ?? behind + 1) <= behind;
    return {
      ...{ kind: "publish", publication, keep },
      get behind() {
        return isBehind() ? behind : undefined;
      },
    };
  }

  #add(message: PublishRequest, publisher?: Publisher): PublishRequest {
    if (publisher !== undefined || this.isWaiting) this.#waiting.push({ message, publisher });
    return message;
  }

  #end(count: number, fault: WampError | undefined): void {
    const index = this.#waiting.findIndex(({ message }) => message.publication.count === count);
    const [ended] = index < 0 ? [] : this.#waiting.splice(index, 1);
    // What no publisher waits for is kept only for its place behind the others.
    const first = this.#waiting.findIndex(({ publisher }) => publisher !== undefined);
    this.#waiting.splice(0, first < 0 ? this.#waiting.length : first);
    if (ended?.publisher !== undefined) this.#answer(ended.publisher, ended.message.publication.id, fault);
  }

  /** The connection of a session that has ended may be that of another one. */
  #answer({ session, request }: Publisher, publication: Id, fault: WampError | undefined): void {
    if (this.#ports.isHere(session)) {
      if (fault === undefined) session.transport.send([MessageType.PUBLISHED, request, publication]);
      else {
        const { uri, payload } = fault;
        session.transport.send([MessageType.ERROR, MessageType.PUBLISH, request, NO_DETAILS, uri, payload]);
      }
    }
    if (this.#isWaitingFor(session)) return;
    const then = this.#onAnswered.get(session);
    this.#onAnswered.delete(session);
    then?.();
  }

  #isWaitingFor(session: Session): boolean {
    return this.#waiting.some(({ publisher }) => publisher?.session === session);
  }
}

function unreachable(): WampError {
  return new WampError(WampUri.UNAVAILABLE, "the core of the realm could not be reached");
}
