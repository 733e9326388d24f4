/** Calls: some callers with some calls in flight each, and one callee that returns what it gets. */

import { MessageType } from "../../src/wamp/protocol/message.ts";
import { clock, readClock } from "../client/clock.ts";
import { Connection } from "../client/connection.ts";
import { openConnections } from "../client/connections.ts";
import { Histogram } from "../client/histogram.ts";
import { Template } from "../client/template.ts";
import { noteFailure } from "../client/traffic.ts";
import { usageOf } from "../measuring/meter.ts";
import type { Figures } from "./figures.ts";
import { type Load, measureLoad } from "./measure-load.ts";
import { makeArguments } from "./payload.ts";
import { latenciesOf, type RunContext, type Scenario, uniqueUri } from "./scenario.ts";
import { PAYLOAD, TIMES } from "./settings.ts";

/** A run whose calls keep failing ends: each failed call is otherwise made again. */
const MOST_FAILURES = 1000;
const MEGABYTE = 1e6;
/** 2 GiB a second, which no router here reaches; the default bounds the payload of calls at 67 MB/s. */
const UNBOUNDED = 2 ** 30;

/** The scenario `rpc`. */
export const rpc: Scenario = {
  description: "callers with calls in flight, and one callee that returns the arguments",
  heeds: ["callers", "inFlight", ...PAYLOAD, ...TIMES],
  columns: ["cpu_us_per_call", "calls_per_s", "router_busy_pct", "p50_us", "p99_us", "load_busy_pct", "errors"],
  relays: ["relay", "relay-defer", "relay-batch"],
  run: measureCalls,
};

/** The scenario `large`. */
export const large: Scenario = {
  description: "calls with large payloads; MB/s counts the payload of the call, and the result carries as much back",
  settings: { callers: 4, inFlight: 1, payload: 65_536, unreadBytes: UNBOUNDED },
  heeds: ["callers", "inFlight", ...PAYLOAD, "unreadBytes", ...TIMES],
  columns: ["cpu_us_per_call", "mb_per_s", "calls_per_s", "router_busy_pct", "p50_us", "load_busy_pct", "errors"],
  relays: ["relay", "relay-parse", "relay-batch"],
  run: measureCalls,
};

/** Runs calls for the time of the settings. */
export async function measureCalls(context: RunContext): Promise<Figures> {
  const { near, far, settings } = context;
  const procedure = uniqueUri("echo");
  const args = makeArguments(settings);
  const callee = await openEcho(far, procedure, args);
  const callers = await openConnections(near, settings.callers);
  const call = new Template(near.format, MessageType.CALL, [{}, procedure, args]);
  const load = new CallLoad(callers, call, settings.inFlight);
  const { span, done } = await measureLoad(context, load);
  for (const connection of [...callers, callee]) connection.destroy();
  return {
    calls_per_s: done / span.seconds,
    cpu_us_per_call: span.routerUs / done,
    mb_per_s: (done * settings.payload) / span.seconds / MEGABYTE,
    ...latenciesOf(load.latencies),
    ...usageOf(span),
  };
}

/** Registers a procedure that answers each call with the same arguments. */
export async function openEcho(
  endpoint: RunContext["far"],
  procedure: string,
  args: readonly unknown[],
): Promise<Connection> {
  const callee = await Connection.open(endpoint);
  await callee.request(MessageType.REGISTER, [{}, procedure]);
  const template = new Template(endpoint.format, MessageType.YIELD, [{}, args]);
  callee.onMessage = (type, _id, bytes) => {
    if (type !== MessageType.INVOCATION) return false;
    callee.answer(template, bytes);
    return true;
  };
  return callee;
}

/** Keeps calls in flight: each answer makes the next call. */
class CallLoad implements Load {
  readonly latencies = new Histogram();
  done = 0;
  #failed = 0;
  #isStopped = false;
  readonly #call: Template;

  constructor(callers: readonly Connection[], call: Template, inFlight: number) {
    this.#call = call;
    readClock();
    for (const caller of callers) this.#start(caller, inFlight);
  }

  reset(): void {
    this.latencies.reset();
  }

  stop(): void {
    this.#isStopped = true;
  }

  #start(caller: Connection, inFlight: number): void {
    // A ring of send times by request id: calls of one caller are answered nearly in order.
    const size = 2 ** Math.ceil(Math.log2(Math.max(16, 4 * inFlight)));
    const sentAt = new Float64Array(size);
    const call = (): void => {
      const id = caller.nextId();
      sentAt[id & (size - 1)] = clock.now;
      caller.send(this.#call, id);
    };
    caller.onMessage = (type, id) => {
      if (type === MessageType.RESULT) {
        this.done++;
        this.latencies.add((clock.now - sentAt[id & (size - 1)]!) * 1000);
      } else if (type === MessageType.ERROR) {
        noteFailure("a call failed");
        if (++this.#failed > MOST_FAILURES) return true;
      } else return false;
      if (!this.#isStopped) call();
      return true;
    };
    for (let count = 0; count < inFlight; count++) call();
  }
}
