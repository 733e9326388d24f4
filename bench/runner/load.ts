/** The load generator's process: runs one scenario against one router and sends its figures to the parent. */

import { endpointOf } from "../client/endpoint.ts";
import { failures } from "../client/traffic.ts";
import { RouterProcess } from "../measuring/router-process.ts";
import { SCENARIOS } from "../scenarios/scenarios.ts";
import type { LoadOrder, LoadReport } from "./load-process.ts";

process.once("message", async (order: LoadOrder) => {
  const report = await run(order).catch((error: Error): LoadReport => ({ failure: error.message }));
  process.send!(report, () => process.exit(0));
});
// Without a parent the figures have no reader.
process.once("disconnect", () => process.exit(1));

async function run(order: LoadOrder): Promise<LoadReport> {
  const { scenario, socketUrl, farSocketUrl, origin, realm, pid, serializers, settings } = order;
  const [near, far] = serializers;
  const figures = await SCENARIOS[scenario]!.run({
    near: endpointOf(socketUrl, realm, near),
    far: endpointOf(farSocketUrl, realm, far),
    origin: origin === undefined ? undefined : new URL(origin),
    realm,
    router: new RouterProcess(pid),
    settings,
  });
  return { figures: { ...figures, errors: failures.count }, firstError: failures.first };
}
