/** The scenarios by the names of the command line. */

import { churn } from "./churn.ts";
import { fanout, pubsub } from "./pubsub.ts";
import { large, rpc } from "./rpc.ts";
import type { Scenario } from "./scenario.ts";

/** Name → scenario, in the order of the help. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  rpc,
  large,
  pubsub,
  fanout,
  churn,
};
