/** Targets: the routers that a command line names. */

import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseCount } from "../../src/cli/client/duration.ts";
import { UserError } from "../../src/cli/project/user-error.ts";
import { wireFormat } from "../client/wire-format.ts";
import { RouterProcess } from "../measuring/router-process.ts";
import { RELAYS, type RelayName, serializersOf } from "../relay/relay-names.ts";

/** A router to be measured. */
export type Target =
  | { readonly kind: "relay"; readonly name: RelayName }
  | { readonly kind: "checkout"; readonly name: string; readonly folder: string }
  | { readonly kind: "core"; readonly name: "core" }
  | {
      readonly kind: "url";
      readonly name: string;
      /** `ws:` URL; `{realm}` in it is replaced. */
      readonly url: string;
      readonly pid: number | undefined;
      readonly serializers: readonly string[];
    };

/** The checkout that this file belongs to. */
export const OWN_FOLDER = resolve(import.meta.dirname, "../..");
/** Its router. */
export const THIS_CHECKOUT: Target = { kind: "checkout", name: "this", folder: OWN_FOLDER };
/** The core of its realm with two relays. */
const CORE: Target = { kind: "core", name: "core" };

/** What routers of others are taken to know, unless their target says more. */
const DEFAULT_SERIALIZERS = ["json", "msgpack", "cbor"];

/** The forms of a target, for the help. */
export const TARGET_FORMS = `this                              the router of this checkout
  ${Object.keys(RELAYS).join(", ")}
                                    a relay: the socket work of a router and nothing else
  core                              the core of a realm with two relays, in a process of its own, whose CPU time is
                                    measured; callers and publishers are at one relay, the others at the other
  NAME,FOLDER                       the router of another checkout of this project
  NAME,URL[,PID[,SERIALIZER...]]    any router at ws://HOST:PORT/PATH; {realm} in it is replaced. Its CPU time is
                                    measured with the id of its process (or @FILE that holds it) on this machine.
                                    Serializers are ${DEFAULT_SERIALIZERS.join(", ")} unless it names them`;

/** Reads a target; throws UserError that says what is wrong with it. */
export function parseTarget(text: string): Target {
  const [name = "", place, pid, ...serializers] = text.split(",").map((part) => part.trim());
  if (name === THIS_CHECKOUT.name && place === undefined) return THIS_CHECKOUT;
  if (name === CORE.name && place === undefined) return CORE;
  if (place === undefined) return parseRelay(name);
  if (name === "") throw new UserError(`--target ${text}: the name before the first comma is missing`);
  if ([THIS_CHECKOUT.name, CORE.name].includes(name) || name in RELAYS)
    throw new UserError(`--target ${text}: the name ${name} is taken`);
  if (!/^\w+:\/\//.test(place)) {
    if (pid !== undefined) throw new UserError(`--target ${text}: a folder takes neither pid nor serializers`);
    return { kind: "checkout", name, folder: parseFolder(place, text) };
  }
  return {
    kind: "url",
    name,
    url: parseUrl(place, text),
    pid: pid ? parsePid(pid, text) : undefined,
    serializers: serializers.length > 0 ? serializers.map((each) => wireFormatName(each, text)) : DEFAULT_SERIALIZERS,
  };
}

/**
 * Returns the targets that are measured where the command line names no others: the relays that know the serializers,
 * and this checkout.
 */
export function defaultTargets(
  relays: readonly RelayName[],
  serializers: readonly [string, string],
): readonly Target[] {
  const able = relays.filter((relay) => canRelay(relay, serializers));
  return [...able.map((name): Target => ({ kind: "relay", name })), THIS_CHECKOUT];
}

/** Whether a relay knows the serializers of both sides; none translates from one to another. */
export function canRelay(relay: RelayName, [near, far]: readonly [string, string]): boolean {
  return near === far && serializersOf(relay).includes(near);
}

function parseRelay(name: string): Target {
  if (!(name in RELAYS)) {
    const known = [THIS_CHECKOUT.name, ...Object.keys(RELAYS), CORE.name].join(", ");
    throw new UserError(`--target ${name}: must be one of ${known}, or NAME,URL or NAME,FOLDER`);
  }
  return { kind: "relay", name: name as RelayName };
}

function parseFolder(path: string, text: string): string {
  const folder = resolve(path);
  const command = join(folder, "src/cli/wamp-edge.ts");
  if (!existsSync(command)) throw new UserError(`--target ${text}: no router there: ${command} does not exist`);
  if (!existsSync(join(folder, "node_modules"))) {
    throw new UserError(`--target ${text}: the checkout is not installed: run npm ci in ${folder}`);
  }
  return folder;
}

function parseUrl(url: string, text: string): string {
  const parsed = URL.parse(url.replace("{realm}", "realm"));
  if (parsed?.protocol === "ws:") return url;
  throw new UserError(`--target ${text}: ${url} is not a ws: URL such as ws://127.0.0.1:8080/ws/{realm}`);
}

function parsePid(pid: string, text: string): number {
  const file = pid.startsWith("@") ? pid.slice(1) : undefined;
  try {
    const id = parseCount(file === undefined ? pid : readFileSync(file, "utf8").trim(), "the process id");
    // Fails here rather than in the first run.
    new RouterProcess(id);
    return id;
  } catch (error) {
    throw new UserError(`--target ${text}: ${(error as Error).message}`);
  }
}

function wireFormatName(name: string, text: string): string {
  try {
    wireFormat(name);
    return name;
  } catch (error) {
    throw new UserError(`--target ${text}: ${(error as Error).message}`);
  }
}
