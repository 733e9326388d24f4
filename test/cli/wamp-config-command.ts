/** Runs the commands of `wamp-edge` for configurations in a test, and writes configurations for it into a temporary folder. */

import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { Command } from "./command.ts";

/** The temporary folder of the test file; empty before its `beforeAll`. */
export let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "wamp-config-"));
});
afterAll(() => rm(directory, { recursive: true }));

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
