/** Calls between clients of a router that ends at any time: each runs once at most, and has exactly one answer. */

import { type Client, type Message, unlessLost } from "./client.ts";

/** Procedures that both callees share: of calls with progressive results, and of calls that wait in a queue. */
const ECHO = "chaos.echo";
const QUEUED = "chaos.queued";
/** A procedure that one callee alone may register. */
const ONLY = "chaos.only";
/** The topic of events without an acknowledgment. */
const TICK = "chaos.tick";

/** Calls in flight of each caller. */
const IN_FLIGHT = 8;
const BUSY = 50;
const PARTS: readonly Message[] = [[1], [2]];

/** The clients of the load; callers and callees call each other over all pairs. */
export interface CallClients {
  readonly callees: readonly [Client, Client];
  readonly callers: readonly [Client, Client];
  readonly publisher: Client;
  readonly subscriber: Client;
}

/** Calls and events from `start` until `stop`, or until the connections are lost. */
export class CallLoad {
  /** Calls with a RESULT. */
  results = 0;
  /** ERROR.URI → calls. Before `expectErrors` each is a fault. */
  readonly errors = new Map<string, number>();
  readonly faults: string[] = [];
  /** Resolves after so many calls that each kind is among them, or when all have ended. */
  readonly busy: Promise<void>;
  /** Resolves when all calls have ended. */
  readonly ended: Promise<void>;
  readonly #cycle: number;
  readonly #onBusy: () => void;
  #isStopped = false;
  #expectsErrors = false;
  /** Calls that a callee has got, as `caller number`. */
  readonly #invoked = new Set<string>();

  private constructor(cycle: number, clients: CallClients) {
    const { callers, callees, publisher, subscriber } = clients;
    this.#cycle = cycle;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.busy = promise;
    this.#onBusy = resolve;
    for (const callee of callees) callee.onInvocation = (message) => this.#answer(callee, message);
    const work = [...callers.map((caller, index) => this.#callAll(caller, index)), this.#publish(publisher)];
    this.ended = Promise.all(work).then(() => {
      resolve();
      for (const { surplus } of [...callees, ...callers]) this.#fault(...surplus.map((each) => `again ${text(each)}`));
      const numbers = subscriber.events.map((event) => (event[4] as [number])[0]);
      const wrong = numbers.findIndex((number, index) => !this.#mayFollow(numbers[index - 1] ?? 0, number));
      if (wrong >= 0) this.#fault(`event ${numbers[wrong]} follows ${numbers[wrong - 1] ?? "nothing"}`);
    });
  }

  /** Registers the procedures, subscribes, and starts to call. `cycle` tells the calls of several loads apart. */
  static async start(cycle: number, clients: CallClients): Promise<CallLoad> {
    const [first, second] = clients.callees;
    const answers = await Promise.all([
      ...[first, second].map((callee) => callee.ask(64, { invoke: "roundrobin" }, ECHO)),
      ...[first, second].map((callee) => callee.ask(64, { invoke: "roundrobin", concurrency: 1 }, QUEUED)),
      first.ask(64, {}, ONLY),
      clients.subscriber.ask(32, {}, TICK),
    ]);
    const load = new CallLoad(cycle, clients);
    for (const answer of answers) if (answer[0] === 8) load.#fault(text(answer));
    return load;
  }

  /** An object is about to end: from now on calls may fail, and events without an acknowledgment be lost. */
  expectErrors(): void {
    this.#expectsErrors = true;
  }

  /** Makes no further calls. */
  stop(): void {
    this.#isStopped = true;
  }

  #answer(callee: Client, [, request, , details, args]: Message): void {
    const [cycle, caller, number] = args as [number, number, number];
    const call = `${caller} ${number}`;
    if (cycle !== this.#cycle) this.#fault(`a call of cycle ${cycle} is made`);
    if (this.#invoked.has(call)) this.#fault(`call ${call} is made twice`);
    this.#invoked.add(call);
    if ((details as { receive_progress?: boolean }).receive_progress === true) {
      for (const part of PARTS) callee.send([70, request, { progress: true }, part]);
    }
    callee.send([70, request, {}, args]);
  }

  async #callAll(caller: Client, index: number): Promise<void> {
    let number = 0;
    const lane = async (): Promise<void> => {
      while (!this.#isStopped) await this.#call(caller, [this.#cycle, index, ++number]);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, () => lane().catch(unlessLost)));
  }

  async #call(caller: Client, args: readonly number[]): Promise<void> {
    const number = args[2]!;
    const hasProgress = number % 3 === 0;
    const procedure = [ECHO, QUEUED, ONLY][number % 3]!;
    const answer = await caller.ask(48, hasProgress ? { receive_progress: true } : {}, procedure, args);
    const progress = text(caller.takeProgress(answer));
    const name = `call ${text(args)} of ${procedure}`;
    if (answer[0] === 50) {
      this.results++;
      if (this.results >= BUSY) this.#onBusy();
      if (text(answer[3]) !== text(args)) this.#fault(`${name}: ${text(answer)}`);
      if (progress !== text(hasProgress ? PARTS : [])) this.#fault(`${name}: progress ${progress}`);
      return;
    }
    const uri = String(answer[4]);
    this.errors.set(uri, (this.errors.get(uri) ?? 0) + 1);
    if (!this.#expectsErrors) this.#fault(`${name}: ${text(answer)}`);
    if (!text(PARTS).startsWith(progress.slice(0, -1))) this.#fault(`${name}: progress ${progress}`);
  }

  /** Publishes ascending numbers, each after the answer to a call. */
  async #publish(publisher: Client): Promise<void> {
    try {
      for (let number = 1; !this.#isStopped; number++) {
        publisher.send([16, 1_000_000_000 + number, {}, TICK, [number]]);
        await publisher.ask(48, {}, "wamp.session.count");
      }
    } catch (error) {
      unlessLost(error);
    }
  }

  #mayFollow(last: number, number: number): boolean {
    return this.#expectsErrors ? number > last : number === last + 1;
  }

  #fault(...faults: readonly string[]): void {
    this.faults.push(...faults.map((fault) => `cycle ${this.#cycle}: ${fault}`));
  }
}

function text(value: unknown): string {
  return JSON.stringify(value);
}
