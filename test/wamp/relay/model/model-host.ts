/** The host of one object of the model: a relay or the core, from one sleep or crash to the next. */

import { MemoryStore } from "../../../../src/testing/memory-store.ts";
import type { SeededRandom } from "../../../../src/testing/seeded-random.ts";
import type { Host } from "../../../../src/wamp/host/host.ts";
import type { LogLine } from "../../../../src/wamp/host/log-line.ts";
import { idFromRandom } from "../../../../src/wamp/protocol/id.ts";
import { Fault } from "./model-client.ts";

/** The time of the whole model. */
export interface ModelTime {
  /** Milliseconds since the epoch. */
  now: number;
}

/** The platform's time between a change and its `flush`. */
const FLUSH_MS = 250;

/** Alarms are not kept: the model asks each object for its next deadline. */
export class ModelHost implements Host {
  readonly store = new MemoryStore();
  readonly logged: LogLine[] = [];
  /** What `flushOutput` does. */
  onOutput = (): void => {};
  /** When `flush` is due; milliseconds since the epoch. */
  flushAt: number | undefined;
  /** When `store` is due; milliseconds since the epoch. */
  storeAt: number | undefined;
  readonly #time: ModelTime;
  readonly #random: SeededRandom;
  /** Milliseconds from an event to `store`, as under load; 0 for the end of the turn. */
  storeDelay: number;

  constructor(time: ModelTime, random: SeededRandom, storeDelay: number) {
    this.#time = time;
    this.#random = random;
    this.storeDelay = storeDelay;
  }

  now(): number {
    return this.#time.now;
  }

  wallTime(): number {
    return this.#time.now;
  }

  randomBytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#random.below(256));
  }

  randomId(): number {
    return idFromRandom(this.randomBytes(8));
  }

  secret(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(32).fill(7);
  }

  log(line: LogLine): void {
    // A realm catches what is thrown in it, and closes the connection instead.
    if (typeof line.stack === "string") throw new Fault(line.stack);
    this.logged.push(line);
  }

  scheduleFlush(): void {
    this.flushAt ??= this.#time.now + FLUSH_MS;
  }

  flushOutput(): void {
    this.onOutput();
  }

  setAlarm(): void {}

  scheduleStore(): void {
    this.storeAt ??= this.#time.now + this.storeDelay;
  }

  audit(): void {}

  fetchJson(url: string): Promise<unknown> {
    return Promise.reject(new Error(`nothing at ${url}`));
  }
}
