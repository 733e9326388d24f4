/** Publishes in a simulated realm for a while, and measures. */

import { CORE } from "../../src/wamp/relay/link/relay-ids.ts";
import type { LocationHint } from "../../src/worker/platform/location-hints.ts";
import { MESSAGES_PER_REQUEST, PRICES, SERVICE } from "./constants.ts";
import { EventQueue } from "./event-queue.ts";
import { between, roundTrip, toClient } from "./latency.ts";
import { Percentiles } from "./percentiles.ts";
import type { Random } from "./random.ts";
import type { SimulatedRealm, Topic } from "./realm.ts";
import { Server } from "./server.ts";

/** What was measured. */
export interface Figures {
  /** Milliseconds from the publisher's PUBLISH to a subscriber's EVENT. */
  readonly p50: number;
  readonly p99: number;
  /** Parts of one core: of the realm's own object, and of the relay that works most. */
  readonly coreLoad: number;
  readonly relayLoad: number;
  /** US dollars for a million events. */
  readonly costPerMillion: number;
}

/** Publications of all topics together in a second, and seconds of publishing. */
export interface Load {
  readonly rate: number;
  readonly seconds: number;
}

/** Parts in which the receivers of an event get their latency: each has that of its middle. */
const PARTS = 16;

/** Simulates a realm whose own object is in `coreRegion`. */
export function simulate(realm: SimulatedRealm, coreRegion: LocationHint, load: Load, random: Random): Figures {
  const run = new Run(realm, coreRegion);
  let time = random.interval(load.rate / 1000);
  for (; time < load.seconds * 1000; time += random.interval(load.rate / 1000)) {
    const topic = realm.topics[random.below(realm.topics.length)]!;
    const [object, region] = topic.publisher(random);
    run.publish(time, topic, object, region);
  }
  return run.figures(load.seconds * 1000);
}

class Run {
  readonly #realm: SimulatedRealm;
  readonly #coreRegion: LocationHint;
  readonly #queue = new EventQueue();
  readonly #servers = new Map<number, Server>();
  readonly #latencies = new Percentiles();
  #requests = 0;

  constructor(realm: SimulatedRealm, coreRegion: LocationHint) {
    this.#realm = realm;
    this.#coreRegion = coreRegion;
    for (const object of [CORE, ...realm.regionOf.keys()]) this.#servers.set(object, new Server());
  }

  /** A client of an object publishes. */
  publish(sent: number, topic: Topic, object: number, region: LocationHint): void {
    const others = this.#realm.interest.relaysFor(topic.name, object);
    this.#requests += 1 / MESSAGES_PER_REQUEST;
    this.#queue.add(sent + toClient(region, this.#regionOf(object)), (time) => {
      const forwarding = object === CORE || others.size === 0 ? 0 : SERVICE.batch + SERVICE.forwarded;
      const begin = this.#servers.get(object)!.work(time, SERVICE.publication);
      const done = this.#deliver(begin + SERVICE.publication, sent, topic, object);
      // The core has told the relay that no other object has a use for the topic.
      if (forwarding === 0) return;
      // Between the turns of the object, after the events for its own subscribers.
      const leaves = this.#servers.get(object)!.work(done, forwarding) + forwarding;
      this.#call(object, CORE, leaves, (arrival) => this.#passOn(arrival, sent, topic, others));
    });
    // Until then all that happens earlier has been added.
  }

  /** The core sends a publication to the relays that have a subscriber. */
  #passOn(time: number, sent: number, topic: Topic, relays: ReadonlySet<number>): void {
    const core = this.#servers.get(CORE)!;
    let at = core.work(time, SERVICE.batch + SERVICE.forwarded) + SERVICE.batch + SERVICE.forwarded;
    for (const relay of relays) {
      at = core.work(at, SERVICE.batch + SERVICE.forwarded) + SERVICE.batch + SERVICE.forwarded;
      this.#call(CORE, relay, at, (arrival) => {
        const taken = SERVICE.batch + SERVICE.forwarded;
        const begin = this.#servers.get(relay)!.work(arrival, taken);
        this.#deliver(begin + taken, sent, topic, relay);
      });
    }
  }

  /** One object calls another, and is awake until the answer has come. */
  #call(from: number, to: number, time: number, onArrival: (time: number) => void): void {
    const [here, there] = [this.#regionOf(from), this.#regionOf(to)];
    this.#requests++;
    this.#servers.get(from)!.stayAwake(time, time + roundTrip(here, there));
    this.#queue.add(time + between(here, there), onArrival);
  }

  /** Sends the event to all subscribers of an object; returns when the last one has it. */
  #deliver(time: number, sent: number, topic: Topic, object: number): number {
    const server = this.#servers.get(object)!;
    let end = time;
    for (const { region, count } of topic.audiences.get(object) ?? []) {
      const duration = count * SERVICE.event;
      const begin = server.work(end, duration);
      const travel = toClient(region, this.#regionOf(object));
      const parts = Math.min(count, PARTS);
      for (let part = 0; part < parts; part++) {
        this.#latencies.add(begin + ((part + 0.5) / parts) * duration + travel - sent, count / parts);
      }
      end = begin + duration;
    }
    return end;
  }

  #regionOf(object: number): LocationHint {
    return this.#realm.regionOf.get(object) ?? this.#coreRegion;
  }

  /** Runs until all events have arrived. */
  figures(duration: number): Figures {
    this.#queue.runAll();
    const loads = [...this.#servers].map(([object, { busy }]) => [object, busy / duration] as const);
    const awake = [...this.#servers.values()].reduce((sum, server) => sum + server.awake, 0);
    const cost = this.#requests * PRICES.request + (awake / 1000) * PRICES.objectGb * PRICES.gbSecond;
    return {
      p50: this.#latencies.at(0.5),
      p99: this.#latencies.at(0.99),
      coreLoad: loads.find(([object]) => object === CORE)![1],
      relayLoad: Math.max(0, ...loads.filter(([object]) => object !== CORE).map(([, load]) => load)),
      costPerMillion: (cost / this.#latencies.count) * 1e6,
    };
  }
}
