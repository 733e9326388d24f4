/** Asks relays for their parts of an answer, and waits for them for a bounded time. */

import { Deadlines } from "../../host/deadlines.ts";
import type { Clock } from "../../host/host.ts";
import { WampError } from "../../protocol/errors.ts";
import { type Call, MessageType } from "../../protocol/message.ts";
import { GrowingNumbers } from "../link/growing-numbers.ts";
import { type MetaAnswer, type MetaRequest, originOf, type RemoteOrigin, type ToRelay } from "../link/messages.ts";
import type { ObjectAnswer } from "./merge.ts";

/** How long the core waits for the answers of relays: milliseconds. */
export const ANSWER_MS = 2_000;

/** What the relays have answered. */
export interface Gathered {
  /** By number of the relay. */
  readonly answers: readonly ObjectAnswer[];
  /** Numbers of the relays that have not answered in time. */
  readonly unanswered: readonly number[];
  /** Has the relays make the changes that follow the answer. */
  confirm(): void;
}

/** One request that waits for answers. */
interface Gathering {
  readonly waiting: Set<number>;
  readonly answers: ObjectAnswer[];
  readonly finish: () => void;
}

/** The requests that wait for answers, in memory only: their calls fail if the core restarts. */
export class Gatherings {
  readonly #clock: Clock;
  readonly #queue: (relay: number, message: ToRelay) => void;
  readonly #byNumber = new Map<number, Gathering>();
  readonly #deadlines = new Deadlines<Gathering>();
  readonly #numbers: GrowingNumbers;

  /** `queue` queues a message for a relay; `boot` returns that of `CorePorts`. */
  constructor(clock: Clock, boot: () => number, queue: (relay: number, message: ToRelay) => void) {
    this.#clock = clock;
    this.#queue = queue;
    this.#numbers = new GrowingNumbers(boot);
  }

  /** Does no request wait? */
  get isIdle(): boolean {
    return this.#byNumber.size === 0;
  }

  /** Asks the relays, and calls `onEnd` once: at once where there are none, else with the last answer or in time. */
  ask(relays: Iterable<number>, caller: RemoteOrigin, message: Call, onEnd: (gathered: Gathered) => void): void {
    const asked = [...relays].sort((a, b) => a - b);
    if (asked.length === 0) return onEnd({ answers: [], unanswered: [], confirm: () => {} });
    const number = this.#numbers.next();
    const request: MetaRequest = { kind: "meta", number, caller: originOf(caller), message };
    const waiting = new Set(asked);
    const answers: ObjectAnswer[] = [];
    const finish = (): void => {
      this.#byNumber.delete(number);
      this.#deadlines.delete(gathering);
      const confirm = () => {
        for (const relay of asked) this.#queue(relay, { kind: "meta done", number });
      };
      // Not in the order in which they came: lists that a client asks for again stay in order.
      answers.sort((a, b) => a.object - b.object);
      onEnd({ answers, unanswered: [...waiting], confirm });
    };
    const gathering: Gathering = { waiting, answers, finish };
    this.#byNumber.set(number, gathering);
    const until = this.#clock.now() + ANSWER_MS;
    this.#deadlines.set(gathering, until);
    this.#clock.setAlarm(until);
    for (const relay of asked) this.#queue(relay, request);
  }

  /** Takes the answer of a relay; one that comes late or twice is ignored. */
  answered(relay: number, { number, message }: MetaAnswer): void {
    const gathering = this.#byNumber.get(number);
    if (gathering?.waiting.delete(relay) !== true) return;
    const result =
      message[0] === MessageType.RESULT ? message[3] : new WampError(message[4], message[5].args[0] as string);
    gathering.answers.push({ object: relay, result });
    if (gathering.waiting.size === 0) gathering.finish();
  }

  /** The relay has lost its sessions: it has no part in any answer. */
  drop(relay: number): void {
    for (const gathering of [...this.#byNumber.values()]) {
      if (gathering.waiting.delete(relay) && gathering.waiting.size === 0) gathering.finish();
    }
  }

  /** Ends the requests whose time is over at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    for (const { finish } of this.#deadlines.takeExpired(now)) finish();
  }

  /** When `tick` has something to do, if it has; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#deadlines.next();
  }
}
