/** The calls between the objects of the model: in order on each way, but slow, lost, or delivered twice. */

import type { Batch, BatchAnswer } from "../../../../src/wamp/relay/link/batch.ts";
import { packBatch, unpackBatch } from "../../../../src/wamp/relay/link/batch-codec.ts";

/** One object, as the other end of a way reaches it. */
export interface Endpoint {
  receive(from: number, batch: Batch<never>): BatchAnswer;
  answered(to: number, batch: Batch<never>, answer: BatchAnswer): void;
  lost(to: number, batch: Batch<never>): void;
}

/** A call on its way, or its answer on the way back. */
interface Carried {
  readonly batch: Batch<never>;
  answer: BatchAnswer | undefined;
}

/** All calls of one object to another. */
class Way {
  readonly from: number;
  readonly to: number;
  readonly carried: Carried[] = [];
  /** When the last call was lost, which the caller is about to repeat; milliseconds since the epoch. */
  brokenAt: number | undefined;
  /** What becomes of all calls in an outage. */
  blocked: "lose call" | "lose answer" | undefined;

  constructor(from: number, to: number) {
    this.from = from;
    this.to = to;
  }
}

/** What the scheduler may let happen to a call. */
export type Fate = "deliver" | "answer" | "duplicate" | "lose call" | "lose answer";

/** An object sleeps so long after its last call: milliseconds. */
const SLEEP_MS = 10_000;

/** `endpoint` returns the object with a number as it is now, `now` the time: milliseconds since the epoch. */
export class ModelNetwork {
  readonly #ways = new Map<string, Way>();
  readonly #endpoint: (object: number) => Endpoint;
  readonly #now: () => number;

  constructor(endpoint: (object: number) => Endpoint, now: () => number) {
    this.#endpoint = endpoint;
    this.#now = now;
  }

  /** Has any way an outage? */
  get hasOutage(): boolean {
    return [...this.#ways.values()].some(({ blocked }) => blocked !== undefined);
  }

  /** Calls and answers on their way. */
  get size(): number {
    let size = 0;
    for (const { carried } of this.#ways.values()) size += carried.length;
    return size;
  }

  /** Is no call on its way, or about to be repeated? */
  get isQuiet(): boolean {
    const since = this.#now() - SLEEP_MS;
    return [...this.#ways.values()].every(({ carried, brokenAt }) => carried.length === 0 && (brokenAt ?? 0) <= since);
  }

  /**
   * Is any call from or to the object on its way, or about to be repeated? The platform keeps an object awake as long as
   * that is so: it sleeps ten seconds after the last call, and calls are repeated sooner.
   */
  isBusy(object: number): boolean {
    const since = this.#now() - SLEEP_MS;
    return [...this.#ways.values()].some(({ from, to, carried, brokenAt }) => {
      return (from === object || to === object) && (carried.length > 0 || (brokenAt ?? since) > since);
    });
  }

  /** From now on all calls on a way are lost, or their answers are. */
  block(from: number, to: number, fate: "lose call" | "lose answer"): void {
    this.#way(from, to).blocked = fate;
  }

  /** Ends all outages. */
  unblock(): void {
    for (const way of this.#ways.values()) way.blocked = undefined;
  }

  /** Lets all calls in an outage be lost. */
  loseBlocked(): void {
    for (const way of this.#ways.values()) {
      for (let left = way.blocked === undefined ? 0 : way.carried.length; left > 0; left--) this.#stepBlocked(way);
    }
  }

  carry(from: number, to: number, batch: Batch<never>): void {
    this.#way(from, to).carried.push({ batch, answer: undefined });
  }

  /** The ways on which something is. */
  busyWays(): readonly (readonly [from: number, to: number])[] {
    return [...this.#ways.values()]
      .filter(({ carried }) => carried.length > 0)
      .map(({ from, to }) => [from, to] as const);
  }

  /**
   * Lets the next thing happen on a way, and returns to what; a fate that does not fit is replaced by one that does.
   */
  step(from: number, to: number, fate: Fate): "call" | "answer" {
    const way = this.#way(from, to);
    if (way.blocked !== undefined) return this.#stepBlocked(way);
    const next = way.carried.find(({ answer }) => answer === undefined);
    const isAnswer = next === undefined || ((fate === "answer" || fate === "lose answer") && next !== way.carried[0]);
    if (isAnswer) this.#stepBack(way, fate);
    else this.#stepCall(way, next, fate);
    return isAnswer ? "answer" : "call";
  }

  /** All calls of an object arrive, without their answers. */
  deliverFrom(object: number): void {
    for (const way of this.#ways.values()) {
      if (way.from !== object) continue;
      for (const call of way.carried) if (call.answer === undefined) this.#stepCall(way, call, "deliver");
    }
  }

  /** The object has lost its memory: calls to it fail, its own calls end. */
  crash(object: number): void {
    for (const way of this.#ways.values()) {
      if (way.from === object) {
        way.carried.length = 0;
        way.brokenAt = undefined;
      }
      if (way.to !== object) continue;
      if (way.carried.length > 0) way.brokenAt = this.#now();
      for (const { batch } of way.carried.splice(0)) this.#endpoint(way.from).lost(object, batch);
    }
  }

  #way(from: number, to: number): Way {
    const key = `${from} ${to}`;
    let way = this.#ways.get(key);
    if (way === undefined) {
      way = new Way(from, to);
      this.#ways.set(key, way);
    }
    return way;
  }

  #stepBlocked(way: Way): "call" {
    const [first] = way.carried;
    if (first!.answer === undefined && way.blocked === "lose answer") {
      first!.answer = this.#endpoint(way.to).receive(way.from, copied(first!.batch));
    }
    this.#stepBack(way, "lose answer");
    return "call";
  }

  #stepCall(way: Way, next: Carried, fate: Fate): void {
    const { from, to, carried } = way;
    if (fate === "lose call") {
      carried.splice(carried.indexOf(next), 1);
      way.brokenAt = this.#now();
      return this.#endpoint(from).lost(to, next.batch);
    }
    const object = this.#endpoint(to);
    if (fate === "duplicate") object.receive(from, copied(next.batch));
    next.answer = object.receive(from, copied(next.batch));
  }

  #stepBack(way: Way, fate: Fate): void {
    const { from, to, carried } = way;
    const { batch, answer } = carried.shift()!;
    const isLost = fate === "lose answer" || fate === "lose call";
    way.brokenAt = isLost ? this.#now() : undefined;
    if (isLost) this.#endpoint(from).lost(to, batch);
    else this.#endpoint(from).answered(to, batch, answer!);
  }
}

/** A batch as the platform hands it over. */
function copied(batch: Batch<never>): Batch<never> {
  return unpackBatch<never>(structuredClone(packBatch(batch)));
}
