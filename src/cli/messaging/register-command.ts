/** `wamp-edge register`: a procedure that a command, a module or an echo answers. */

import { pathToFileURL } from "node:url";
import { type Command, Option } from "commander";
import { type CallHandler, Result } from "../../wamp/local/component.ts";
import { addConnectionOptions } from "../client/connection-settings.ts";
import { parseCount } from "../client/duration.ts";
import { describeError, EXIT_FEWER } from "../client/failures.ts";
import { addReconnectOption, type LastingFlags } from "../client/lasting-session.ts";
import { collect, readMessageOptions } from "../client/payload-words.ts";
import { formatPayloadLine, printJson, printLine, printNotice } from "../client/printing.ts";
import { UserError } from "../project/user-error.ts";
import { answerByCommand } from "./command-callee.ts";

type Flags = LastingFlags & {
  readonly exec?: string;
  readonly echo?: boolean;
  readonly script?: string;
  readonly match?: "exact" | "prefix" | "wildcard";
  readonly invoke?: string;
  readonly concurrency?: string;
  readonly option?: readonly string[];
};

const INVOKE_POLICIES = ["single", "roundrobin", "random", "first", "last"] as const;

/** Adds the command to the program. */
export function addRegisterCommand(program: Command): void {
  const command = program
    .command("register")
    .description("register a procedure and answer its calls until Ctrl-C")
    .argument("<procedure>");
  addReconnectOption(addConnectionOptions(command))
    .addOption(
      new Option(
        "--exec <command>",
        "a shell command answers: the call is JSON on its input, its output is the result",
      ).conflicts(["echo", "script"]),
    )
    .addOption(new Option("--echo", "answer with the arguments of the call").conflicts(["script"]))
    .option("--script <module>", "a module answers: its default export is a function of (args, kwargs, details)")
    .addOption(new Option("--match <policy>", "how procedures match").choices(["exact", "prefix", "wildcard"]))
    .addOption(
      new Option("--invoke <policy>", "which callee of a shared registration answers").choices(INVOKE_POLICIES),
    )
    .option("--concurrency <number>", "calls at the same time; others wait, or go to other callees")
    .option("--count <number>", "end after this many calls")
    .option("--duration <duration>", "end after this time; code 4 where --count was not reached")
    .option("-o, --option <key=value>", "an option of REGISTER; may be repeated", collect)
    .action(register);
}

async function register(procedure: string, flags: Flags): Promise<void> {
  const { whenAborted } = await import("../client/run-session.ts");
  const { runLasting } = await import("../client/lasting-session.ts");
  const count = flags.count === undefined ? Number.POSITIVE_INFINITY : parseCount(flags.count, "--count");
  const handler = await findHandler(flags);
  const full = Promise.withResolvers<void>();
  let answered = 0;
  const answer: CallHandler = async (args, kwargs, details) => {
    printCall(details.procedure, { args, kwargs }, flags.json);
    try {
      return await handler(args, kwargs, details);
    } finally {
      // The turn after next: the answer is sent then.
      if (++answered === count) setImmediate(full.resolve);
    }
  };
  await runLasting(flags, async (session, stop) => {
    await session.register(procedure, answer, registerOptions(flags)).catch(async (error) => {
      throw await describeError(error, procedure, session, "register");
    });
    printNotice(`registered ${procedure}; Ctrl-C ends`);
    await Promise.race([full.promise, whenAborted(stop)]);
  });
  if (answered < count && flags.count !== undefined) {
    throw new UserError(`answered ${answered} of ${count} calls`, { exitCode: EXIT_FEWER });
  }
}

function registerOptions({ match, invoke, concurrency, option }: Flags): Readonly<Record<string, unknown>> {
  return {
    ...readMessageOptions(option),
    ...(match && { match }),
    ...(invoke && { invoke }),
    ...(concurrency !== undefined && { concurrency: parseCount(concurrency, "--concurrency") }),
  };
}

async function findHandler({ exec, echo, script }: Flags): Promise<CallHandler> {
  if (exec) return answerByCommand(exec);
  if (echo) return (args, kwargs) => new Result(args, kwargs);
  if (script !== undefined) return loadScript(script);
  throw new UserError('register needs what answers: --exec "COMMAND", --echo or --script MODULE');
}

async function loadScript(file: string): Promise<CallHandler> {
  const module = (await import(pathToFileURL(file).href).catch((error: Error) => {
    throw new UserError(`cannot load ${file}: ${error.message.replace(/ imported from .*$/s, "")}`);
  })) as { readonly default?: unknown };
  if (typeof module.default === "function") return module.default as CallHandler;
  throw new UserError(`${file} must export a function: export default (args, kwargs, details) => …`);
}

function printCall(procedure: string, payload: { args: readonly unknown[]; kwargs: object }, isJson = false): void {
  const { args, kwargs } = payload as Parameters<typeof formatPayloadLine>[0];
  if (isJson) printJson({ procedure, args, kwargs });
  else
    printLine(`${new Date().toTimeString().slice(0, 8)} ${procedure} ${formatPayloadLine({ args, kwargs })}`.trimEnd());
}
