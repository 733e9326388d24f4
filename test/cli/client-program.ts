/** Runs `wamp-edge` as a WAMP client of a router that a test has served. */

import { once } from "node:events";
import { Command } from "./command.ts";
import type { Served } from "./served.ts";

/** How a command has ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a command; its contexts are in an empty folder unless `env` names another one. */
export function startClient(
  { socketUrl }: Pick<Served, "socketUrl">,
  words: readonly string[],
  { env = {}, input }: { readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {},
): Command {
  const variables = { WAMP_URL: socketUrl, XDG_CONFIG_HOME: "/nonexistent", ...env };
  return new Command([process.execPath, "src/cli/wamp-edge.ts", ...words], variables, input);
}

/** Resolves once the command has printed `text` to `output`; rejects when it ends before. */
export async function printed(command: Command, text: string, output: "stdout" | "stderr" = "stderr"): Promise<void> {
  while (!command[output].includes(text)) {
    if (command.process.exitCode !== null) throw new Error(`the command ended: ${command.stderr}`);
    await Promise.race([once(command.process[output]!, "data"), once(command.process, "close")]);
  }
}

/** Resolves to how a command has ended. */
export async function endOf(command: Command): Promise<Ended> {
  const code = await command.ended();
  return { code, stdout: command.stdout, stderr: command.stderr };
}
