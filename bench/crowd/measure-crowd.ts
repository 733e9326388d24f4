/** Measures crowds in alternating rounds. */

import { startMeter, usageOf } from "../measuring/meter.ts";
import type { Row } from "../runner/rounds.ts";
import type { Figures } from "../scenarios/figures.ts";
import { pause } from "../scenarios/scenario.ts";
import { type CrowdRouter, startCrowdRouter } from "./crowd-router.ts";
import type { Tally } from "./orders.ts";
import type { Setup } from "./setups.ts";

/** What is measured. */
export interface CrowdWork {
  /** Sockets of each object. */
  readonly sockets: number;
  /** Events of a measurement, about: each publication goes to all sockets. */
  readonly events: number;
  readonly rounds: number;
  /** Milliseconds without a message before the objects are woken. */
  readonly idleMs: number;
}

const SUBPROTOCOL = "wamp.2.json";
const TOPIC = "bench.crowd";
/** Sockets that are opened at the same time. */
const PARALLEL = 64;
/** Milliseconds for a process to come to rest before its memory is read, at most. */
const REST_MS = 2000;
const MICROSECONDS = 1000;

/** Opens all crowds, measures them in turn and closes them; `onStep` is told before each step. */
export async function measureCrowds(
  setups: readonly Setup[],
  work: CrowdWork,
  onStep: (step: string) => void,
): Promise<readonly Row[]> {
  const crowds: Crowd[] = [];
  try {
    for (const setup of setups) {
      onStep(`${setup.name}: ${setup.objects.length * work.sockets} sockets`);
      const crowd = new Crowd(setup, work, await startCrowdRouter(setup.config));
      crowds.push(crowd);
      await crowd.open();
    }
    for (let round = 1; round <= work.rounds; round++) {
      for (const crowd of crowds) {
        onStep(`round ${round} of ${work.rounds}, ${crowd.name}`);
        await crowd.measureEvents();
      }
    }
    onStep("sleep");
    await pause(work.idleMs);
    for (const crowd of crowds) await crowd.measureWake();
    return crowds.map((crowd) => crowd.row);
  } finally {
    await Promise.all(crowds.map((crowd) => crowd.close()));
  }
}

/** One setup and its sockets. */
class Crowd {
  readonly #setup: Setup;
  readonly #work: CrowdWork;
  readonly #router: CrowdRouter;
  readonly #rounds: Figures[] = [];
  /** Of its opening and its wake, which have no rounds. */
  #single: Figures = {};
  /** Of the process before most of its sockets were opened. */
  #bytesBefore = 0;
  #expected = 0;
  #tally: Tally | undefined;

  constructor(setup: Setup, work: CrowdWork, router: CrowdRouter) {
    this.#setup = setup;
    this.#work = work;
    this.#router = router;
  }

  get name(): string {
    return this.#setup.name;
  }

  get row(): Row {
    const [first, ...others] = this.#rounds;
    const { repeated = 0, skipped = 0, missing = 0, closed = 0, events = 0 } = this.#tally ?? {};
    const isWhole = repeated + skipped + missing + closed === 0 && events === this.#expected;
    const failure = `${events} of ${this.#expected} events, ${repeated} again, ${closed} sockets closed`;
    return {
      target: this.name,
      rounds: [{ ...first, ...this.#single, lost: this.#expected - events, errors: repeated + skipped }, ...others],
      failures: isWhole ? [] : [failure],
    };
  }

  /** Opens all sockets; their memory is what comes after the first one of each object. */
  async open(): Promise<void> {
    const { objects, publishers } = this.#setup;
    await this.#open(publishers, 1);
    await this.#open(objects, 1, TOPIC);
    const before = await this.#readMemory(1);
    const readMeter = startMeter(this.#router.process);
    await this.#open(objects, this.#work.sockets - 1, TOPIC);
    const opening = readMeter();
    const after = await this.#readMemory(this.#work.sockets);
    this.#single = {
      cpu_us_per_session: opening.routerUs / this.#added,
      bytes_per_session: (after.resident - before.resident) / this.#added,
      heap_bytes_per_session: (after.heap - before.heap) / this.#added,
    };
    this.#bytesBefore = before.resident;
  }

  async measureEvents(): Promise<void> {
    // The objects may sleep since the last round.
    await this.#publish(1);
    const times = Math.max(1, Math.round(this.#work.events / this.#sockets));
    const readMeter = startMeter(this.#router.process);
    await this.#publish(times);
    const span = readMeter();
    const events = times * this.#sockets;
    this.#rounds.push({
      cpu_us_per_event: span.routerUs / events,
      events_per_s: events / span.seconds,
      other_busy_pct: usageOf(span).other_busy_pct,
    });
  }

  async measureWake(): Promise<void> {
    const bytes = (this.#router.process.residentBytes() - this.#bytesBefore) / this.#added;
    const first = await this.#timePublication();
    const next = await this.#timePublication();
    this.#single = { ...this.#single, bytes_per_idle_session: bytes, first_event_us: first, next_event_us: next };
  }

  close(): Promise<void> {
    return this.#router.close();
  }

  get #sockets(): number {
    return this.#setup.objects.length * this.#work.sockets;
  }

  /** Sockets that were opened while the meter ran. */
  get #added(): number {
    return this.#setup.objects.length * (this.#work.sockets - 1);
  }

  /** Returns the microseconds until the last socket has its event. */
  async #timePublication(): Promise<number> {
    await this.#publish(1);
    return this.#tally!.milliseconds * MICROSECONDS;
  }

  async #open(urls: readonly string[], count: number, topic?: string): Promise<void> {
    // A driver for each object, but one for all publishers.
    for (const [index, url] of urls.entries()) {
      const sides = { subprotocol: SUBPROTOCOL, parallel: PARALLEL, ...(topic !== undefined && { topic }) };
      const order = { kind: "open", url, count, ...sides } as const;
      await this.#router.order(order, topic === undefined ? 0 : index);
    }
  }

  /** Publishes; each socket of a realm gets the events of its publisher. */
  async #publish(times: number, sockets = this.#work.sockets): Promise<void> {
    const { objects, publishers } = this.#setup;
    const receivers = (objects.length / publishers.length) * sockets;
    this.#expected += times * objects.length * sockets;
    const order = {
      kind: "publish",
      topic: TOPIC,
      publishers: [...publishers.keys()],
      times,
      burst: 1,
      receivers,
    } as const;
    this.#tally = await this.#router.order(order);
  }

  /** All objects are awake: otherwise their sessions would be in no memory. */
  async #readMemory(sockets: number): Promise<{ readonly heap: number; readonly resident: number }> {
    await this.#publish(1, sockets);
    await pause(Math.min(REST_MS, this.#work.idleMs));
    const heap = await this.#router.heapBytes();
    return { heap, resident: this.#router.process.residentBytes() };
  }
}
