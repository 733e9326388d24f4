/** A realm over two relays, whose clients call, publish and store all the time. */

import { CallLoad } from "../../chaos/calls.ts";
import type { Client } from "../../chaos/client.ts";
import { Publishing } from "../../chaos/publishing.ts";
import { clientAt } from "./objects.ts";

export const RELAYS = ["weur.0", "apac.0"] as const;
const TOPICS = ["log.weur", "log.apac"] as const;
const UNAVAILABLE = "wamp.error.unavailable";

/** Publications in progress of both relays, with subscribers at both. */
export class StoredLoad {
  readonly publishings: readonly Publishing[];
  readonly subscribers: readonly Client[];
  readonly clients: readonly Client[];

  private constructor(publishers: readonly Client[], subscribers: readonly Client[]) {
    this.subscribers = subscribers;
    this.clients = [...publishers, ...subscribers];
    this.publishings = publishers.map((client, index) => new Publishing(client, TOPICS[index]!, UNAVAILABLE));
  }

  static async start(realm: string): Promise<StoredLoad> {
    const [publishers, subscribers] = await Promise.all([pair(realm), pair(realm)]);
    for (const subscriber of subscribers) await subscriber.ask(32, { match: "prefix" }, "log.");
    return new StoredLoad(publishers, subscribers);
  }

  /** Acknowledged publications of both relays. */
  get acknowledged(): number {
    return this.publishings.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
  }

  /** Ends the load; returns what is wrong with the history, and with the order of the events. */
  async faults(): Promise<string[]> {
    for (const publishing of this.publishings) publishing.stop();
    await Promise.all(this.publishings.map(({ ended }) => ended));
    const kept = await history(this.subscribers[1]!);
    const ofHistory = this.publishings.flatMap((publishing, index) => {
      const numbers = kept.filter(({ topic }) => topic === TOPICS[index]).map(({ number }) => number);
      return publishing.faults(numbers, true).map((fault) => `${TOPICS[index]}: ${fault}`);
    });
    return [...ofHistory, ...this.subscribers.flatMap(orderFaults)];
  }
}

/** Starts a `CallLoad`, with the holder of the procedure that one callee alone may have at the first relay. */
export async function startCalls(
  realm: string,
  cycle: number,
): Promise<{ load: CallLoad; clients: readonly Client[] }> {
  const [callees, callers, [publisher, subscriber]] = await Promise.all([pair(realm), pair(realm), pair(realm)]);
  const load = await CallLoad.start(cycle, { callees, callers, publisher, subscriber });
  return { load, clients: [...callees, ...callers, publisher, subscriber] };
}

/** A client at each relay. */
export function pair(realm: string): Promise<[Client, Client]> {
  return Promise.all([clientAt(realm, RELAYS[0]), clientAt(realm, RELAYS[1])]);
}

/** The stored events, oldest first. */
async function history(reader: Client): Promise<{ topic: string; number: number }[]> {
  const [id] = await reader.call("wamp.subscription.lookup", ["log.", { match: "prefix" }]);
  const kept: { topic: string; number: number }[] = [];
  for (let last: unknown; ; ) {
    const query = { limit: 500, ...(last !== undefined && { after_publication: last }) };
    const page = (await reader.call("wamp.subscription.get_events", [id], query)) as {
      publication: number;
      details: { topic: string };
      args: [number];
    }[];
    if (page.length === 0) break;
    last = page.at(-1)!.publication;
    kept.push(...page.map(({ details, args }) => ({ topic: details.topic, number: args[0] })));
  }
  return kept;
}

/** Events of one publisher come in their order, none twice. */
function orderFaults({ events }: Client): string[] {
  const last = new Map<string, number>();
  return events.flatMap(([, , , details, args]) => {
    const { topic } = details as { topic: string };
    const [number] = args as [number];
    const before = last.get(topic) ?? 0;
    last.set(topic, number);
    return number > before ? [] : [`event ${topic} ${number} follows ${before}`];
  });
}
