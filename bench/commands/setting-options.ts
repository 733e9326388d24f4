/** The settings of scenarios as options of the command line. */

import { type Command, Option } from "commander";
import { parseCount, parseDuration } from "../../src/cli/client/duration.ts";
import { UserError } from "../../src/cli/project/user-error.ts";
import { DEFAULTS, type Settings } from "../scenarios/settings.ts";

/** Values of the options as commander reads them: by attribute. */
export type OptionValues = Readonly<Record<string, unknown>>;

interface SettingOption {
  /** As commander takes it. */
  readonly flags: string;
  readonly description: string;
  /** Reads the text of the option, whose name is for errors. */
  readonly read: (text: string, name: string) => Settings[keyof Settings];
  /** The default as text. */
  readonly format: (value: never) => string;
}

const count = (flags: string, description: string): SettingOption => ({
  flags: `${flags} <number>`,
  description,
  read: parseCount,
  format: String,
});
const duration = (flags: string, description: string): SettingOption => ({
  flags: `${flags} <duration>`,
  description,
  read: parseDuration,
  format: (milliseconds: number) => `${milliseconds / 1000}s`,
});

const MATCHES = ["exact", "prefix", "wildcard"];

const OPTIONS: Readonly<Record<keyof Settings, SettingOption>> = {
  durationMs: duration("--duration", "measured time of each run"),
  warmupMs: duration("--warm-up", "time under load before it"),
  payload: { ...count("--payload", "size of the payload in JSON"), flags: "--payload <bytes>" },
  shape: {
    flags: "--shape <shape>",
    description: "payload as one text, or as a list of small objects",
    read: (text, name) => oneOf(text, ["text", "objects"], name) as Settings["shape"],
    format: String,
  },
  callers: count("--callers", "sessions that call"),
  inFlight: count("--in-flight", "requests under way of each caller or publisher"),
  publishers: count("--publishers", "sessions that publish"),
  subscribers: count("--subscribers", "sessions that subscribe"),
  isAcknowledged: { flags: "--acknowledge", description: "publish acknowledged", read: Boolean, format: String },
  sessions: count("--sessions", "sessions that wait, each with a subscription and a registration"),
  idleMs: duration("--idle", "time without a message before sessions are woken; the router sleeps after 10 s"),
  parallel: count("--parallel", "sessions or requests that are open at the same time"),
  subscriptions: count("--subscriptions", "subscriptions of the realm"),
  unreadBytes: {
    ...count("--unread", "limits.realm_outgoing_bytes of checkouts, which bounds MB/s; outgoing_bytes is a quarter"),
    flags: "--unread <bytes>",
  },
  match: {
    flags: "--match <policies>",
    description: "policies of the subscriptions, separated by commas",
    read: (text, name) => text.split(",").map((policy) => oneOf(policy, MATCHES, name)),
    format: (policies: readonly string[]) => policies.join(","),
  },
};

/** Adds the options of a scenario, with its defaults in their descriptions. */
export function addSettingOptions(
  command: Command,
  heeded: readonly (keyof Settings)[],
  defaults: Partial<Settings>,
): void {
  for (const key of heeded) {
    const { flags, description, format } = OPTIONS[key];
    const value = { ...DEFAULTS, ...defaults }[key];
    const note = typeof value === "boolean" ? "" : ` (default: ${format(value as never)})`;
    command.addOption(new Option(flags, `${description}${note}`));
  }
}

/** Returns each setting as it is on the command line, without the times, which hold for all targets. */
export function describeSettings(heeded: readonly (keyof Settings)[], settings: Settings): readonly string[] {
  const names = heeded.filter((key) => key !== "durationMs" && key !== "warmupMs");
  return names.map((key) => {
    const { flags, format } = OPTIONS[key];
    return `${new Option(flags).name()} ${format(settings[key] as never)}`;
  });
}

/** Returns the settings that options name; throws UserError for a value that cannot be used. */
export function readSettingOptions(values: OptionValues): Partial<Settings> {
  return Object.fromEntries(
    Object.entries(OPTIONS).flatMap(([key, { flags, read }]) => {
      const option = new Option(flags);
      const value = values[option.attributeName()];
      return value === undefined ? [] : [[key, read(String(value), option.long!)]];
    }),
  );
}

function oneOf(text: string, allowed: readonly string[], name: string): string {
  if (allowed.includes(text)) return text;
  throw new UserError(`${name} must be one of ${allowed.join(", ")}, not ${text}`);
}
