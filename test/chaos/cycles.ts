/** Ends a router under load again and again on the same state, and checks the state after each end. */

import { CallLoad } from "./calls.ts";
import { Router } from "./router.ts";
import { Serve } from "./served.ts";
import { leftRows, useAndLeave } from "./tables.ts";
import type { AcknowledgmentRecord } from "./workload.ts";
import { callClients, chaosConfig, comeAndGo, faultsOf, Load, WebhookReceiver } from "./workload.ts";

/** The result of many cycles. */
export interface Outcome {
  readonly cycles: number;
  /** Acknowledged publications, testaments included. */
  readonly acknowledged: number;
  readonly answeredCalls: number;
  readonly faults: readonly string[];
}

/**
 * Milliseconds without a webhook after which missing ones count as lost. Events of one topic are delivered one after
 * another, and the alarm for the events of an ended router runs after half a minute.
 */
const WEBHOOKS_WITHIN_MS = 60_000;
const LOOK_MS = 200;

/** A router that starts again and again on the same state. */
interface Endable {
  /** Starts the router; resolves to the URL of its sockets. */
  start(): Promise<string>;
  /** Ends the router; resolves when it has ended. */
  end(): Promise<void>;
  /** Has sessions of all objects, and ends them; resolves when the objects are at rest. */
  leave?(url: string): Promise<void>;
}

/** Each cycle ends after `acknowledgments` and a random delay of up to `delayMs`. */
export interface Pace {
  readonly cycles: number;
  readonly acknowledgments: number;
  readonly delayMs: number;
}

/** Kills workerd with SIGKILL in each cycle; its state is in `data`. The sessions are spread over `relays`, if any. */
export async function killCycles(
  data: string,
  pace: Pace,
  relays?: Readonly<Record<string, number>>,
): Promise<Outcome> {
  const regions = relays === undefined ? [undefined] : Object.keys(relays);
  const make = async (webhookUrl: string): Promise<Endable> => {
    const router = await Router.build(data, chaosConfig(webhookUrl, relays));
    return {
      start: () => router.start(),
      end: () => router.kill(),
      ...(relays !== undefined && { leave: (url: string) => useAndLeave(url, relays) }),
    };
  };
  const outcome = await endCycles(pace, make, regions);
  return relays === undefined ? outcome : { ...outcome, faults: [...outcome.faults, ...leftRows(data)] };
}

/** Stops `npm run serve` with SIGTERM in each cycle; it must end with code 0 and without an error message. */
export function stopCycles(data: string, pace: Pace): Promise<Outcome> {
  return endCycles(pace, async (webhookUrl) => {
    let serve: Serve | undefined;
    return {
      start: () => {
        serve = new Serve(data, chaosConfig(webhookUrl));
        return serve.url();
      },
      end: async () => {
        const code = await serve?.stop();
        if (code !== 0 || serve?.command.errors !== "") throw new Error(`stopped: ${code} ${serve?.command.errors}`);
      },
    };
  });
}

async function endCycles(
  { cycles, acknowledgments, delayMs }: Pace,
  make: (webhookUrl: string) => Promise<Endable>,
  regions: readonly (string | undefined)[] = [undefined],
): Promise<Outcome> {
  const receiver = await WebhookReceiver.start();
  const router = await make(receiver.url);
  const accounts: AcknowledgmentRecord[] = [];
  const faults: string[] = [];
  let answeredCalls = 0;
  try {
    let url = await router.start();
    for (let cycle = 1; cycle <= cycles; cycle++) {
      const calls = await CallLoad.start(cycle, await callClients(url, placesOf(cycle, regions)));
      const load = new Load(cycle, await Load.sessions(url, regions), acknowledgments);
      const passing = comeAndGo(url, regions);
      await Promise.all([load.busy, calls.busy]);
      await pause(Math.random() * delayMs);
      calls.expectErrors();
      await router.end();
      await Promise.all([load.ended, calls.ended]);
      accounts.push(load.account);
      faults.push(...calls.faults, ...(await passing));
      answeredCalls += calls.results;
      url = await router.start();
      faults.push(...(await faultsOf(url, load.account, regions)));
    }
    faults.push(...(await missingWebhooks(receiver, accounts)));
    await router.leave?.(url);
  } finally {
    await router.end();
    receiver.close();
  }
  const acknowledged = accounts.reduce((sum, { acknowledged: by }) => sum + by.patient + by.hasty + by.testament, 0);
  return { cycles, acknowledged, answeredCalls, faults };
}

/** Two regions, in turn exchanged: what a session of one has registered before an end, one of the other registers then. */
function placesOf(cycle: number, regions: readonly (string | undefined)[]): readonly (string | undefined)[] {
  const places = [regions[0], regions[1] ?? regions[0]];
  return cycle % 2 === 0 ? places.toReversed() : places;
}

async function missingWebhooks(
  receiver: WebhookReceiver,
  accounts: readonly AcknowledgmentRecord[],
): Promise<string[]> {
  let arrived = 0;
  let arrivedAt = Date.now();
  for (;;) {
    const missing = accounts.flatMap((account) => receiver.missing(account));
    if (missing.length === 0) return [];
    if (receiver.arrived.size > arrived) arrivedAt = Date.now();
    arrived = receiver.arrived.size;
    if (Date.now() > arrivedAt + WEBHOOKS_WITHIN_MS) return missing.map((each) => `webhook event ${each} is lost`);
    await pause(LOOK_MS);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
