/** The load of the chaos script, and the record of what the router has acknowledged. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { CallClients } from "./calls.ts";
import { unlessLost } from "./client.ts";
import { Session } from "./session.ts";

/** The realm of the router under test. */
export const REALM = "chaos";
const KEPT = "chaos.log.";
/** Topics: of the publisher that waits for each answer, of the one that does not, and of testaments. */
const TOPICS = { patient: `${KEPT}patient`, hasty: `${KEPT}hasty`, testament: `${KEPT}testament` } as const;
type Source = keyof typeof TOPICS;

/** Publications in flight of the publisher that does not wait. */
const IN_FLIGHT = 64;

/** Returns the configuration of the router under test; `relays` are those of its realm, if it has any. */
export function chaosConfig(webhookUrl: string, relays?: object): object {
  const allow = { call: true, register: true, publish: true, subscribe: true };
  return {
    version: 1,
    realms: [
      {
        name: REALM,
        ...(relays !== undefined && { relays }),
        roles: [
          {
            name: "anonymous",
            console: true,
            permissions: [
              { uri: "", match: "prefix", allow },
              { uri: "wamp.edge.", match: "prefix", allow },
            ],
          },
        ],
        auth: { anonymous: { type: "static", role: "anonymous" } },
        store: {
          "event-history": [{ uri: KEPT, match: "prefix", limit: 1_000_000 }],
          "call-queue": [{ uri: "chaos.queued" }],
        },
        webhooks_out: [{ name: "all", uri: KEPT, match: "prefix", url: webhookUrl, secret: "s", role: "anonymous" }],
      },
    ],
  };
}

/** What was acknowledged in one cycle: the number of the last event of each source, and whether a role was added. */
export interface AcknowledgmentRecord {
  readonly cycle: number;
  readonly acknowledged: Record<Source, number>;
  /** The number of refused publications. */
  refused: number;
  hasRole: boolean;
}

/** Receives webhooks and records the events that arrived, as `cycle source number`. */
export class WebhookReceiver {
  readonly arrived = new Set<string>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<WebhookReceiver> {
    const server = createServer(async (request, response) => {
      const text = (await request.setEncoding("utf8").toArray()).join("");
      const { topic, args } = JSON.parse(text) as { topic: string; args: [number, number] };
      receiver.arrived.add(`${args[0]} ${topic} ${args[1]}`);
      response.writeHead(204).end();
    });
    const receiver = new WebhookReceiver(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Returns the acknowledged events that have not arrived. */
  missing({ cycle, acknowledged }: AcknowledgmentRecord): string[] {
    return (Object.keys(TOPICS) as Source[]).flatMap((source) => {
      const expected = Array.from({ length: acknowledged[source] }, (_, n) => `${cycle} ${TOPICS[source]} ${n + 1}`);
      return expected.filter((each) => !this.arrived.has(each));
    });
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Puts load on a router until it ends. */
export class Load {
  readonly account: AcknowledgmentRecord;
  /** Resolves when the load has ended with the router. */
  readonly ended: Promise<void>;
  /** Resolves after `acknowledgments`, or when the load has ended. */
  readonly busy: Promise<void>;

  /** Starts the load with three `sessions` of the realm. */
  constructor(cycle: number, sessions: readonly Session[], acknowledgments: number) {
    this.account = { cycle, acknowledged: { patient: 0, hasty: 0, testament: 0 }, refused: 0, hasRole: false };
    const { promise, resolve } = Promise.withResolvers<void>();
    this.busy = promise;
    const [patient, hasty, other] = sessions as [Session, Session, Session];
    const progress = () => {
      const { patient: one, hasty: many, testament } = this.account.acknowledged;
      if (one + many >= acknowledgments && testament > 0 && this.account.hasRole) resolve();
    };
    const work = [this.#publish(patient, "patient", 1, progress), this.#publish(hasty, "hasty", IN_FLIGHT, progress)];
    this.ended = Promise.all([...work, this.#leave(other, progress)]).then(() => {
      resolve();
      for (const session of sessions) session.close();
    });
  }

  /** Opens the three sessions, in turn in each of `regions`; after a restart they are at the same relays again. */
  static sessions(url: string, regions: readonly (string | undefined)[]): Promise<Session[]> {
    const join = (index: number) => Session.join(url, REALM, regions[index % regions.length], `203.0.113.${index}`);
    return Promise.all([0, 1, 2].map(join));
  }

  /** Publishes ascending numbers, `inFlight` at a time. The router answers one publisher in order. */
  async #publish(session: Session, source: Source, inFlight: number, progress: () => void): Promise<void> {
    let number = 0;
    const lane = async (): Promise<void> => {
      for (;;) {
        const own = ++number;
        const options = { acknowledge: true, retain: true };
        const answer = await session.ask(16, options, TOPICS[source], [this.account.cycle, own]);
        if (answer[0] !== 17) throw new Error(`PUBLISH: ${JSON.stringify(answer)}`);
        this.account.acknowledged[source] = Math.max(this.account.acknowledged[source], own);
        progress();
      }
    };
    await Promise.all(Array.from({ length: inFlight }, () => lane().catch(unlessLost)));
  }

  /** Adds a testament and a role. */
  async #leave(session: Session, progress: () => void): Promise<void> {
    try {
      await session.call("wamp.session.add_testament", [TOPICS.testament, [this.account.cycle, 1]]);
      this.account.acknowledged.testament = 1;
      await session.call("wamp.edge.role.add", [roleOf(this.account.cycle)]);
      this.account.hasRole = true;
      progress();
    } catch (error) {
      unlessLost(error);
    }
  }
}

/** Opens the clients of a `CallLoad`; those that call, publish or subscribe meet callees of the same and of the other region. */
export async function callClients(url: string, regions: readonly (string | undefined)[]): Promise<CallClients> {
  const [here, there] = regions;
  const join = (region: string | undefined) => Session.join(url, REALM, region);
  return {
    callees: [await join(here), await join(there)],
    callers: [await join(here), await join(there)],
    publisher: await join(here),
    subscriber: await join(there),
  };
}

/**
 * Opens sessions that hold something, and ends them, until the router has ended; returns the refusals. The procedures
 * are those of former cycles: what a session has held that was lost with the router must not stand in their way.
 */
export async function comeAndGo(url: string, regions: readonly (string | undefined)[]): Promise<string[]> {
  const refused: string[] = [];
  try {
    for (let number = 1; ; number++) {
      const session = await Session.join(url, REALM, regions[number % regions.length]);
      const answer = await session.ask(64, {}, `chaos.passing.${number}`);
      if (answer[0] !== 65) refused.push(`REGISTER: ${JSON.stringify(answer)}`);
      await session.ask(32, {}, `chaos.passing.${number}`);
      session.close();
    }
  } catch (error) {
    unlessLost(error);
  }
  return refused;
}

/** Returns what a restarted router lacks or has wrong, one line each. Its clients come back. */
export async function faultsOf(
  url: string,
  { cycle, acknowledged, hasRole }: AcknowledgmentRecord,
  regions: readonly (string | undefined)[],
): Promise<string[]> {
  const sessions = await Load.sessions(url, regions);
  const [session] = sessions as [Session];
  try {
    const faults: string[] = [];
    const isOfCycle = ({ args }: KeptEvent) => args[0] === cycle;
    const events = (await historyOf(session, isOfCycle)).filter(isOfCycle);
    for (const source of Object.keys(TOPICS) as Source[]) {
      const numbers = events.filter(({ details }) => details.topic === TOPICS[source]);
      const fault = sequenceFault(
        numbers.map(({ args }) => args[1]),
        acknowledged[source],
      );
      if (fault !== undefined) faults.push(`cycle ${cycle}: history of ${source}: ${fault}`);
    }
    for (const source of ["patient", "hasty"] as const) {
      const [ofCycle, number] = await retainedOf(session, TOPICS[source]);
      if (ofCycle !== cycle || number < acknowledged[source]) {
        faults.push(`cycle ${cycle}: retained of ${source} is ${ofCycle} ${number}, not ${acknowledged[source]}`);
      }
    }
    const [roles] = await session.call("wamp.edge.role.list", []);
    if (hasRole && !(roles as string[]).includes(roleOf(cycle))) faults.push(`cycle ${cycle}: the role is lost`);
    return faults;
  } finally {
    for (const each of sessions) each.close();
  }
}

/** An event in the result of `get_events`. */
export interface KeptEvent {
  readonly publication: number;
  readonly details: { readonly topic: string };
  readonly args: readonly [number, number];
}

/** The latest events of the history, in order: pages from the newest back to one without any that is `wanted`. */
export async function historyOf(session: Session, wanted: (event: KeptEvent) => boolean): Promise<KeptEvent[]> {
  const [id] = await session.call("wamp.subscription.lookup", [KEPT, { match: "prefix" }]);
  const events: KeptEvent[] = [];
  for (;;) {
    const before = events.at(-1) && { before_publication: events.at(-1)!.publication };
    const query = { reverse: true, limit: 500, ...before };
    const page = (await session.call("wamp.subscription.get_events", [id], query)) as KeptEvent[];
    events.push(...page);
    if (!page.some(wanted)) return events.toReversed();
  }
}

/** Returns the fault in numbers that must be 1, 2, 3 … at least up to `acknowledged`. */
function sequenceFault(numbers: readonly number[], acknowledged: number): string | undefined {
  const wrong = numbers.findIndex((number, index) => number !== index + 1);
  if (wrong >= 0) return `${numbers[wrong]} follows ${numbers[wrong - 1] ?? "nothing"}`;
  if (numbers.length < acknowledged) return `ends at ${numbers.length}, though ${acknowledged} were acknowledged`;
  return undefined;
}

async function retainedOf(session: Session, topic: string): Promise<[cycle: number, number: number]> {
  const before = session.events.length;
  await session.ask(32, { get_retained: true }, topic);
  // The retained event follows SUBSCRIBED directly, so it arrives before the answer to another request.
  await session.call("wamp.edge.role.list", []);
  return (session.events[before]?.[4] ?? [0, 0]) as [number, number];
}

function roleOf(cycle: number): string {
  return `chaos-${cycle}`;
}
