/** Reads the configuration: from JSON text or a module, with its secrets in place, or all its faults. */

import type { EnvName } from "../../wamp/config/auth.ts";
import { duplicates, listOf, nameOf } from "../../wamp/config/consistency.ts";
import { checkShape, type Fault, faultAt, type Path } from "../../wamp/config/shape.ts";
import { isDict } from "../../wamp/protocol/values.ts";
import { bridgeFaults } from "./bridge-config.ts";
import { type Config, type ConfigInput, configSchema } from "./config-schema.ts";
import { workerRealmFaults } from "./realm-config.ts";
import { bestMatch } from "./realm-lookup.ts";
import { triggerFaults } from "./triggers-config.ts";
import { webFaults } from "./web-config.ts";

/** Sources of the configuration. */
export interface ConfigSources {
  /** JSON text (the binding WAMP_CONFIG); replaces `module` as a whole unless blank. */
  readonly text?: string | undefined;
  /** The default export of `src/config.ts`. */
  readonly module: unknown;
  /** The bindings that `{ "env": "NAME" }` refers to. */
  readonly env: Readonly<Record<string, unknown>>;
  /** Uses the open development configuration if no realm is configured. */
  readonly isDevelopment: boolean;
}

/**
 * A sound configuration, or its faults. `config` is what was checked: with faults, the values as they are written, with
 * the secrets that are known.
 */
export type LoadedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly faults: readonly Fault[]; readonly config: unknown };

const EMPTY: ConfigInput = { version: 1, realms: [] };

const ALL = { call: true, register: true, publish: true, subscribe: true };

const OPEN_TO_ALL: ConfigInput = {
  version: 1,
  realms: [
    {
      name: "realm1",
      roles: [{ name: "anonymous", console: true, permissions: [{ uri: "", match: "prefix", allow: ALL }] }],
      auth: { anonymous: { type: "static" } },
    },
  ],
  http: { bridge: { open: true, role: "anonymous" }, events: { role: "anonymous" } },
};

/**
 * Loads the configuration, or lists all its faults. Without a configuration no client is admitted, except in
 * development: there `realm1` is open to all.
 */
export function loadConfig({ text = "", module, env, isDevelopment }: ConfigSources): LoadedConfig {
  if (text.trim() === "") {
    const loaded = check(module ?? EMPTY, env);
    const isEmpty = loaded.ok && loaded.config.realms.length === 0;
    return isEmpty && isDevelopment ? check(OPEN_TO_ALL, env) : loaded;
  }
  try {
    return check(JSON.parse(text), env);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { ok: false, faults: [faultAt([], `is not valid JSON${positionIn(text, error)}`)], config: undefined };
  }
}

/** The faults as lines of text, each beginning with the path. */
export function formatFaults(faults: readonly Fault[]): string {
  return faults.map(({ path, message }) => `${path === "" ? "the configuration" : path} ${message}`).join("\n");
}

function check(input: unknown, env: ConfigSources["env"]): LoadedConfig {
  const secrets: Fault[] = [];
  const resolved = withSecrets(input, env, [], secrets);
  const shape = checkShape(configSchema, resolved);
  const unresolved = new Set(secrets.map(({ path }) => path));
  const faults = [
    ...secrets,
    ...(shape.ok ? [] : shape.faults.filter(({ path }) => !unresolved.has(path))),
    ...consistencyFaults(resolved),
  ];
  return shape.ok && faults.length === 0 ? { ok: true, config: shape.value } : { ok: false, faults, config: resolved };
}

function consistencyFaults(config: unknown): Fault[] {
  if (!isDict(config)) return [];
  const realms = listOf(config.realms);
  return [
    ...duplicates(realms.map(nameOf), (index) => ["realms", index, "name"]),
    ...realms.flatMap((realm, index) => workerRealmFaults(realm, ["realms", index])),
    ...bridgeFaults(config),
    ...webFaults(config),
    ...triggerFaults(config, (name) => bestMatch(realms.filter(isNamed), name)),
  ];
}

/** A copy of `value` with every `{ "env": "NAME" }` replaced by the text of that binding. */
function withSecrets(value: unknown, env: ConfigSources["env"], path: Path, faults: Fault[]): unknown {
  if (Array.isArray(value)) return value.map((entry, index) => withSecrets(entry, env, [...path, index], faults));
  if (!isDict(value)) return value;
  if (!isEnvName(value)) {
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([key, inner]) => [key, withSecrets(inner, env, [...path, key], faults)]));
  }
  const secret = env[value.env];
  if (typeof secret === "string" && secret !== "") return secret;
  faults.push(faultAt(path, `needs the binding ${value.env}, which is missing, empty or not text`));
  return value;
}

function isEnvName(value: Readonly<Record<string, unknown>>): value is Readonly<Record<string, unknown>> & EnvName {
  return typeof value.env === "string" && Object.keys(value).length === 1;
}

/** The position in a syntax error's message; the rest of the message may quote a secret. */
function positionIn(text: string, { message }: SyntaxError): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position === undefined) return "";
  const lines = text.slice(0, Number(position)).split("\n");
  return ` (line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1})`;
}

function isNamed(realm: unknown): realm is { readonly name: string } {
  return nameOf(realm) !== undefined;
}
