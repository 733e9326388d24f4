/** Runs a command of the project as a child process and observes its output and its processes. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const PROJECT = join(import.meta.dirname, "../..");

/** Variables of the test run's environment that would change the behavior of the commands. */
const REMOVED_VARIABLES = [
  "npm_lifecycle_event",
  "HOST",
  "PORT",
  "WAMP_ASSETS",
  "WAMP_BUNDLE",
  "WAMP_CONFIG",
  "WAMP_DATA",
  "WAMP_DEVELOPMENT",
  "WRANGLER_LOG",
];

/** A started command and its output so far. */
export class Command {
  readonly process: ChildProcess;
  stdout = "";
  stderr = "";
  /** Resolves once the command has ended and all its output has been read. */
  readonly #closed: Promise<void>;

  /**
   * Starts a command in the folder `cwd`, on a port that the system chooses, unless `env` sets PORT; `input` is its
   * standard input.
   */
  constructor(
    [file = "", ...parameters]: readonly string[],
    env: Readonly<Record<string, string>>,
    input?: string,
    cwd = PROJECT,
  ) {
    const inherited = Object.entries(process.env).filter(([name]) => !REMOVED_VARIABLES.includes(name));
    this.process = spawn(file, parameters, {
      cwd,
      env: { ...Object.fromEntries(inherited), PORT: "0", ...env },
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      // A process group of its own, as a terminal gives it.
      detached: true,
    });
    this.#closed = new Promise((resolve) => this.process.once("close", () => resolve()));
    this.process.stdin?.end(input);
    this.process.stdout?.on("data", (chunk) => {
      this.stdout += chunk;
    });
    this.process.stderr?.on("data", (chunk) => {
      this.stderr += chunk;
    });
  }

  /**
   * `stderr` without what workerd says about itself, such as that an alarm was set again in the milliseconds in which it
   * fired: those lines carry the mark NOSENTRY, and concern no operator.
   */
  get errors(): string {
    const lines = this.stderr.split("\n").filter((line) => !line.includes("NOSENTRY"));
    return lines.join("\n").trimEnd();
  }

  /** Resolves to the HTTP address that the command prints when it is ready; rejects when the command ends before. */
  async origin(): Promise<URL> {
    for (;;) {
      const origin = /^ {2}(http:.*)\n/m.exec(this.stdout)?.[1];
      if (origin !== undefined) return new URL(origin);
      if (this.process.exitCode !== null) throw new Error(`the command ended: ${this.stderr}`);
      await Promise.race([once(this.process.stdout ?? this.process, "data"), this.#closed]);
    }
  }

  /** Resolves to the exit code once all output has been read. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.process.exitCode;
  }

  /** Sends SIGINT to every process of the group, as Ctrl-C does. */
  interrupt(): void {
    process.kill(-(this.process.pid as number), "SIGINT");
  }

  /** Returns the ids of all child processes, and of theirs. */
  descendants(): number[] {
    const table = processTable();
    const found = [this.process.pid];
    for (const id of found) found.push(...table.filter(({ parent }) => parent === id).map((row) => row.id));
    return found.slice(1) as number[];
  }
}

/** Returns the ids of the processes that still run; a zombie does not count. */
export function running(ids: readonly number[]): number[] {
  const rows = processTable().filter(({ id, state }) => ids.includes(id) && !state.startsWith("Z"));
  return rows.map(({ id }) => id);
}

interface ProcessRow {
  readonly id: number;
  readonly parent: number;
  readonly state: string;
}

/** Reads /proc on Linux, where `ps` may not be installed. */
function processTable(): ProcessRow[] {
  if (process.platform === "linux") return readdirSync("/proc").filter(Number).flatMap(processOnLinux);
  const lines = execFileSync("ps", ["-eo", "pid=,ppid=,stat="], { encoding: "utf8" }).trim().split("\n");
  return lines.map((line) => {
    const [id, parent, state = ""] = line.trim().split(/\s+/);
    return { id: Number(id), parent: Number(parent), state };
  });
}

function processOnLinux(id: string): ProcessRow[] {
  try {
    const [state = "", parent] = readFileSync(`/proc/${id}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return [{ id: Number(id), parent: Number(parent), state }];
  } catch {
    return []; // ended since it was listed
  }
}
