/** Calls over the long-poll transport; the callee has a WebSocket. */

import { MessageType } from "../../src/wamp/protocol/message.ts";
import { HttpClient } from "../client/http-client.ts";
import { usageOf } from "../measuring/meter.ts";
import type { Figures } from "./figures.ts";
import { LoopLoad } from "./loop-load.ts";
import { measureLoad } from "./measure-load.ts";
import { makeArguments } from "./payload.ts";
import { openEcho } from "./rpc.ts";
import { latenciesOf, type RunContext, type Scenario, uniqueUri } from "./scenario.ts";
import { PAYLOAD, TIMES } from "./settings.ts";

/** The scenario `long-poll`. */
export const longPoll: Scenario = {
  description: "callers over long-poll with one call in flight each, and a callee with a WebSocket",
  settings: { callers: 16 },
  heeds: ["callers", ...PAYLOAD, ...TIMES],
  columns: ["cpu_us_per_call", "calls_per_s", "router_busy_pct", "p50_us", "p99_us", "load_busy_pct", "errors"],
  relays: [],
  needsHttp: true,
  run: measureLongPollCalls,
};

async function measureLongPollCalls(context: RunContext): Promise<Figures> {
  const { far, origin, realm, settings } = context;
  const procedure = uniqueUri("echo");
  const args = makeArguments(settings);
  const callee = await openEcho(far, procedure, args);
  const client = new HttpClient(origin!);
  const callers = await Promise.all(
    Array.from({ length: settings.callers }, () => LongPollSession.open(client, realm)),
  );
  const load = new LoopLoad(callers.length, (loop) => callers[loop]!.call(procedure, args));
  const { span, done } = await measureLoad(context, load);
  await Promise.all(callers.map((caller) => caller.close()));
  client.close();
  callee.destroy();
  return {
    calls_per_s: done / span.seconds,
    cpu_us_per_call: span.routerUs / done,
    ...latenciesOf(load.latencies),
    ...usageOf(span),
  };
}

/** A session that sends and receives by requests. */
class LongPollSession {
  readonly #client: HttpClient;
  readonly #path: string;
  #lastId = 0;

  private constructor(client: HttpClient, path: string) {
    this.#client = client;
    this.#path = path;
  }

  static async open(client: HttpClient, realm: string): Promise<LongPollSession> {
    const opened = await client.post(`/lp/${realm}/open`, JSON.stringify({ protocols: ["wamp.2.json"] }));
    const { transport } = JSON.parse(opened) as { readonly transport: string };
    const session = new LongPollSession(client, `/lp/${realm}/${transport}`);
    await session.#exchange([MessageType.HELLO, realm, { roles: { caller: {} } }], MessageType.WELCOME);
    return session;
  }

  /** Resolves with the RESULT of a call. */
  call(procedure: string, args: readonly unknown[]): Promise<void> {
    return this.#exchange([MessageType.CALL, ++this.#lastId, {}, procedure, args], MessageType.RESULT);
  }

  close(): Promise<string> {
    return this.#client.post(`${this.#path}/close`, "");
  }

  async #exchange(message: readonly unknown[], expected: number): Promise<void> {
    const received = this.#receive();
    await this.#client.post(`${this.#path}/send`, JSON.stringify(message));
    const text = await received;
    if (!text.startsWith(`[${expected},`)) throw new Error(`the router answers ${text}`);
  }

  /** An answer without a message means that none came in time. */
  async #receive(): Promise<string> {
    for (;;) {
      const text = await this.#client.post(`${this.#path}/receive`, "");
      if (text !== "") return text;
    }
  }
}
