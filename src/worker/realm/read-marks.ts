/**
 * Remembers ids and how many bytes had been sent with them, so that a client that uses an id proves what it has read.
 */

import type { RouterMessage } from "../../wamp/protocol/message.ts";
import { MessageType } from "../../wamp/protocol/message.ts";
import type { Id } from "../../wamp/protocol/values.ts";

/** Marks that are kept at once; more would only make the count of unread bytes finer. */
const MOST_MARKS = 64;

/**
 * A client can answer INVOCATION, or send UNSUBSCRIBE or UNREGISTER, only if it has read the id, and with it everything
 * that the router sent before. A mark is such an id and the number of bytes sent up to the message that carried it.
 * Other messages prove nothing, because a client can send them without reading. A client can also guess ids:
 * INVOCATIONs count 1, 2, 3 …, and other sessions may know the id of a shared subscription. So `UnreadBudget` limits
 * what a proof is worth. GOODBYE and AUTHENTICATE are answers, too, but a session receives little before AUTHENTICATE
 * and after GOODBYE.
 */
export class ReadMarks {
  /**
   * INVOCATION.Request → bytes sent so far; entries are in ascending order of bytes. Both maps are made with their first
   * mark, because most idle sessions have none.
   */
  #invocations = NONE;
  /** Subscription or registration id → bytes sent so far, in the same order. */
  #holdings = NONE;
  readonly #spacing: number;
  #distance: number;
  #last = 0;

  /** `spacing` is the least number of bytes between two marks. */
  constructor(spacing: number) {
    this.#spacing = spacing;
    this.#distance = spacing;
  }

  /** The number of sent bytes from which on `note` takes the next mark. */
  get nextAt(): number {
    return this.#last + this.#distance;
  }

  /** Takes a message with which `sent` bytes have been sent; it becomes a mark if it carries a provable id. */
  note(message: RouterMessage, sent: number): void {
    if (message[0] === MessageType.INVOCATION) {
      if (this.#invocations === NONE) this.#invocations = new Map();
      this.#add(this.#invocations, message[1], sent);
    } else if (message[0] === MessageType.SUBSCRIBED || message[0] === MessageType.REGISTERED) {
      if (this.#holdings === NONE) this.#holdings = new Map();
      this.#add(this.#holdings, message[2], sent);
    }
  }

  /** Returns how many bytes a decoded message proves read; undefined if it proves nothing. */
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

  /** Drops every second mark, and doubles the distance of later ones. */
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

/** Shared by all connections without a mark: stays empty. */
const NONE = new Map<Id, number>();

function forgetUpTo(marks: Map<Id, number>, read: number): void {
  for (const [id, sent] of marks) {
    if (sent > read) return;
    marks.delete(id);
  }
}
