/** Starts a workerd with a configuration of the benchmark. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Project } from "../../src/cli/project/project.ts";
import { UserError } from "../../src/cli/project/user-error.ts";
import { workerdProgram } from "../../src/cli/project/wrangler.ts";
import { Workerd } from "../../src/cli/workerd/workerd.ts";

/** The descriptor of standard error: standard output is for the figures. */
const STDERR = 2;
/** Milliseconds for workerd to end. */
const END_TIMEOUT_MS = 1000;

/** A process. */
export interface RunningWorkerd {
  readonly pid: number;
  /** Of its socket `http`. */
  readonly port: number;
  close(): Promise<void>;
}

/** Starts a process; rejects with UserError if it ends before it listens. `variables` are added to its environment. */
export async function startWorkerd(
  project: Project,
  configFile: string,
  parameters: readonly string[],
  variables: NodeJS.ProcessEnv,
): Promise<RunningWorkerd> {
  const all = [configFile, "--socket-addr=http=127.0.0.1:0", ...parameters];
  const workerd = new Workerd(workerdProgram(project), all, { ...process.env, ...variables }, STDERR);
  const ended = workerd.ended.then(({ code, signal }) => {
    throw new UserError(`the router does not start: workerd ended (${signal ?? `code ${code}`})`);
  });
  ended.catch(() => {});
  const port = await Promise.race([workerd.port, ended]);
  return { pid: workerd.id!, port, close: () => workerd.stop(END_TIMEOUT_MS) };
}

/** Makes a folder that is removed when this process ends. */
export function makeFolder(kind: string): string {
  const folder = mkdtempSync(join(tmpdir(), `wamp-edge-${kind}-`));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
