/** Messages of one peer that wait, because the permission for an earlier one has not been decided yet. */

import type { Verdict } from "./authorizer-question.ts";
import { Payload } from "./payload.ts";
import type { Session } from "./session.ts";

/** A message as it was decoded. */
export type Elements = readonly unknown[];

/** What the router itself needs to keep a message or one of its parts; bytes, about. */
const OVERHEAD = 64;

/** The message that waits for a decision, and those behind it, in the order they came in. */
export class PendingMessages {
  /** The session of the first message. */
  session: Session;
  /** It is routed when there is nothing more to ask about it. */
  first: Elements;
  /** What was decided about it. */
  verdicts: Verdict[];
  /** What the router waits for; an answer to anything else comes too late. */
  question: object | undefined;
  readonly #limit: number;
  #rest: Elements[] = [];
  #taken = 0;
  #bytes = 0;

  /** `limit` in bytes. */
  constructor(session: Session, first: Elements, verdicts: Verdict[], limit: number) {
    this.session = session;
    this.first = first;
    this.verdicts = verdicts;
    this.#limit = limit;
  }

  /** Puts a message behind the others; false if together they would take more than may be. */
  add(elements: Elements): boolean {
    this.#bytes += sizeOf(elements);
    this.#rest.push(elements);
    return this.#bytes <= this.#limit;
  }

  /** Takes the next message out; undefined when there is none. */
  shift(): Elements | undefined {
    const next = this.#rest[this.#taken];
    if (next === undefined) return undefined;
    this.#taken++;
    this.#bytes -= sizeOf(next);
    // Taking them off the front one by one would move all others each time.
    if (this.#taken > 100 && this.#taken * 2 > this.#rest.length) {
      this.#rest = this.#rest.slice(this.#taken);
      this.#taken = 0;
    }
    return next;
  }
}

/** Bytes a value takes, about; at least a third of what the client had to send for it. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return OVERHEAD + value.length;
  if (value instanceof Payload) return OVERHEAD + value.size;
  if (value instanceof Uint8Array) return OVERHEAD + value.length;
  if (typeof value !== "object" || value === null) return OVERHEAD;
  return Object.entries(value).reduce((sum, [key, entry]) => sum + key.length + sizeOf(entry), OVERHEAD);
}
