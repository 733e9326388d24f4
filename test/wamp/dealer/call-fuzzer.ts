/** Callers and callees that send random sequences of messages with all features of calls, from a seed. */

import { SeededRandom } from "../../../src/testing/seeded-random.ts";
import type { Client, Entry, Line } from "../host/test-realm.ts";
import { TestRealm } from "../host/test-realm.ts";
import { CALLER_FEATURES } from "./rpc-clients.ts";

/** An invocation as its callee has seen it. */
export interface FuzzedInvocation {
  readonly request: number;
  /** [caller, number of the call] */
  readonly args: readonly [caller: string, call: number];
  interrupts: number;
  /** The callee has given its final answer. */
  isAnswered: boolean;
  wasDeclined: boolean;
}

export const CALLERS = ["ann", "ben"];
/** callee → the features it announces */
export const CALLEES = new Map([
  ["cal", ["call_canceling", "progressive_call_invocations", "progressive_call_results"]],
  ["dan", ["call_reroute", "call_canceling"]],
  ["eve", ["call_timeout", "registration_revocation"]],
]);

/** Each procedure has a policy of its own; only dan registers `com.one`. */
const REGISTRATIONS: readonly (readonly [procedure: string, options: object])[] = [
  ["com.shared", { invoke: "roundrobin", concurrency: 1 }],
  ["com.first", { invoke: "first", concurrency: 2 }],
  ["com.free", { invoke: "roundrobin" }],
  ["com.", { match: "prefix", invoke: "last", forward_timeout: true }],
];
const PROCEDURES = ["com.shared", "com.shared", "com.first", "com.free", "com.other"];
const QUEUES = [
  { uri: "com.shared", limit: 4 },
  { uri: "com.first", limit: 2 },
];

export class CallFuzzer {
  readonly realm = new TestRealm({ options: { enable_meta_api: false }, store: { "call-queue": QUEUES } });
  /** The actions so far: the client, its message or action, and the messages that all clients received. */
  readonly turns: (readonly [name: string, action: unknown, received: readonly Entry[]])[] = [];
  /** callee → its invocations */
  readonly invocations = new Map<string, FuzzedInvocation[]>();
  /** `caller request` → final answers */
  readonly answers = new Map<string, number>();
  readonly #random: SeededRandom;
  readonly #sleeps: boolean;
  /** No callee leaves, registers or unregisters after the start. */
  readonly #isStable: boolean;
  readonly #clients = new Map<string, Client>();
  /** caller → its open inputs */
  readonly #inputs = new Map<string, Set<number>>(CALLERS.map((name) => [name, new Set()]));
  #calls = 0;
  #requests = 0;

  /** With `sleeps` the realm sleeps before every action. With an even seed the registrations are stable. */
  constructor(seed: number, sleeps: boolean) {
    this.#isStable = seed % 2 === 0;
    this.#random = new SeededRandom(seed);
    this.#sleeps = sleeps;
    const callerFeatures = Object.fromEntries(CALLER_FEATURES.map((name) => [name, true]));
    for (const name of CALLERS)
      this.#clients.set(name, this.realm.join(name, { caller: { features: callerFeatures } }));
    for (const name of CALLEES.keys()) this.#join(name);
  }

  /** Lets the clients send `turns` random messages. */
  sendRandomMessages(turns: number): void {
    for (let i = 0; i < turns; i++) {
      if (this.#random.chance(0.6)) this.#call(this.#random.pick(CALLERS));
      else this.#answer(this.#random.pick([...CALLEES.keys()]));
      if (this.#random.chance(0.05)) this.#advance(this.#random.below(60_000));
    }
  }

  /** Lets every callee answer its open invocations until none is left. */
  answerAll(): void {
    for (let isAnyOpen = true; isAnyOpen; ) {
      isAnyOpen = false;
      for (const [name, invocations] of this.invocations) {
        for (const invocation of invocations.filter(({ isAnswered }) => !isAnswered)) {
          isAnyOpen = true;
          this.#sendAnswer(name, invocation, [70, invocation.request, {}]);
        }
      }
    }
  }

  #call(name: string): void {
    const random = this.#random;
    const inputs = this.#inputs.get(name)!;
    const open = [...inputs];
    if (open.length > 0 && random.chance(0.3)) {
      const request = random.pick(open);
      const isLast = random.chance(0.5);
      if (isLast) inputs.delete(request);
      return this.#send(name, [48, request, isLast ? {} : { progress: true }, "com.free", [name, 0]]);
    }
    if (random.chance(0.25)) {
      const request = Math.max(1, this.#requests - random.below(8));
      return this.#send(name, [49, request, { mode: random.pick(["skip", "kill", "killnowait"]) }]);
    }
    const request = ++this.#requests;
    const isChunk = random.chance(0.15);
    const options = {
      ...(isChunk && { progress: true }),
      ...(random.chance(0.3) && { receive_progress: true }),
      ...(random.chance(0.3) && { timeout: 10_000 + random.below(50_000) }),
      ...(random.chance(0.2) && { runmode: "partition", rkey: random.pick(["x", "y", "z"]) }),
    };
    if (isChunk) inputs.add(request);
    this.answers.set(`${name} ${request}`, 0);
    this.#send(name, [48, request, options, isChunk ? "com.free" : random.pick(PROCEDURES), [name, ++this.#calls]]);
  }

  #answer(name: string): void {
    const random = this.#random;
    const invocation = random.pick([
      ...(this.invocations.get(name) ?? []).filter(({ isAnswered }) => !isAnswered),
      undefined,
    ]);
    if (!this.#isStable && random.chance(0.04)) return this.#leave(name);
    if (!this.#isStable && random.chance(0.04)) return this.#reregister(name);
    if (invocation === undefined) return;
    if (random.chance(0.3)) return this.#send(name, [70, invocation.request, { progress: true }, ["part"]]);
    if (random.chance(0.2)) {
      invocation.wasDeclined = true;
      return this.#sendAnswer(name, invocation, [8, 68, invocation.request, {}, "wamp.error.unavailable"]);
    }
    this.#sendAnswer(
      name,
      invocation,
      random.chance(0.8) ? [70, invocation.request, {}] : [8, 68, invocation.request, {}, "com.app.no"],
    );
  }

  #sendAnswer(name: string, invocation: FuzzedInvocation, answer: Line): void {
    invocation.isAnswered = true;
    this.#send(name, answer);
  }

  #join(name: string): void {
    const features = Object.fromEntries(CALLEES.get(name)!.map((feature) => [feature, true]));
    const callee = this.realm.join(name, { callee: { features } });
    this.#clients.set(name, callee);
    this.invocations.set(name, []);
    REGISTRATIONS.forEach(([procedure, options], index) => {
      this.#send(name, [64, index + 1, options, procedure]);
    });
  }

  #leave(name: string): void {
    this.#sleep();
    this.#clients.get(name)?.disconnect();
    this.#record(name, "leaves");
    this.#join(name);
  }

  #reregister(name: string): void {
    const [procedure, options] = this.#random.pick(REGISTRATIONS);
    const { sessions, dealer } = this.realm.realm;
    const session = [...sessions.byId.values()].find(
      ({ transport }) => transport === this.#clients.get(name)?.transport,
    );
    const registrations = session === undefined ? [] : dealer.registrations.heldBy(session).values();
    const held = [...registrations].find((one) => one.procedure === procedure);
    if (held !== undefined && this.#random.chance(0.6)) return this.#send(name, [66, 20, held.id]);
    const isForced = this.#random.chance(0.2);
    this.#send(name, [64, 20, { ...options, ...(isForced && { force_reregister: true }) }, procedure]);
  }

  #advance(milliseconds: number): void {
    this.#sleep();
    this.realm.advance(milliseconds);
    this.#record("time", milliseconds);
  }

  #send(name: string, message: Line): void {
    this.#sleep();
    this.#clients.get(name)?.send(message);
    this.#record(name, message);
  }

  #sleep(): void {
    if (this.#sleeps) this.realm.sleepAndWake();
  }

  #record(name: string, action: unknown): void {
    const received = this.realm.take();
    this.turns.push([name, action, received]);
    for (const [receiver, message] of received) {
      if (message === "closed") throw new Error(`${receiver} was closed after ${JSON.stringify(action)}`);
      this.#recordMessage(receiver, message);
    }
  }

  #recordMessage(receiver: string, message: Line): void {
    const [type, first, second] = message as [number, number, number & { progress?: boolean }];
    const invocations = this.invocations.get(receiver) ?? [];
    const invocation = invocations.find(({ request }) => request === first);
    if (type === 68 && invocation === undefined) {
      const args = message[4] as FuzzedInvocation["args"];
      invocations.push({ request: first, args, interrupts: 0, isAnswered: false, wasDeclined: false });
    }
    if (type === 69 && invocation !== undefined) invocation.interrupts++;
    const isFinal = type === 50 && second.progress !== true;
    const key = isFinal ? `${receiver} ${first}` : type === 8 && first === 48 ? `${receiver} ${second}` : undefined;
    if (key !== undefined) this.answers.set(key, (this.answers.get(key) ?? 0) + 1);
  }
}
