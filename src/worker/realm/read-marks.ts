/** Offsets in what a connection was sent whose receipt a later message of its client proves. */

import type { RouterMessage } from "../../wamp/protocol/message.ts";
import { MessageType } from "../../wamp/protocol/message.ts";
import type { Id } from "../../wamp/protocol/values.ts";

/** Marks kept at once; more would only make the account of unread bytes finer. */
const MOST_MARKS = 64;

/**
 * A client can answer INVOCATION, or give up a subscription or registration, only when it has read the id, and with it
 * everything the router sent before. A mark is such an id and the bytes sent up to the message that told it. Other
 * messages prove nothing: a client can write them without reading. It can also guess: INVOCATIONs count 1, 2, 3 …, and an
 * id of a subscription that others share may be known from them. So a proof is believed within limits (`UnreadBudget`). GOODBYE and AUTHENTICATE also answer something, but
 * no session receives much before the one or after the other.
 */
export class ReadMarks {
  /** INVOCATION.Request → bytes sent so far; entries are in ascending order of bytes. */
  readonly #invocations = new Map<Id, number>();
  /** Subscription or registration id → bytes sent so far, in the same order. */
  readonly #holdings = new Map<Id, number>();
  readonly #spacing: number;
  #distance: number;
  #last = 0;

  /** `spacing`: bytes between two marks, at least. */
  constructor(spacing: number) {
    this.#spacing = spacing;
    this.#distance = spacing;
  }

  /** From which number of bytes sent the next mark is wanted. */
  get nextAt(): number {
    return this.#last + this.#distance;
  }

  /** Takes a message that was sent as the end of `sent` bytes; only one that tells a provable id becomes a mark. */
  note(message: RouterMessage, sent: number): void {
    if (message[0] === MessageType.INVOCATION) this.#add(this.#invocations, message[1], sent);
    else if (message[0] === MessageType.SUBSCRIBED || message[0] === MessageType.REGISTERED) {
      this.#add(this.#holdings, message[2], sent);
    }
  }

  /** The bytes that a decoded message of the client proves read; undefined where it proves nothing that is marked. */
  provedBy(elements: readonly unknown[]): number | undefined {
    const type = elements[0];
    if (type === MessageType.YIELD) return this.#take(this.#invocations, elements[1]);
    if (type === MessageType.ERROR && elements[1] === MessageType.INVOCATION) {
      return this.#take(this.#invocations, elements[2]);
    }
    if (type === MessageType.UNSUBSCRIBE || type === MessageType.UNREGISTER) {
      return this.#take(this.#holdings, elements[2]);
    }
    return undefined;
  }

  #add(marks: Map<Id, number>, id: Id, sent: number): void {
    if (marks.has(id)) return;
    if (this.#invocations.size + this.#holdings.size >= MOST_MARKS) this.#thinOut();
    marks.set(id, sent);
    this.#last = sent;
  }

  #take(marks: Map<Id, number>, id: unknown): number | undefined {
    const read = marks.get(id as Id);
    if (read === undefined) return undefined;
    forgetUpTo(this.#invocations, read);
    forgetUpTo(this.#holdings, read);
    if (this.#invocations.size + this.#holdings.size === 0) this.#distance = this.#spacing;
    return read;
  }

  /** Drops every second mark, and sets later ones twice as far apart. */
  #thinOut(): void {
    this.#distance *= 2;
    for (const marks of [this.#invocations, this.#holdings]) {
      let isKept = false;
      for (const id of marks.keys()) {
        isKept = !isKept;
        if (!isKept) marks.delete(id);
      }
    }
  }
}

function forgetUpTo(marks: Map<Id, number>, read: number): void {
  for (const [id, sent] of marks) {
    if (sent > read) return;
    marks.delete(id);
  }
}
