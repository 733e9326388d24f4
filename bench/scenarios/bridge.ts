/** Requests to the HTTP bridge: calls to a callee, publications to subscribers; these have WebSockets. */

import { MessageType } from "../../src/wamp/protocol/message.ts";
import { openConnections } from "../client/connections.ts";
import { HttpClient } from "../client/http-client.ts";
import { usageOf } from "../measuring/meter.ts";
import type { Figures } from "./figures.ts";
import { LoopLoad } from "./loop-load.ts";
import { measureLoad } from "./measure-load.ts";
import { makeArguments } from "./payload.ts";
import { openEcho } from "./rpc.ts";
import { latenciesOf, type RunContext, type Scenario, uniqueUri } from "./scenario.ts";
import { PAYLOAD, TIMES } from "./settings.ts";

/** The scenario `bridge-call`. */
export const bridgeCall: Scenario = {
  description: "calls over the HTTP bridge to a callee with a WebSocket",
  settings: { parallel: 16 },
  heeds: ["parallel", ...PAYLOAD, ...TIMES],
  columns: ["cpu_us_per_call", "calls_per_s", "router_busy_pct", "p50_us", "p99_us", "load_busy_pct", "errors"],
  relays: [],
  needsHttp: true,
  run: measureBridgeCalls,
};

/** The scenario `bridge-publish`. */
export const bridgePublish: Scenario = {
  description: "publications over the HTTP bridge to subscribers with WebSockets",
  settings: { parallel: 16, subscribers: 1 },
  heeds: ["parallel", "subscribers", ...PAYLOAD, ...TIMES],
  columns: [
    "cpu_us_per_publication",
    "publications_per_s",
    "router_busy_pct",
    "p50_us",
    "p99_us",
    "load_busy_pct",
    "lost",
    "errors",
  ],
  relays: [],
  needsHttp: true,
  run: measureBridgePublications,
};

async function measureBridgeCalls(context: RunContext): Promise<Figures> {
  const procedure = uniqueUri("echo");
  const args = makeArguments(context.settings);
  const callee = await openEcho(context.far, procedure, args);
  const { rate, cost, figures } = await measureRequests(context, "call", { procedure, args });
  callee.destroy();
  return { calls_per_s: rate, cpu_us_per_call: cost, ...figures };
}

async function measureBridgePublications(context: RunContext): Promise<Figures> {
  const topic = uniqueUri("topic");
  let events = 0;
  const subscribers = await openConnections(context.far, context.settings.subscribers, async (connection) => {
    await connection.request(MessageType.SUBSCRIBE, [{}, topic]);
    connection.onMessage = (type) => {
      events++;
      return type === MessageType.EVENT;
    };
  });
  const body = { topic, args: makeArguments(context.settings) };
  const { rate, cost, total, figures } = await measureRequests(context, "publish", body);
  for (const connection of subscribers) connection.destroy();
  const lost = total * subscribers.length - events;
  return { publications_per_s: rate, cpu_us_per_publication: cost, lost, ...figures };
}

/** Posts the same body again and again; `total` counts the requests of the warm-up, too. */
async function measureRequests(context: RunContext, action: "call" | "publish", body: object) {
  const { origin, realm, settings } = context;
  const client = new HttpClient(origin!);
  const text = JSON.stringify(body);
  const load = new LoopLoad(settings.parallel, () => client.post(`/realms/${realm}/${action}`, text));
  const { span, done } = await measureLoad(context, load);
  client.close();
  return {
    rate: done / span.seconds,
    cost: span.routerUs / done,
    total: load.done,
    figures: { ...latenciesOf(load.latencies), ...usageOf(span) } satisfies Figures,
  };
}
