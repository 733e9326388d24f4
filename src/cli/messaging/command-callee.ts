/** Answers calls by a shell command: one process per call. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { ApplicationError } from "../../wamp/local/application-error.ts";
import type { CallDetails, CallHandler } from "../../wamp/local/component.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import type { Dict, List } from "../../wamp/protocol/values.ts";
import { jsonFromValue, valuesFromJson } from "../../wamp/serializers/json-text.ts";

/** Whether a process may lead a group, which signals reach as a whole. */
const HAS_GROUPS = process.platform !== "win32";

/**
 * Returns a handler that runs `command` with the call as JSON on standard input: `procedure`, `args`, `kwargs`,
 * `details`. Its output is the result: JSON, or else a string; nothing is a result without arguments. A code other than
 * 0 becomes `wamp.error.runtime_error`. A call that is canceled ends the process.
 */
export function answerByCommand(command: string): CallHandler {
  return async (args, kwargs, details) => {
    const { text, code } = await run(command, describeCall(args, kwargs, details), details.signal);
    if (code !== 0) {
      throw new ApplicationError(WampUri.RUNTIME_ERROR, [`the command of the callee ended with code ${code}`]);
    }
    return text.trim() === "" ? undefined : parseResult(text);
  };
}

function describeCall(args: List, kwargs: Dict, { procedure, progress, signal, ...details }: CallDetails): string {
  return jsonFromValue({ procedure, args, kwargs, details });
}

async function run(command: string, input: string, signal: AbortSignal): Promise<{ text: string; code: unknown }> {
  const child = spawn(command, { shell: true, stdio: ["pipe", "pipe", "inherit"], detached: HAS_GROUPS });
  const stop = (): void => end(child);
  signal.addEventListener("abort", stop);
  // A command that reads nothing may have ended before.
  child.stdin.on("error", () => {});
  child.stdin.end(`${input}\n`);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    text += chunk;
  });
  const [code, name] = await once(child, "close");
  signal.removeEventListener("abort", stop);
  return { text, code: code ?? name };
}

/** Ends the processes that the shell has started, too: they would keep its output open. */
function end(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  if (HAS_GROUPS) process.kill(-child.pid, "SIGTERM");
  else child.kill();
}

function parseResult(text: string): unknown {
  try {
    return valuesFromJson(text);
  } catch {
    return text.replace(/\r?\n$/, "");
  }
}
