/** Events: publishers with publications under way, and subscribers of one topic. */

import { MessageType } from "../../src/wamp/protocol/message.ts";
import { clock, readClock } from "../client/clock.ts";
import type { Connection } from "../client/connection.ts";
import { openConnections } from "../client/connections.ts";
import { Histogram } from "../client/histogram.ts";
import { readStamp } from "../client/stamp.ts";
import { Template } from "../client/template.ts";
import { startMeter, usageOf } from "../measuring/meter.ts";
import type { Figures } from "./figures.ts";
import { makeArguments } from "./payload.ts";
import { latenciesOf, pause, type RunContext, type Scenario, uniqueUri } from "./scenario.ts";

/** Milliseconds for the last events after a measurement. */
const DRAIN_MS = 100;
/** Milliseconds without an event after which those under way are given up. */
const LOST_MS = 2000;

/** The scenario `pubsub`. */
export const pubsub: Scenario = {
  description: "publishers with publications under way, and subscribers of one topic",
  settings: { inFlight: 8 },
  heeds: ["publishers", "subscribers", "inFlight", "isAcknowledged"],
  columns: [
    "cpu_us_per_event",
    "events_per_s",
    "router_busy_pct",
    "p50_us",
    "p99_us",
    "load_busy_pct",
    "lost",
    "errors",
  ],
  relays: ["relay", "relay-defer", "relay-batch"],
  run: measureEvents,
};

/** The scenario `fanout`. */
export const fanout: Scenario = {
  description: "one publication at a time to many subscribers, and the time until the last of them has it",
  settings: { publishers: 1, subscribers: 1000, inFlight: 1 },
  heeds: ["publishers", "subscribers", "inFlight", "isAcknowledged"],
  columns: ["cpu_us_per_event", "events_per_s", "router_busy_pct", "last_p50_us", "load_busy_pct", "lost", "errors"],
  relays: ["relay"],
  run: measureEvents,
};

async function measureEvents({ near, far, router, settings }: RunContext): Promise<Figures> {
  const topic = uniqueUri("topic");
  const subscribers = await openConnections(far, settings.subscribers, (connection) =>
    connection.request(MessageType.SUBSCRIBE, [{}, topic]),
  );
  const publishers = await openConnections(near, settings.publishers);
  const options = settings.isAcknowledged ? { acknowledge: true } : {};
  const publish = new Template(near.format, MessageType.PUBLISH, [options, topic, makeArguments(settings, true)]);
  const load = new EventLoad(publishers, publish, subscribers, settings.inFlight * settings.publishers);
  load.start();
  await pause(settings.warmupMs);
  load.latencies.reset();
  load.lastLatencies.reset();
  const read = startMeter(router);
  const before = load.received;
  await pause(settings.durationMs);
  const span = read();
  const events = load.received - before;
  load.stop();
  await pause(DRAIN_MS);
  for (const connection of [...publishers, ...subscribers]) connection.destroy();
  return {
    events_per_s: events / span.seconds,
    publications_per_s: events / subscribers.length / span.seconds,
    cpu_us_per_event: span.routerUs / events,
    ...latenciesOf(load.latencies),
    last_p50_us: load.lastLatencies.quantile(0.5),
    lost: load.lost,
    ...usageOf(span),
  };
}

/** Keeps publications under way: when all subscribers have one, the next is published. */
class EventLoad {
  /** From PUBLISH to each EVENT, and to the last one of a publication. */
  readonly latencies = new Histogram();
  readonly lastLatencies = new Histogram();
  received = 0;
  /** Events that were given up. */
  lost = 0;
  #published = 0;
  #isStopped = false;
  /** When the latest publication was sent. */
  #publishedAt = 0;
  readonly #publishers: readonly Connection[];
  readonly #publish: Template;
  readonly #receivers: number;
  readonly #mostUnderWay: number;
  #guard: NodeJS.Timeout | undefined;

  constructor(
    publishers: readonly Connection[],
    publish: Template,
    subscribers: readonly Connection[],
    mostUnderWay: number,
  ) {
    this.#publishers = publishers;
    this.#publish = publish;
    this.#receivers = subscribers.length;
    this.#mostUnderWay = mostUnderWay;
    for (const subscriber of subscribers) {
      subscriber.onMessage = (type, _id, bytes, start, end) => {
        if (type !== MessageType.EVENT) return false;
        this.#receive(readStamp(bytes, start, end));
        return true;
      };
    }
    for (const publisher of publishers) publisher.onMessage = (type) => type === MessageType.PUBLISHED;
  }

  start(): void {
    readClock();
    this.#fill();
    let seen = -1;
    // A router that drops events must not stop the run.
    this.#guard = setInterval(() => {
      if (this.received === seen) {
        this.lost = this.#published * this.#receivers - this.received;
        readClock();
        this.#fill();
      }
      seen = this.received;
    }, LOST_MS);
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#guard);
  }

  #receive(publishedUs: number): void {
    this.received++;
    this.latencies.add(clock.now * 1000 - publishedUs);
    if ((this.received + this.lost) % this.#receivers !== 0) return;
    this.lastLatencies.add((clock.now - this.#publishedAt) * 1000);
    this.#fill();
  }

  #fill(): void {
    const least = (this.#mostUnderWay - 1) * this.#receivers;
    while (!this.#isStopped && this.#published * this.#receivers - this.received - this.lost <= least) {
      const publisher = this.#publishers[this.#published % this.#publishers.length]!;
      this.#published++;
      this.#publishedAt = clock.now;
      publisher.send(this.#publish, publisher.nextId());
    }
  }
}
