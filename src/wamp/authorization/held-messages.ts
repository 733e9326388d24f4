/** Messages of one peer that wait, because the permission for an earlier one has not been decided yet. */

import { sizeOf } from "../protocol/value-size.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import type { Session } from "../session/session.ts";
import type { Verdict } from "./authorizer-request.ts";

/** A message as it was decoded. */
export type Elements = readonly unknown[];

/** The message that waits for a decision, and those behind it, in the order they came in. */
export class PendingMessages {
  /** The session of the first message. */
  session: Session;
  #first: Elements;
  /** What was decided about it. */
  verdicts: Verdict[];
  /** What the router waits for; an answer to anything else comes too late. */
  question: object | undefined;
  readonly #limit: number;
  readonly #records: RecordBudget;
  #rest: Elements[] = [];
  #taken = 0;
  #bytes = 0;

  /** `limit` in bytes; what waits counts among the records of the realm, too. */
  constructor(session: Session, first: Elements, verdicts: Verdict[], limit: number, records: RecordBudget) {
    this.session = session;
    this.verdicts = verdicts;
    this.#limit = limit;
    this.#records = records;
    this.#first = first;
    records.bytes += sizeOf(first);
  }

  /** It is routed when there is nothing more to ask about it. */
  get first(): Elements {
    return this.#first;
  }

  set first(elements: Elements) {
    if (elements === this.#first) return;
    this.#records.bytes += sizeOf(elements) - sizeOf(this.#first);
    this.#first = elements;
  }

  /** Nothing waits any more. */
  end(): void {
    this.#records.bytes -= this.#bytes + sizeOf(this.#first);
  }

  /** Puts a message behind the others; false if together they would take more than may be. */
  add(elements: Elements): boolean {
    const size = sizeOf(elements);
    this.#bytes += size;
    this.#records.bytes += size;
    this.#rest.push(elements);
    return this.#bytes <= this.#limit && !this.#records.isFull;
  }

  /** Takes the next message out; undefined when there is none. */
  shift(): Elements | undefined {
    const next = this.#rest[this.#taken];
    if (next === undefined) return undefined;
    this.#taken++;
    const size = sizeOf(next);
    this.#bytes -= size;
    this.#records.bytes -= size;
    // Taking them off the front one by one would move all others each time.
    if (this.#taken > 100 && this.#taken * 2 > this.#rest.length) {
      this.#rest = this.#rest.slice(this.#taken);
      this.#taken = 0;
    }
    return next;
  }
}
