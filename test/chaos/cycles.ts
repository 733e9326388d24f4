/** The end of a router under load, again and again on the same state, with a look at that state after each. */

import { Router } from "./router.ts";
import { Serve } from "./served.ts";
import type { Account } from "./workload.ts";
import { chaosConfig, faultsOf, Load, WebhookReceiver } from "./workload.ts";

/** What many cycles came to. */
export interface Outcome {
  readonly cycles: number;
  readonly acknowledged: number;
  readonly faults: readonly string[];
}

/**
 * Milliseconds without any webhook after which those that are missing are lost. Events of one topic come one after
 * another, and the alarm for those that an ended router has left behind rings after half a minute.
 */
const WEBHOOKS_WITHIN_MS = 60_000;
const LOOK_MS = 200;

/** A router that is started and ended on the same state. */
interface Endable {
  /** Resolves to the URL of its sockets. */
  start(): Promise<string>;
  /** Resolves when it has ended. */
  end(): Promise<void>;
}

/** When each cycle ends: after so many acknowledgments, and up to `delayMs` more. */
export interface Pace {
  readonly cycles: number;
  readonly acknowledgments: number;
  readonly delayMs: number;
}

/** `kill -9` of workerd, which keeps its state in `data`. */
export function killCycles(data: string, pace: Pace): Promise<Outcome> {
  return endCycles(pace, async (webhookUrl) => {
    const router = await Router.build(data, chaosConfig(webhookUrl));
    return { start: () => router.start(), end: () => router.kill() };
  });
}

/** SIGTERM to `npm run serve`, which keeps its state in `data`; it must end with code 0 and without complaint. */
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
        if (code !== 0 || serve?.command.stderr !== "") throw new Error(`stopped: ${code} ${serve?.command.stderr}`);
      },
    };
  });
}

async function endCycles(
  { cycles, acknowledgments, delayMs }: Pace,
  make: (webhookUrl: string) => Promise<Endable>,
): Promise<Outcome> {
  const receiver = await WebhookReceiver.start();
  const router = await make(receiver.url);
  const accounts: Account[] = [];
  const faults: string[] = [];
  try {
    let url = await router.start();
    for (let cycle = 1; cycle <= cycles; cycle++) {
      const load = new Load(cycle, await Load.sessions(url), acknowledgments);
      await load.busy;
      await pause(Math.random() * delayMs);
      await router.end();
      await load.ended;
      accounts.push(load.account);
      url = await router.start();
      faults.push(...(await faultsOf(url, load.account)));
    }
    faults.push(...(await missingWebhooks(receiver, accounts)));
  } finally {
    await router.end();
    receiver.close();
  }
  const acknowledged = accounts.reduce((sum, { acknowledged: by }) => sum + by.patient + by.hasty + by.testament, 0);
  return { cycles, acknowledged, faults };
}

async function missingWebhooks(receiver: WebhookReceiver, accounts: readonly Account[]): Promise<string[]> {
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
