/** Keeps workerd running: where it ends by itself, another one is started, with the same state and on the same port. */

import { StartError } from "../environment.ts";
import type { Ending, Workerd } from "./workerd.ts";

/** Starts a workerd that listens on `port`; 0 lets the operating system choose. */
export type StartOn = (port: number) => Workerd;

/** Milliseconds until the first try, doubled with each further one. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
/** Milliseconds after which a workerd has proved itself: when it ends, the next one need not wait long. */
const PROVEN_MS = 60_000;

export class Supervisor {
  /** Resolves to the port once the first workerd listens; rejects with StartError where that ends by itself before. */
  readonly port: Promise<number>;
  readonly #start: StartOn;
  #workerd: Workerd;
  #startedAt = Date.now();
  #wait = FIRST_WAIT_MS;
  #restart: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(start: StartOn, port: number) {
    this.#start = start;
    this.#workerd = start(port);
    const ended = this.#workerd.ended.then((ending) => {
      if (this.#isStopped) return new Promise<never>(() => {});
      throw new StartError(`workerd ended by itself (${causeOf(ending)})`);
    });
    this.port = Promise.race([this.#workerd.port, ended]);
    this.port.then(
      (port) => this.#watch(port),
      () => {},
    );
  }

  /** Whether there is a workerd at this moment. */
  get isRunning(): boolean {
    return !this.#workerd.hasEnded;
  }

  /** Ends workerd within `withinMs`, for good. */
  async stop(withinMs: number): Promise<void> {
    this.#giveUp();
    await this.#workerd.stop(withinMs);
  }

  /** Ends workerd at once, for good. */
  kill(): void {
    this.#giveUp();
    this.#workerd.kill();
  }

  /** From now on the end of workerd is no fault. */
  expectEnd(): void {
    this.#giveUp();
  }

  #giveUp(): void {
    this.#isStopped = true;
    clearTimeout(this.#restart);
  }

  #watch(port: number): void {
    const again = (cause: string): void => this.#startAgain(port, cause);
    this.#workerd.ended.then(
      (ending) => again(causeOf(ending)),
      (error: Error) => again(error.message),
    );
  }

  /** There is no last try: what keeps it from starting, such as a port in use, may pass, and clients wait for it. */
  #startAgain(port: number, cause: string): void {
    if (this.#isStopped) return;
    if (Date.now() - this.#startedAt > PROVEN_MS) this.#wait = FIRST_WAIT_MS;
    const line = { level: "error", event: "workerd.ended", cause, restart_in_ms: this.#wait };
    process.stderr.write(`${JSON.stringify(line)}\n`);
    this.#restart = setTimeout(() => {
      this.#startedAt = Date.now();
      this.#workerd = this.#start(port);
      this.#watch(port);
    }, this.#wait);
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT_MS);
  }
}

function causeOf({ code, signal }: Ending): string {
  return signal ?? `code ${code}`;
}
