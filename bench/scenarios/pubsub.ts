/** Events: publishers with publications under way, and subscribers of one topic. */

import { MessageType } from "../../src/wamp/protocol/message.ts";
import { clock, readClock } from "../client/clock.ts";
import type { Connection } from "../client/connection.ts";
import { openConnections } from "../client/connections.ts";
import { Histogram } from "../client/histogram.ts";
import { readStamp } from "../client/stamp.ts";
import { Template } from "../client/template.ts";
import { usageOf } from "../measuring/meter.ts";
import type { Figures } from "./figures.ts";
import { type Load, measureLoad } from "./measure-load.ts";
import { makeArguments } from "./payload.ts";
import { latenciesOf, type RunContext, type Scenario, uniqueUri } from "./scenario.ts";
import { PAYLOAD, TIMES } from "./settings.ts";

/** Milliseconds without an event after which those under way are given up. */
const LOST_MS = 2000;

/** The scenario `pubsub`. */
export const pubsub: Scenario = {
  description: "publishers with publications under way, and subscribers of one topic",
  settings: { inFlight: 8 },
  heeds: ["publishers", "subscribers", "inFlight", "isAcknowledged", ...PAYLOAD, ...TIMES],
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
  heeds: ["publishers", "subscribers", "inFlight", "isAcknowledged", ...PAYLOAD, ...TIMES],
  columns: ["cpu_us_per_event", "events_per_s", "router_busy_pct", "last_p50_us", "load_busy_pct", "lost", "errors"],
  relays: ["relay"],
  run: measureEvents,
};

async function measureEvents(context: RunContext): Promise<Figures> {
  const { near, far, settings } = context;
  const topic = uniqueUri("topic");
  const subscribers = await openConnections(far, settings.subscribers, (connection) =>
    connection.request(MessageType.SUBSCRIBE, [{}, topic]),
  );
  const publishers = await openConnections(near, settings.publishers);
  const options = settings.isAcknowledged ? { acknowledge: true } : {};
  const publish = new Template(near.format, MessageType.PUBLISH, [options, topic, makeArguments(settings, true)]);
  const load = new EventLoad(publishers, publish, subscribers, settings.inFlight * settings.publishers);
  const { span, done } = await measureLoad(context, load);
  for (const connection of [...publishers, ...subscribers]) connection.destroy();
  return {
    events_per_s: done / span.seconds,
    publications_per_s: done / subscribers.length / span.seconds,
    cpu_us_per_event: span.routerUs / done,
    ...latenciesOf(load.latencies),
    last_p50_us: load.lastLatencies.quantile(0.5),
    lost: load.lost,
    ...usageOf(span),
  };
}

/** Keeps publications under way: when all subscribers have one, the next is published. */
class EventLoad implements Load {
  /** From PUBLISH to each EVENT, and to the last one of a publication. */
  readonly latencies = new Histogram();
  readonly lastLatencies = new Histogram();
  done = 0;
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
  readonly #guard: NodeJS.Timeout;

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
    this.#guard = this.#giveUpLostEvents();
    readClock();
    this.#fill();
  }

  reset(): void {
    this.latencies.reset();
    this.lastLatencies.reset();
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#guard);
  }

  /** A router that drops events must not stop the run. */
  #giveUpLostEvents(): NodeJS.Timeout {
    let seen = -1;
    return setInterval(() => {
      if (this.done === seen) {
        this.lost = this.#published * this.#receivers - this.done;
        readClock();
        this.#fill();
      }
      seen = this.done;
    }, LOST_MS);
  }

  #receive(publishedUs: number): void {
    this.done++;
    this.latencies.add(clock.now * 1000 - publishedUs);
    if ((this.done + this.lost) % this.#receivers !== 0) return;
    this.lastLatencies.add((clock.now - this.#publishedAt) * 1000);
    this.#fill();
  }

  #fill(): void {
    const least = (this.#mostUnderWay - 1) * this.#receivers;
    while (!this.#isStopped && this.#published * this.#receivers - this.done - this.lost <= least) {
      const publisher = this.#publishers[this.#published % this.#publishers.length]!;
      this.#published++;
      this.#publishedAt = clock.now;
      publisher.send(this.#publish, publisher.nextId());
    }
  }
}
