/** Runs the commands of `wamp-edge` for configurations in a test, and writes configurations for it into a temporary folder. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "./command.ts";

/** A temporary folder, until the process of the test files ends. */
export const directory = mkdtempSync(join(tmpdir(), "wamp-config-"));
process.once("exit", () => rmSync(directory, { recursive: true }));

/** Runs the command to its end; `input` is its standard input. */
export async function run(
  parameters: string[],
  input = "",
  env = {},
): Promise<{ code: number | null } & Record<"out" | "err", string>> {
  const command = new Command([process.execPath, "src/cli/wamp-edge.ts", ...parameters], env, input);
  const code = await command.ended();
  return { code, out: command.stdout, err: command.stderr };
}

/** Writes a configuration, as text or as a value in JSON; returns its path. */
export function fileOf(content: unknown): string {
  const file = join(directory, "config.json");
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}
