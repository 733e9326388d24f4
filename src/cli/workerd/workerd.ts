/** One process of workerd: how it is started, where it listens, how it ends. */

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { StartError } from "../environment.ts";
import { PROJECT } from "../wrangler.ts";

const WORKERD = join(PROJECT, "node_modules/.bin/workerd");

/** Kills a process when this one ends, also by `kill -9`: the pipe it reads from then closes. */
const KILL_AFTER = 'read _; kill -9 "$1"';

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A workerd that is starting, running or ended. */
export class Workerd {
  /** Resolves when it has ended; rejects with StartError where it cannot be started. */
  readonly ended: Promise<Ending>;
  /** Resolves to the port of the socket `http` once it listens; never where it ends before. */
  readonly port: Promise<number>;
  readonly #process: ChildProcess;

  /** `parameters` are those of `workerd serve`. */
  constructor(parameters: readonly string[], env: NodeJS.ProcessEnv) {
    const child = spawnDetached(["serve", ...parameters, "--control-fd=3"], env);
    this.#process = child;
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    this.port = httpPort(child.stdio[3] as Readable);
    if (child.pid !== undefined) this.#killAfterThisProcess(child.pid);
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** The process id. */
  get id(): number | undefined {
    return this.#process.pid;
  }

  /** Ends it within `withinMs`; requests in hand have that long. */
  async stop(withinMs: number): Promise<void> {
    if (this.hasEnded) return;
    this.#process.kill("SIGTERM");
    const impatience = setTimeout(() => this.kill(), withinMs);
    await this.ended;
    clearTimeout(impatience);
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  #killAfterThisProcess(id: number): void {
    const watcher = spawn("/bin/sh", ["-c", KILL_AFTER, "sh", String(id)], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    watcher.unref();
    // Without a watcher, as where there is no `sh`, workerd outlives a `kill -9`.
    watcher.once("error", () => {});
    this.#process.once("exit", () => watcher.kill("SIGKILL"));
  }
}

/** Detached, so that a Ctrl-C reaches workerd by way of the command alone. */
function spawnDetached(parameters: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  try {
    return spawn(WORKERD, parameters, { env, stdio: ["ignore", "inherit", "inherit", "pipe"], detached: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "E2BIG") throw error;
    throw new StartError("WAMP_CONFIG is larger than the operating system lets a variable be (Linux: 128 KiB)");
  }
}

/** workerd reports each socket that listens as a line of JSON on the control descriptor. */
async function httpPort(lines: Readable): Promise<number> {
  for await (const line of createInterface(lines)) {
    const { socket, port } = JSON.parse(line) as { socket?: string; port?: number };
    if (socket === "http" && port !== undefined) return port;
  }
  return new Promise(() => {});
}
