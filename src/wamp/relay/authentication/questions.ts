/** The questions of a relay to the core that an answer ends: each is answered, or fails. */

import { Deadlines } from "../../host/deadlines.ts";
import type { Clock, Output } from "../../host/host.ts";
import { Payload } from "../../protocol/payload.ts";
import { GrowingNumbers } from "../link/growing-numbers.ts";
import type { Answer, Question, ToCore } from "../link/messages.ts";

/** Why a question has no answer. */
export type Unanswered = "timeout" | "unreachable";

/** An answer of the core; the payload is empty where the question asks for none. */
export interface Answered {
  /** Of the question. */
  readonly number: number;
  readonly answer: Answer;
  readonly payload: Payload;
}

/** Longest wait for the core, where the question itself takes no time: milliseconds. */
const ANSWER_MS = 5_000;

interface Open {
  readonly number: number;
  resolve(answer: Answered | Unanswered): void;
}

/**
 * Questions are in memory only, as are the logins and undecided messages that they are about, which a sleep ends. A
 * question that the core may have lost in a restart fails at once.
 */
export class Questions {
  readonly #host: Clock & Output;
  readonly #send: (message: ToCore) => void;
  readonly #open = new Map<number, Open>();
  readonly #deadlines = new Deadlines<Open>();
  readonly #numbers: GrowingNumbers;

  /** `send` queues a message for the core; `boot` as in `Batch.boot`, so that no number is used twice. */
  constructor(host: Clock & Output, boot: () => number, send: (message: ToCore) => void) {
    this.#host = host;
    this.#send = send;
    this.#numbers = new GrowingNumbers(boot);
  }

  /** Questions without an answer. */
  get size(): number {
    return this.#open.size;
  }

  /** Asks; never rejects. */
  ask(question: Question, timeoutMs = ANSWER_MS, payload = Payload.NONE): Promise<Answered | Unanswered> {
    const number = this.#numbers.next();
    const { promise, resolve } = Promise.withResolvers<Answered | Unanswered>();
    const open = { number, resolve };
    const deadline = this.#host.now() + timeoutMs;
    this.#open.set(number, open);
    this.#deadlines.set(open, deadline);
    this.#host.setAlarm(deadline);
    this.#send({ kind: "ask", number, question, payload });
    // Outside of a turn no other code flushes the message.
    queueMicrotask(() => this.#host.flushOutput());
    return promise;
  }

  /** Takes an answer; one to a question that has failed is ignored. */
  answered(number: number, answered: Answered): void {
    this.#end(number, answered);
  }

  /** The core may not have got the question, or has lost it. */
  fail(number: number): void {
    this.#end(number, "unreachable");
  }

  /** The core has restarted: of the questions only those in `unsent` reach it. */
  failAllBut(unsent: Iterable<ToCore>): void {
    const kept = new Set<number>();
    for (const message of unsent) if (message.kind === "ask") kept.add(message.number);
    for (const number of [...this.#open.keys()]) if (!kept.has(number)) this.fail(number);
  }

  /** Fails what is overdue at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    for (const { number } of this.#deadlines.takeExpired(now)) this.#end(number, "timeout");
  }

  /** When `tick` has something to do, if it has; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#deadlines.next();
  }

  #end(number: number, answer: Answered | Unanswered): void {
    const open = this.#open.get(number);
    if (open === undefined) return;
    this.#open.delete(number);
    this.#deadlines.delete(open);
    open.resolve(answer);
  }
}
