/** Many subscriptions: what one costs, and what a publication costs when it has to be matched with all of them. */

import { MessageType } from "../../src/wamp/protocol/message.ts";
import { clock, readClock } from "../client/clock.ts";
import type { Connection } from "../client/connection.ts";
import { openConnections } from "../client/connections.ts";
import { Histogram } from "../client/histogram.ts";
import { readStamp } from "../client/stamp.ts";
import { Template } from "../client/template.ts";
import { startMeter, usageOf } from "../measuring/meter.ts";
import type { Figures } from "./figures.ts";
import { type Load, measureLoad } from "./measure-load.ts";
import { makeArguments } from "./payload.ts";
import { latenciesOf, pause, type RunContext, type Scenario, uniqueUri } from "./scenario.ts";
import { PAYLOAD, TIMES } from "./settings.ts";

/** Topics that are published to, drawn from all. */
const PUBLISHED_TOPICS = 1024;
/** Subscriptions that each session has under way. */
const SUBSCRIBES_UNDER_WAY = 50;
/** Milliseconds for the events of one publication. */
const PROBE_MS = 500;
/** Factor and summand of the generator of topics, which draws the same ones in each run. */
const FACTOR = 1103515245;
const SUMMAND = 12345;

/** The scenario `topics`. */
export const topics: Scenario = {
  description: "a realm with many subscriptions, and publications to random ones of their topics",
  settings: { inFlight: 16 },
  heeds: ["subscriptions", "match", "subscribers", "inFlight", ...PAYLOAD, ...TIMES],
  columns: [
    "cpu_us_per_publication",
    "publications_per_s",
    "events_per_publication",
    "router_busy_pct",
    "cpu_us_per_subscription",
    "subscriptions_per_s",
    "bytes_per_subscription",
    "p50_us",
    "p99_us",
    "load_busy_pct",
    "errors",
  ],
  relays: [],
  needsFreshProcess: true,
  run: measureTopics,
};

async function measureTopics(context: RunContext): Promise<Figures> {
  const { near, far, router, settings } = context;
  const prefix = uniqueUri("topics");
  const subscribers = await openConnections(far, settings.subscribers);
  const bytesBefore = router.residentBytes();
  const read = startMeter(router);
  const keys = await subscribeAll(subscribers, prefix, settings.subscriptions, settings.match);
  const subscribing = read();
  const subscriptions = keys * settings.match.length;
  const bytes = router.residentBytes() - bytesBefore;
  const [publisher] = await openConnections(near, 1);
  const args = makeArguments(settings, true);
  const publishes = drawKeys(keys).map(
    (key) => new Template(near.format, MessageType.PUBLISH, [{}, `${uriOf(prefix, key)}.b.c`, args]),
  );
  const load = new TopicLoad(publisher!, publishes, subscribers);
  const eventsEach = await load.start(settings.inFlight);
  const { span, done } = await measureLoad(context, load);
  for (const connection of [...subscribers, publisher!]) connection.destroy();
  return {
    publications_per_s: done / span.seconds,
    cpu_us_per_publication: span.routerUs / done,
    events_per_publication: eventsEach,
    subscriptions_per_s: subscriptions / subscribing.seconds,
    cpu_us_per_subscription: subscribing.routerUs / subscriptions,
    bytes_per_subscription: bytes / subscriptions,
    ...latenciesOf(load.latencies),
    ...usageOf(span),
  };
}

/** Subscribes to each key once by each policy; returns the number of keys. */
async function subscribeAll(
  subscribers: readonly Connection[],
  prefix: string,
  subscriptions: number,
  match: readonly string[],
): Promise<number> {
  const keys = Math.ceil(subscriptions / match.length);
  let next = 0;
  const subscribe = async (subscriber: Connection): Promise<void> => {
    while (next < keys) {
      const uri = uriOf(prefix, next++);
      for (const policy of match) {
        const topic = policy === "exact" ? `${uri}.b.c` : policy === "prefix" ? uri : `${uri}..c`;
        await subscriber.request(MessageType.SUBSCRIBE, [policy === "exact" ? {} : { match: policy }, topic]);
      }
    }
  };
  const loops = subscribers.flatMap((subscriber) => Array.from({ length: SUBSCRIBES_UNDER_WAY }, () => subscriber));
  await Promise.all(loops.map(subscribe));
  return keys;
}

/** Keys have equal lengths: no prefix of one is another. */
function uriOf(prefix: string, key: number): string {
  return `${prefix}.k${String(key).padStart(6, "0")}`;
}

function drawKeys(keys: number): readonly number[] {
  let drawn = SUMMAND;
  return Array.from({ length: PUBLISHED_TOPICS }, () => {
    drawn = (Math.imul(drawn, FACTOR) + SUMMAND) & 0x7fff_ffff;
    return drawn % keys;
  });
}

/** Keeps publications under way: when one has all its events, the next is published. */
class TopicLoad implements Load {
  readonly latencies = new Histogram();
  readonly #publisher: Connection;
  readonly #publishes: readonly Template[];
  #published = 0;
  #events = 0;
  /** Events of one publication. */
  #eventsEach = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(publisher: Connection, publishes: readonly Template[], subscribers: readonly Connection[]) {
    this.#publisher = publisher;
    this.#publishes = publishes;
    for (const subscriber of subscribers) {
      subscriber.onMessage = (type, _id, bytes, start, end) => {
        if (type !== MessageType.EVENT) return false;
        this.#events++;
        this.latencies.add(clock.now * 1000 - readStamp(bytes, start, end));
        if (this.#events % this.#eventsEach === 0) this.#publish();
        return true;
      };
    }
  }

  get done(): number {
    return this.#events / this.#eventsEach;
  }

  /** Finds out how many events this router makes of a publication, returns it and publishes. */
  async start(inFlight: number): Promise<number> {
    this.#publish();
    await pause(PROBE_MS);
    if (this.#events === 0) throw new Error("the router sends no events");
    this.#eventsEach = this.#events;
    this.#events = 0;
    for (let count = 0; count < inFlight; count++) this.#publish();
    return this.#eventsEach;
  }

  reset(): void {
    this.latencies.reset();
  }

  stop(): void {
    this.#isStopped = true;
  }

  #publish(): void {
    if (this.#isStopped) return;
    readClock();
    const publish = this.#publishes[this.#published++ % this.#publishes.length]!;
    this.#publisher.send(publish, this.#publisher.nextId());
  }
}
