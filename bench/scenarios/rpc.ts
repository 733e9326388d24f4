/** Calls: some callers with some calls in flight each, and one callee that returns what it gets. */

import { MessageType } from "../../src/wamp/protocol/message.ts";
import { clock, readClock } from "../client/clock.ts";
import { Connection } from "../client/connection.ts";
import { openConnections } from "../client/connections.ts";
import { Histogram } from "../client/histogram.ts";
import { Template } from "../client/template.ts";
import { noteFailure } from "../client/traffic.ts";
import { startMeter, usageOf } from "../measuring/meter.ts";
import type { Figures } from "./figures.ts";
import { makeArguments } from "./payload.ts";
import { latenciesOf, pause, type RunContext, type Scenario, uniqueUri } from "./scenario.ts";

/** Milliseconds for the last answers after a measurement. */
const DRAIN_MS = 100;
/** A run whose calls keep failing ends: each failed call is otherwise made again. */
const MOST_FAILURES = 1000;
const MEGABYTE = 1e6;

/** The scenario `rpc`. */
export const rpc: Scenario = {
  description: "callers with calls in flight, and one callee that returns the arguments",
  heeds: ["callers", "inFlight"],
  columns: ["cpu_us_per_call", "calls_per_s", "router_busy_pct", "p50_us", "p99_us", "load_busy_pct", "errors"],
  relays: ["relay", "relay-defer", "relay-batch"],
  run: measureCalls,
};

/** The scenario `large`. */
export const large: Scenario = {
  description: "calls with large payloads; MB/s counts the payload of the call, and the result carries as much back",
  settings: { callers: 4, inFlight: 1, payload: 65_536 },
  heeds: ["callers", "inFlight"],
  columns: ["cpu_us_per_call", "mb_per_s", "calls_per_s", "router_busy_pct", "p50_us", "load_busy_pct", "errors"],
  relays: ["relay", "relay-parse", "relay-batch"],
  run: measureCalls,
};

/** Runs calls for the time of the settings. */
export async function measureCalls({ near, far, router, settings }: RunContext): Promise<Figures> {
  const procedure = uniqueUri("echo");
  const callee = await openEcho(far, procedure, makeArguments(settings));
  const callers = await openConnections(near, settings.callers);
  const load = new CallLoad(
    callers,
    new Template(near.format, MessageType.CALL, [{}, procedure, makeArguments(settings)]),
  );
  load.start(settings.inFlight);
  await pause(settings.warmupMs);
  load.latencies.reset();
  const read = startMeter(router);
  const before = load.answered;
  await pause(settings.durationMs);
  const span = read();
  const calls = load.answered - before;
  load.stop();
  await pause(DRAIN_MS);
  for (const connection of [...callers, callee]) connection.destroy();
  return {
    calls_per_s: calls / span.seconds,
    cpu_us_per_call: span.routerUs / calls,
    mb_per_s: (calls * settings.payload) / span.seconds / MEGABYTE,
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
class CallLoad {
  readonly latencies = new Histogram();
  answered = 0;
  #failed = 0;
  #isStopped = false;
  readonly #callers: readonly Connection[];
  readonly #call: Template;

  constructor(callers: readonly Connection[], call: Template) {
    this.#callers = callers;
    this.#call = call;
  }

  start(inFlight: number): void {
    readClock();
    for (const caller of this.#callers) this.#startCaller(caller, inFlight);
  }

  stop(): void {
    this.#isStopped = true;
  }

  #startCaller(caller: Connection, inFlight: number): void {
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
        this.answered++;
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
