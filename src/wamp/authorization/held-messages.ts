/** Holds the messages of one peer while an authorizer decides on the first of them. */

import { sizeOf } from "../protocol/value-size.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import type { Session } from "../session/session.ts";
import type { AuthorizerResult } from "./authorizer-request.ts";

/** A decoded message whose types are not checked yet. */
export type RawMessage = readonly unknown[];

/** The message that waits for a decision, and the later ones in the order of their arrival. */
export class HeldMessages {
  /** The session of the first message. */
  session: Session;
  #first: RawMessage;
  /** The decisions on the first message so far. */
  results: AuthorizerResult[];
  /** The request under way, compared by identity: the response to an earlier one is dropped. */
  awaited: object | undefined;
  readonly #limit: number;
  readonly #records: RecordBudget;
  #rest: RawMessage[] = [];
  #taken = 0;
  #bytes = 0;

  /** `limit` in bytes; the held messages count in the record budget of the realm, too. */
  constructor(session: Session, first: RawMessage, results: AuthorizerResult[], limit: number, records: RecordBudget) {
    this.session = session;
    this.results = results;
    this.#limit = limit;
    this.#records = records;
    this.#first = first;
    records.bytes += sizeOf(first);
  }

  /** The message that is routed once all its actions are decided. */
  get first(): RawMessage {
    return this.#first;
  }

  set first(raw: RawMessage) {
    if (raw === this.#first) return;
    this.#records.bytes += sizeOf(raw) - sizeOf(this.#first);
    this.#first = raw;
  }

  /** Gives the bytes back to the record budget. */
  end(): void {
    this.#records.bytes -= this.#bytes + sizeOf(this.#first);
  }

  /** Appends a message; false if the held messages now exceed the limit or the record budget. */
  add(raw: RawMessage): boolean {
    const size = sizeOf(raw);
    this.#bytes += size;
    this.#records.bytes += size;
    this.#rest.push(raw);
    return this.#bytes <= this.#limit && !this.#records.isFull;
  }

  /** Removes and returns the next message; undefined when none is left. */
  shift(): RawMessage | undefined {
    const next = this.#rest[this.#taken];
    if (next === undefined) return undefined;
    this.#taken++;
    const size = sizeOf(next);
    this.#bytes -= size;
    this.#records.bytes -= size;
    // Array.shift would move all later messages each time.
    if (this.#taken > 100 && this.#taken * 2 > this.#rest.length) {
      this.#rest = this.#rest.slice(this.#taken);
      this.#taken = 0;
    }
    return next;
  }
}
