/** One workerd process: its start, its port and its end. */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { UserError } from "../project/user-error.ts";

/** Shell script that kills process $1 when its standard input closes: when the command ends, even by `kill -9`. */
const KILL_ON_CLOSE = 'read _; kill -9 "$1"';

/** The exit code of a process, or the signal that ended it. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A workerd process that is starting, running or ended. */
export class Workerd {
  /** Resolves when the process has ended; rejects when it cannot be started. */
  readonly ended: Promise<ExitStatus>;
  /** Resolves to the port of the socket `http` once workerd listens; never settles when workerd ends before. */
  readonly port: Promise<number>;
  readonly #process: ChildProcess;

  /**
   * Starts the workerd at the path `program`; `parameters` are those of `workerd serve`. What the Worker writes to the
   * console goes to the file descriptor `output`. Throws UserError when a variable of `env` is larger than the operating
   * system allows.
   */
  constructor(program: string, parameters: readonly string[], env: NodeJS.ProcessEnv, output: 1 | 2) {
    const child = spawnDetached(program, ["serve", ...parameters, "--control-fd=3"], env, output);
    this.#process = child;
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    this.port = readHttpPort(child.stdio[3] as Readable);
    if (child.pid !== undefined) this.#killWithThisProcess(child.pid);
  }

  /** Whether the process has ended. */
  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** The process id; undefined when the process could not be started. */
  get id(): number | undefined {
    return this.#process.pid;
  }

  /** Ends the process; open requests have `timeoutMs` to finish. */
  async stop(timeoutMs: number): Promise<void> {
    if (this.hasEnded) return;
    this.#process.kill("SIGTERM");
    const timer = setTimeout(() => this.kill(), timeoutMs);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends the process at once. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  #killWithThisProcess(id: number): void {
    const watchdog = spawn("/bin/sh", ["-c", KILL_ON_CLOSE, "sh", String(id)], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    watchdog.unref();
    // Without a watchdog (on a system without `sh`), workerd survives a `kill -9` of this process.
    watchdog.once("error", () => {});
    this.#process.once("exit", () => watchdog.kill("SIGKILL"));
  }
}

/** Starts workerd in a process group of its own, so that Ctrl-C signals only the command, which then stops workerd. */
function spawnDetached(
  program: string,
  parameters: readonly string[],
  env: NodeJS.ProcessEnv,
  output: 1 | 2,
): ChildProcess {
  try {
    return spawn(program, parameters, { env, stdio: ["ignore", output, "inherit", "pipe"], detached: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "E2BIG") throw error;
    throw new UserError("WAMP_CONFIG is larger than the operating system allows for a variable (Linux: 128 KiB)");
  }
}

/** Reads the port from the control descriptor, where workerd reports each listening socket as a line of JSON. */
async function readHttpPort(lines: Readable): Promise<number> {
  for await (const line of createInterface(lines)) {
    const { socket, port } = JSON.parse(line) as { socket?: string; port?: number };
    if (socket === "http" && port !== undefined) return port;
  }
  return new Promise(() => {});
}
