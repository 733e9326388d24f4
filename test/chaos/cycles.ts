/** Ends a router under load again and again on the same state, and checks the state after each end. */

import { Router } from "./router.ts";
import { Serve } from "./served.ts";
import type { AcknowledgmentRecord } from "./workload.ts";
import { chaosConfig, faultsOf, Load, WebhookReceiver } from "./workload.ts";

/** The result of many cycles. */
export interface Outcome {
  readonly cycles: number;
  readonly acknowledged: number;
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
}

/** Each cycle ends after `acknowledgments` and a random delay of up to `delayMs`. */
export interface Pace {
  readonly cycles: number;
  readonly acknowledgments: number;
  readonly delayMs: number;
}

/** Kills workerd with SIGKILL in each cycle; its state is in `data`. The sessions are spread over `relays`, if any. */
export function killCycles(data: string, pace: Pace, relays?: object): Promise<Outcome> {
  return endCycles(pace, async (webhookUrl) => {
    const router = await Router.build(data, chaosConfig(webhookUrl, relays));
    return { start: () => router.start(), end: () => router.kill() };
  });
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
): Promise<Outcome> {
  const receiver = await WebhookReceiver.start();
  const router = await make(receiver.url);
  const accounts: AcknowledgmentRecord[] = [];
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
