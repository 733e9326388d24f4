/** `wamp-edge completion`: the scripts, in the shells that this machine has. */

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
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
    ["wamp-edge subscribe --match = e", ["exact"]],
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
  const lines = [
    "wamp-edge sub",
    "wamp-edge call --authmethod wampc",
    "wamp-edge explain call --as-r",
    "wamp-edge context se",
  ];
  const script = [scriptFor("fish"), ...lines.map(complete)].join("\n");
  const completed = execFileSync("fish", ["--no-config", "-c", script], { encoding: "utf8" });
  expect(completed).toMatch(/^subscribe\t.*\nwampcra\b.*\n--as-role\b.*\nset\b.*\n$/);
});

it("a command ends with code 0 when the reader of its output has ended", async () => {
  const child = spawn(process.execPath, [PROGRAM, "completion", "bash"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  expect(await once(child, "close")).toStrictEqual([0, null]);
  expect(errors).toBe("");
});
