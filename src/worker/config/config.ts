/** The whole configuration: where it comes from, what it must look like, and which realm answers to a name. */

import * as v from "valibot";
import type { EnvName } from "../../wamp/config/auth.ts";
import { duplicates, listOf, nameOf, realmFaults } from "../../wamp/config/consistency.ts";
import { type RealmConfig, realmSchema } from "../../wamp/config/realm.ts";
import { checkShape, closed, type DeepReadonly, type Fault, faultAt, type Path } from "../../wamp/config/shape.ts";
import { wayInFaults } from "../../wamp/config/way-in.ts";
import { isValidRealm } from "../../wamp/protocol/uri.ts";
import { isDict } from "../../wamp/protocol/values.ts";
import { admissionEntries } from "./admission-config.ts";
import { bridgeFaults, bridgeSchema, serviceSchema } from "./bridge-config.ts";
import { eventsSchema, longPollSchema } from "./http-config.ts";
import { triggerEntries, triggerFaults } from "./triggers-config.ts";
import { notBuiltFaults } from "./unsupported.ts";
import { pathsSchema, webFaults } from "./web-config.ts";

export type { Fault } from "../../wamp/config/shape.ts";

const configSchema = closed({
  version: v.literal(1),
  realms: v.array(realmSchema),
  ...triggerEntries,
  http: v.exactOptional(
    closed({
      bridge: v.exactOptional(bridgeSchema),
      service: v.exactOptional(serviceSchema),
      longpoll: v.exactOptional(longPollSchema),
      events: v.exactOptional(eventsSchema),
      paths: v.exactOptional(pathsSchema),
      ...admissionEntries,
    }),
  ),
});

/** The configuration, checked, defaults filled in, secrets in their places. */
export type Config = DeepReadonly<v.InferOutput<typeof configSchema>>;
/** The configuration as a deployer writes it. */
export type ConfigInput = DeepReadonly<v.InferInput<typeof configSchema>>;

/** Where a configuration may come from. */
export interface ConfigSources {
  /** JSON text (the binding WAMP_CONFIG); where it is not blank it replaces `module` whole. */
  readonly text?: string | undefined;
  /** What `src/config.ts` exports. */
  readonly module: unknown;
  /** The bindings that `{ "env": "NAME" }` refers to. */
  readonly env: Readonly<Record<string, unknown>>;
  /** Opens a realm for everyone if no realm is configured. */
  readonly isDevelopment: boolean;
}

export type LoadedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly faults: readonly Fault[] };

const EMPTY: ConfigInput = { version: 1, realms: [] };

const ALL = { call: true, register: true, publish: true, subscribe: true };

const OPEN_TO_ALL: ConfigInput = {
  version: 1,
  realms: [
    {
      name: "realm1",
      roles: [{ name: "anonymous", permissions: [{ uri: "", match: "prefix", allow: ALL }] }],
      auth: { anonymous: { type: "static" } },
    },
  ],
  http: { bridge: { open: true, role: "anonymous" }, events: { role: "anonymous" } },
};

/** Gives the deployer's editor the types of the configuration; returns it as it is. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}

/**
 * The configuration of this deployment, or all its faults. Without one nobody is admitted, except in development:
 * there realm `realm1` is open to everyone.
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
    return { ok: false, faults: [faultAt([], `is not valid JSON${positionIn(text, error)}`)] };
  }
}

/**
 * The realm a client may join under `name`: the one of that name, else the pattern with the most literal characters,
 * else none. In a pattern `*` stands for one or more characters, of which the name remains a valid one.
 */
export function realmFor(config: Config, name: string): RealmConfig | undefined {
  return bestOf(config.realms, name);
}

interface Named {
  readonly name: string;
}

function isNamed(realm: unknown): realm is Named {
  return nameOf(realm) !== undefined;
}

function bestOf<R extends Named>(realms: readonly R[], name: string): R | undefined {
  const exact = realms.find((realm) => realm.name === name);
  if (exact !== undefined) return exact;
  // Half of a surrogate pair is lost in URLs and in the names of objects.
  if (!isValidRealm(name) || !name.isWellFormed()) return undefined;
  let best: R | undefined;
  for (const realm of realms) {
    if (!covers(realm.name, name)) continue;
    if (best === undefined || literalLength(realm) > literalLength(best)) best = realm;
  }
  return best;
}

/** The realm that clients mean which name none: the one there is, if it is no pattern. */
export function onlyRealm({ realms }: Config): RealmConfig | undefined {
  const [only] = realms;
  return realms.length === 1 && !only!.name.includes("*") ? only : undefined;
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
    ...notBuiltFaults(resolved),
  ];
  return shape.ok && faults.length === 0 ? { ok: true, config: shape.value } : { ok: false, faults };
}

function consistencyFaults(config: unknown): Fault[] {
  if (!isDict(config)) return [];
  const realms = listOf(config.realms);
  return [
    ...duplicates(realms.map(nameOf), (index) => ["realms", index, "name"]),
    ...realms.flatMap((realm, index) => realmFaults(realm, ["realms", index])),
    ...realms.flatMap((realm, index) => wayInFaults(realm, ["realms", index])),
    ...bridgeFaults(config),
    ...webFaults(config),
    ...triggerFaults(config, (name) => bestOf(realms.filter(isNamed), name)),
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

/** Where the engine says the text is broken. The rest of what it says may quote a secret. */
function positionIn(text: string, { message }: SyntaxError): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position === undefined) return "";
  const lines = text.slice(0, Number(position)).split("\n");
  return ` (line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1})`;
}

/** Leftmost matches suffice, because what follows a star may start anywhere. Linear: names come from clients. */
function covers(pattern: string, name: string): boolean {
  const [head = "", ...pieces] = pattern.split("*");
  const tail = pieces.pop();
  if (tail === undefined || !name.startsWith(head)) return false;
  let at = head.length;
  for (const piece of pieces) {
    const found = name.indexOf(piece, at + 1);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return name.length - tail.length > at && name.endsWith(tail);
}

function literalLength({ name }: Named): number {
  return name.replaceAll("*", "").length;
}
