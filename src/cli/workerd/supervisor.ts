/** Restarts workerd when it ends unexpectedly, with the same state and on the same port. */

import { UserError } from "../project/user-error.ts";
import type { ExitStatus, Workerd } from "./workerd.ts";

/** Starts a workerd that listens on `port`; 0 lets the operating system choose one. */
export type StartOnPort = (port: number) => Workerd;

/** Milliseconds until the first restart; doubled with each further one. */
const MIN_DELAY_MS = 250;
const MAX_DELAY_MS = 30_000;
/** Milliseconds of running after which the delay starts again at MIN_DELAY_MS. */
const STABLE_MS = 60_000;

/** Runs one workerd at a time. */
export class Supervisor {
  /**
   * Resolves to the port once the first workerd listens; rejects with UserError when that one ends before it listens.
   */
  readonly port: Promise<number>;
  readonly #start: StartOnPort;
  #workerd: Workerd;
  #startedAt = Date.now();
  #delay = MIN_DELAY_MS;
  #restart: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(start: StartOnPort, port: number) {
    this.#start = start;
    this.#workerd = start(port);
    const ended = this.#workerd.ended.then((status) => {
      if (this.#isStopped) return new Promise<never>(() => {});
      throw new UserError(`workerd ended unexpectedly (${formatCause(status)})`);
    });
    this.port = Promise.race([this.#workerd.port, ended]);
    this.port.then(
      (port) => this.#restartAfterEnd(port),
      () => {},
    );
  }

  /** Whether a workerd is running now. */
  get isRunning(): boolean {
    return !this.#workerd.hasEnded;
  }

  /** Ends workerd within `timeoutMs` and does not restart it. */
  async stop(timeoutMs: number): Promise<void> {
    this.stopRestarting();
    await this.#workerd.stop(timeoutMs);
  }

  /** Ends workerd at once and does not restart it. */
  kill(): void {
    this.stopRestarting();
    this.#workerd.kill();
  }

  /** Does not restart workerd when it ends from now on. */
  stopRestarting(): void {
    this.#isStopped = true;
    clearTimeout(this.#restart);
  }

  #restartAfterEnd(port: number): void {
    this.#workerd.ended.then(
      (status) => this.#scheduleRestart(port, formatCause(status)),
      (error: Error) => this.#scheduleRestart(port, error.message),
    );
  }

  /**
   * Has no limit of attempts: what prevents the start, such as a port in use, may end, and clients reconnect until
   * then.
   */
  #scheduleRestart(port: number, cause: string): void {
    if (this.#isStopped) return;
    if (Date.now() - this.#startedAt > STABLE_MS) this.#delay = MIN_DELAY_MS;
    const line = { level: "error", event: "workerd.ended", cause, restart_in_ms: this.#delay };
    process.stderr.write(`${JSON.stringify(line)}\n`);
    this.#restart = setTimeout(() => {
      this.#startedAt = Date.now();
      this.#workerd = this.#start(port);
      this.#restartAfterEnd(port);
    }, this.#delay);
    this.#delay = Math.min(2 * this.#delay, MAX_DELAY_MS);
  }
}

function formatCause({ code, signal }: ExitStatus): string {
  return signal ?? `code ${code}`;
}
