/** `wamp-edge bench`: measures calls or events through a router, and prints the conditions with the figures. */

import { Argument, type Command } from "commander";
import { addConnectionOptions, type ConnectionFlags } from "../client/connection-settings.ts";
import { parseCount, parseDuration } from "../client/duration.ts";
import { describeError } from "../client/failures.ts";
import { formatTable, printJson, printLine, printNotice } from "../client/printing.ts";

type Flags = ConnectionFlags & {
  readonly uri: string;
  readonly duration: string;
  readonly inFlight: string;
  readonly payload: string;
  readonly pid?: string;
};

/** Adds the command to the program. */
export function addBenchCommand(program: Command): void {
  const command = program
    .command("bench")
    .description("measure calls of a procedure that the command itself answers, or events that it publishes to itself")
    .addArgument(new Argument("<scenario>", "what to measure").choices(["rpc", "pubsub"]));
  addConnectionOptions(command)
    .option("--duration <duration>", "how long", "5s")
    .option("--in-flight <number>", "requests at the same time", "16")
    .option("--payload <bytes>", "characters of the one argument", "100")
    .option("--uri <uri>", "procedure or topic; the role must have both sides of it", "com.example.bench")
    .option("--pid <id>", "process of the router on this machine (Linux): measures its CPU time, children included")
    .action(bench);
}

async function bench(scenario: "rpc" | "pubsub", flags: Flags): Promise<void> {
  const { measure, openBench, roundTrips } = await import("./measure.ts");
  const { cpuMicroseconds } = await import("./cpu-time.ts");
  const settings = {
    uri: flags.uri,
    durationMs: parseDuration(flags.duration, "--duration"),
    inFlight: parseCount(flags.inFlight, "--in-flight"),
    payload: parseCount(flags.payload, "--payload"),
  };
  const pid = flags.pid === undefined ? undefined : parseCount(flags.pid, "--pid");
  if (pid !== undefined) cpuMicroseconds(pid);
  const opened = await openBench(flags, scenario, settings);
  try {
    printNotice(`measuring ${scenario} for ${settings.durationMs / 1000} s`);
    const roundTripMs = await roundTrips(opened);
    const before = pid === undefined ? 0 : cpuMicroseconds(pid);
    const figures = await measure(opened, settings);
    const cpu = pid === undefined ? undefined : (cpuMicroseconds(pid) - before) / figures.messages;
    const conditions = {
      scenario,
      url: opened.url,
      realm: opened.realm,
      serializer: "json",
      in_flight: settings.inFlight,
      payload_bytes: settings.payload,
      round_trip_ms: roundTripMs,
    };
    printFigures(
      { ...conditions, ...figures, ...(cpu !== undefined && { cpu_us_per_message: round(cpu) }) },
      flags.json,
    );
  } catch (error) {
    throw await describeError(error, settings.uri, opened.session);
  } finally {
    await opened.close();
  }
}

function printFigures(figures: Readonly<Record<string, unknown>>, isJson = false): void {
  if (isJson) return printJson(figures);
  const rows = Object.entries(figures).map(([figure, value]) => ({ figure, value: String(value) }));
  for (const line of formatTable(rows).split("\n").slice(1)) printLine(line);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
