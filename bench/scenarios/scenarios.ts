/** The scenarios by the names of the command line. */

import { bridgeCall, bridgePublish } from "./bridge.ts";
import { churn } from "./churn.ts";
import { idle } from "./idle.ts";
import { longPoll } from "./long-poll.ts";
import { mixed } from "./mixed.ts";
import { fanout, pubsub } from "./pubsub.ts";
import { large, rpc } from "./rpc.ts";
import type { Scenario } from "./scenario.ts";
import { topics } from "./topics.ts";

/** Name → scenario, in the order of the help. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  rpc,
  large,
  mixed,
  pubsub,
  fanout,
  topics,
  idle,
  churn,
  "long-poll": longPoll,
  "bridge-call": bridgeCall,
  "bridge-publish": bridgePublish,
};
