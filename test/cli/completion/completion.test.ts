/** `wamp-edge completion`: the scripts, in the shells that this machine has. */

import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";

const PROGRAM = join(import.meta.dirname, "../../../src/cli/wamp-edge.ts");

function scriptFor(shell: string): string {
  return execFileSync(process.execPath, [PROGRAM, "completion", shell], { encoding: "utf8" });
}

function has(shell: string): boolean {
  return spawnSync(shell, ["-c", "true"]).status === 0;
}

// Skipped without bash.
describe.skipIf(!has("bash"))("in bash", () => {
  let script: string;
  beforeAll(() => {
    script = scriptFor("bash");
  });

  it.each([
    ["wamp-edge su", ["subscribe"]],
    ["wamp-edge call --auth", ["--authmethod", "--authid", "--authextra"]],
    ["wamp-edge call --json --authmethod w", ["wampcra", "wamp-scram"]],
    ["wamp-edge explain s", ["subscribe"]],
    ["wamp-edge context s", ["set"]],
    ["wamp-edge call --secret-file x", []],
  ])("completes %j to %j", (line, expected) => {
    const words = line.split(" ");
    const call = `COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; _wamp_edge; echo "\${COMPREPLY[@]}"`;
    const completed = execFileSync("bash", ["-c", `${script}\n${call}`], { encoding: "utf8" }).trim();
    expect(completed.split(" ").filter((word) => word !== "")).toStrictEqual(expected);
  });
});

// Skipped without the shell.
it.skipIf(!has("zsh"))("zsh accepts its script", () => {
  execFileSync("zsh", ["-f", "-c", `autoload -Uz compinit; compinit -u; ${scriptFor("zsh")}`]);
});

it.skipIf(!has("fish"))("fish completes commands and values", () => {
  const complete = (line: string) => `complete -C ${JSON.stringify(line)}`;
  const script = `${scriptFor("fish")}\n${complete("wamp-edge sub")}\n${complete("wamp-edge call --authmethod wampc")}`;
  const completed = execFileSync("fish", ["--no-config", "-c", script], { encoding: "utf8" });
  expect(completed).toMatch(/^subscribe\t.*\nwampcra\b/);
});
