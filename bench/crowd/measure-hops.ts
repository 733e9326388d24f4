/**
 * Measures what a batch between two objects costs, and a publication in it: by the difference between events that stay
 * at a relay and those that go to another one, in small and in large bursts.
 */

import { startMeter } from "../measuring/meter.ts";
import { type CrowdRouter, startCrowdRouter } from "./crowd-router.ts";
import { realmOverRelays } from "./setups.ts";

/** Microseconds of CPU of one round. */
export interface HopFigures {
  /** An RPC call with a batch, and a publication in a batch: each at one of the two objects. */
  readonly batch: number;
  readonly forwarded: number;
}

/** Publications that share a batch. */
const BURST = 100;
const SUBPROTOCOL = "wamp.2.json.batched";
/** Two batches, from relay to core and from core to relay: one object sends each, another takes it. */
const ENDS = 4;
const PUBLISHER = 0;

/** Measures rounds, each of about `publications` publications. */
export async function measureHops(rounds: number, publications: number): Promise<readonly HopFigures[]> {
  const { config, objects } = realmOverRelays(2);
  const [near, far] = objects as [string, string];
  const router = await startCrowdRouter(config);
  try {
    for (const [url, topic] of [[near], [near, "near"], [far, "far"]] as const) {
      const order = { kind: "open", url, count: 1, subprotocol: SUBPROTOCOL, parallel: 1 } as const;
      await router.order(topic === undefined ? order : { ...order, topic });
    }
    const figures: HopFigures[] = [];
    // The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      const single = await extraUs(router, 1, publications);
      const burst = await extraUs(router, BURST, publications);
      const forwarded = (burst - single) / ENDS / (BURST - 1);
      figures.push({ forwarded, batch: single / ENDS - forwarded });
    }
    return figures.slice(1);
  } finally {
    await router.close();
  }
}

/** Microseconds that a burst costs more if its subscriber is at another relay. */
async function extraUs(router: CrowdRouter, burst: number, publications: number): Promise<number> {
  const near = await burstUs(router, "near", burst, publications);
  return (await burstUs(router, "far", burst, publications)) - near;
}

async function burstUs(router: CrowdRouter, topic: string, burst: number, publications: number): Promise<number> {
  const times = Math.ceil(publications / burst);
  const readMeter = startMeter(router.process);
  await router.order({ kind: "publish", topic, publishers: [PUBLISHER], times, burst, receivers: 1 });
  return readMeter().routerUs / times;
}
