/** `wamp-edge subscribe`: prints the events of topics. */

import { type Command, Option } from "commander";
import type { EventDetails } from "../../wamp/local/component.ts";
import type { Dict, List } from "../../wamp/protocol/values.ts";
import { addConnectionOptions } from "../client/connection-settings.ts";
import { parseCount } from "../client/duration.ts";
import { describeError, EXIT_FEWER } from "../client/failures.ts";
import { addReconnectOption, type LastingFlags } from "../client/lasting-session.ts";
import { collect, readMessageOptions } from "../client/payload-words.ts";
import { formatPayloadLine, printJson, printLine, printNotice } from "../client/printing.ts";
import { UserError } from "../project/user-error.ts";

type Flags = LastingFlags & {
  readonly match?: "exact" | "prefix" | "wildcard";
  readonly retained?: boolean;
  readonly option?: readonly string[];
};

/** Adds the command to the program. */
export function addSubscribeCommand(program: Command): void {
  const command = program
    .command("subscribe")
    .description("print the events of topics, one a line, until Ctrl-C")
    .argument("<topics...>");
  addReconnectOption(addConnectionOptions(command))
    .addOption(new Option("--match <policy>", "how topics match").choices(["exact", "prefix", "wildcard"]))
    .option("--retained", "ask for the retained events first")
    .option("--count <number>", "end after this many events")
    .option("--duration <duration>", "end after this time; code 4 where --count was not reached")
    .option("-o, --option <key=value>", "an option of SUBSCRIBE; may be repeated", collect)
    .action(subscribe);
}

async function subscribe(topics: readonly string[], flags: Flags): Promise<void> {
  const { whenAborted } = await import("../client/run-session.ts");
  const { runLasting } = await import("../client/lasting-session.ts");
  const count = flags.count === undefined ? Number.POSITIVE_INFINITY : parseCount(flags.count, "--count");
  const options = subscribeOptions(flags);
  const full = Promise.withResolvers<void>();
  let received = 0;
  const take = (args: List, kwargs: Dict, details: EventDetails): void => {
    if (++received > count) return;
    printEvent(args, kwargs, details, flags.json);
    if (received === count) full.resolve();
  };
  await runLasting(flags, async (session, stop) => {
    for (const topic of topics) {
      await session.subscribe(topic, take, options).catch(async (error) => {
        throw await describeError(error, topic, session, "subscribe");
      });
    }
    printNotice(`subscribed to ${topics.join(", ")}; Ctrl-C ends`);
    await Promise.race([full.promise, whenAborted(stop)]);
  });
  if (received < count && flags.count !== undefined) {
    throw new UserError(`got ${received} of ${count} events`, { exitCode: EXIT_FEWER });
  }
}

function subscribeOptions({ match, retained, option }: Flags): Dict {
  return { ...readMessageOptions(option), ...(match && { match }), ...(retained && { get_retained: true }) };
}

function printEvent(args: List, kwargs: Dict, details: EventDetails, isJson = false): void {
  const { topic, publication, ...others } = details;
  if (isJson) return printJson({ topic, publication, args, kwargs, details: others });
  const time = new Date().toTimeString().slice(0, 8);
  const mark = others.retained === true ? " (retained)" : "";
  printLine(`${time} ${topic}${mark} ${formatPayloadLine({ args, kwargs })}`.trimEnd());
}
