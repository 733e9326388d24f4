/** The retained events that sessions of a relay ask for when they subscribe, which the core has. */

import { EventFilter } from "../../broker/event-filter.ts";
import type { Publication } from "../../broker/publication.ts";
import type { Subscription } from "../../broker/subscriptions.ts";
import { matches } from "../../matching/covering.ts";
import { MessageType } from "../../protocol/message.ts";
import type { Pattern } from "../../protocol/uri.ts";
import type { Uri } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";
import { originOf, type RetainedAnswer, type RetainedRequest } from "../link/messages.ts";

/** What the requests ask of the relay. */
export interface RetainedRequestsPorts {
  /** Returns a number for a request, larger than those of all publications and requests before. */
  nextNumber(): number;
  /** Queues a request for the core. */
  send(request: RetainedRequest): void;
}

/** A publication of the relay's sessions, while the core is asked. */
interface LatePublication {
  readonly publication: Publication;
  /** The largest number of the relay then. */
  readonly number: number;
}

/** A SUBSCRIBE that waits for retained events. */
interface Pending {
  readonly session: Session;
  readonly pattern: Pattern;
  readonly isConfirmed: boolean;
  /** Retained publications that the core may not have had when it answers; the oldest first. */
  readonly late: LatePublication[];
  readonly then: (refusal: unknown, replay?: Replay) => void;
}

/** Sends what a session gets between SUBSCRIBED and later events. */
export type Replay = (subscription: Subscription) => void;

/**
 * A session gets SUBSCRIBED, what is retained then, and later events. For the publications of other objects the order of
 * the link is enough. Those of the relay itself are noted from the question on; the answer tells by their counts which
 * ones the core had, and the others take the place of its events.
 */
export class RetainedRequests {
  readonly #ports: RetainedRequestsPorts;
  readonly #pending = new Map<number, Pending>();

  constructor(ports: RetainedRequestsPorts) {
    this.#ports = ports;
  }

  /** Does a SUBSCRIBE wait? */
  get isWaiting(): boolean {
    return this.#pending.size > 0;
  }

  /**
   * Asks for the events of a pattern, and calls `then` with the answer. `isConfirmed`: does the core send the relay the
   * events of the pattern already? Otherwise it answers after its confirmation. Returns a function that forgets the
   * request.
   */
  ask(session: Session, pattern: Pattern, isConfirmed: boolean, then: Pending["then"]): () => void {
    const pending: Pending = { session, pattern, isConfirmed, late: [], then };
    this.#ask(pending);
    return () => {
      for (const [number, each] of this.#pending) if (each === pending) this.#pending.delete(number);
    };
  }

  /** Takes note of a publication of the relay's sessions that is retained; `number` is its count. */
  note(publication: Publication, number: number): void {
    for (const { session, pattern, late } of this.#pending.values()) {
      const isFor =
        matches(pattern, publication.topic) && EventFilter.of(publication.options)?.admits(session) !== false;
      if (isFor) late.push({ publication, number });
    }
  }

  /** Takes the core's answer; one to a request that was repeated or forgotten is ignored. */
  answered({ number, count, events }: RetainedAnswer): void {
    const pending = this.#pending.get(number);
    if (pending === undefined) return;
    this.#pending.delete(number);
    const { session, late, then } = pending;
    const newer = new Map<Uri, Publication>();
    for (const each of late) if (each.number > count) newer.set(each.publication.topic, each.publication);
    then(undefined, (subscription) => {
      for (const event of events) {
        if (!newer.has((event[3].topic as Uri | undefined) ?? subscription.topic)) session.transport.send(event);
      }
      for (const publication of newer.values()) sendRetained(session, subscription, publication);
    });
  }

  /** Refuses all that wait: the core cannot be reached. */
  refuseAll(refusal: unknown): void {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const { then } of all) then(refusal);
  }

  /** Asks again what the core has not answered: it has restarted. Call it after what it has lost was sent again. */
  askAgain(): void {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of all) this.#ask(pending);
  }

  #ask(pending: Pending): void {
    const { session, pattern, isConfirmed } = pending;
    const number = this.#ports.nextNumber();
    this.#pending.set(number, pending);
    this.#ports.send({ kind: "get retained", number, pattern, isConfirmed, origin: originOf(session) });
  }
}

function sendRetained(session: Session, { id, match }: Subscription, publication: Publication): void {
  const { topic, payload } = publication;
  const details = { ...publication.details, retained: true, ...(match !== "exact" && { topic }) };
  session.transport.send([MessageType.EVENT, id, publication.id, details, payload]);
}
