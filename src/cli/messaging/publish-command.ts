/** `wamp-edge publish`: publishes one event. */

import type { Command } from "commander";
import { addConnectionOptions, type ConnectionFlags } from "../client/connection-settings.ts";
import { describeError } from "../client/failures.ts";
import { addPayload, collect, type PayloadFlags, readMessageOptions, readPayload } from "../client/payload-words.ts";
import { printJson, printLine } from "../client/printing.ts";

type Flags = ConnectionFlags & PayloadFlags & { readonly retain?: boolean; readonly option?: readonly string[] };

/** Adds the command to the program. */
export function addPublishCommand(program: Command): void {
  const command = program
    .command("publish")
    .description("publish an event, wait for the acknowledgment and print the publication id")
    .argument("<topic>");
  addConnectionOptions(addPayload(command))
    .option("--retain", "the router keeps the event for later subscribers")
    .option("-o, --option <key=value>", "an option of PUBLISH, such as exclude_me=false; may be repeated", collect)
    .action(publish);
}

async function publish(topic: string, words: readonly string[], flags: Flags): Promise<void> {
  const { runSession } = await import("../client/run-session.ts");
  const { args, kwargs } = readPayload(words, flags);
  const options = { ...readMessageOptions(flags.option), ...(flags.retain && { retain: true }) };
  await runSession(flags, async (session) => {
    const publication = await session.publish(topic, args, kwargs, options).catch(async (error) => {
      throw await describeError(error, topic, session, "publish");
    });
    if (flags.json) printJson({ publication });
    else printLine(String(publication));
  });
}
