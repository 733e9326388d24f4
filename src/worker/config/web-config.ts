/** `http.paths`: web services by path, with Crossbar.io's keys; and `http.console`. */

import * as v from "valibot";
import { listOf } from "../../wamp/config/consistency.ts";
import { flag, integer, text } from "../../wamp/config/fields.ts";
import { closed, type DeepReadonly, type Fault, faultAt, named, type Path } from "../../wamp/config/shape.ts";
import { isDict } from "../../wamp/protocol/values.ts";

const seconds = integer(0);
const port = integer(1, 65_535);
const folder = v.pipe(
  v.string(),
  v.check((path) => !path.split("/").includes(".."), "must not lead out of the folder of files"),
);

/** Files of the folder that is bound as `ASSETS`. */
const staticService = closed({
  type: v.literal("static"),
  /** Path below the bound folder. */
  directory: v.optional(folder, ""),
  options: v.optional(
    closed({
      /** Seconds for which browsers may cache; null for revalidation on every request. */
      cache_timeout: v.optional(v.nullable(seconds), 43_200),
      /** Served with status 200 in place of a missing file: the page of a single-page application. */
      default_file: v.exactOptional(text),
      /** Extension with its dot → content type. */
      mime_types: v.exactOptional(named(text)),
    }),
    {},
  ),
});

const jsonService = closed({
  type: v.literal("json"),
  value: v.custom<unknown>((value) => value !== undefined, "is missing"),
  options: v.optional(
    closed({
      prettify: flag,
      /** Pages of any origin may read it, without credentials. */
      allow_cross_origin: v.optional(v.boolean(), true),
      discourage_caching: flag,
    }),
    {},
  ),
});

const redirectService = closed({
  type: v.literal("redirect"),
  url: v.pipe(
    text,
    v.check((url) => /^https?:$/.test(URL.parse(url, "https://host")?.protocol ?? ""), "must be a URL"),
  ),
});

const nodeInfoService = closed({
  type: v.literal("nodeinfo"),
  /** Lists the realms' names; a client that knows a name can try to join. */
  realms: flag,
});

const reverseProxyService = closed({
  type: v.literal("reverseproxy"),
  host: text,
  /** Requests to port 443 use TLS. */
  port: v.optional(port, 80),
  path: v.optional(v.string(), ""),
});

const noService = closed({ type: v.literal("none") });

const leaves = [staticService, jsonService, redirectService, nodeInfoService, reverseProxyService, noService] as const;

type LeafInput = v.InferInput<(typeof leaves)[number]>;
type Leaf = v.InferOutput<(typeof leaves)[number]>;

/** Services of the next path segment. */
export interface NestInput {
  readonly type: "path";
  readonly paths: Readonly<Record<string, LeafInput | NestInput>>;
}
export interface Nest {
  readonly type: "path";
  readonly paths: ReadonlyMap<string, Leaf | Nest>;
}

type Services = ReadonlyMap<string, Leaf | Nest>;

/** Path segment, or "/" for all others → its service. */
export const pathsSchema: v.GenericSchema<NestInput["paths"], Services> = v.lazy(() =>
  named(v.variant("type", [...leaves, nest])),
);

const nest = closed({ type: v.literal("path"), paths: pathsSchema });

/** A service that is not of type path. */
export type WebService = DeepReadonly<Leaf>;
export type WebPaths = DeepReadonly<Services>;
export type StaticService = Extract<WebService, { type: "static" }>;
export type JsonService = Extract<WebService, { type: "json" }>;
export type NodeInfoService = Extract<WebService, { type: "nodeinfo" }>;
export type ReverseProxyService = Extract<WebService, { type: "reverseproxy" }>;

type Dict = Readonly<Record<string, unknown>>;

/** First segments of the router's own routes. */
const WAYS_IN = ["ws", "lp", "realms", "healthz"].map((segment) => [segment]);

/**
 * Faults of `http.paths` as written, which its schema cannot see: invalid segments, and paths of the router's own
 * routes.
 */
export function webFaults(config: Dict): Fault[] {
  const { http } = config;
  if (!isDict(http) || !isDict(http.paths)) return [];
  return nestFaults(
    http.paths,
    ["http", "paths"],
    [],
    [
      ...WAYS_IN,
      ...consolePlaces(config),
      ...bridgePlaces(http.bridge),
      ...(http.metrics === undefined ? [] : [["metrics"]]),
    ],
  );
}

function nestFaults(paths: Dict, path: Path, above: readonly string[], taken: readonly string[][]): Fault[] {
  return Object.entries(paths).flatMap(([key, service]) => {
    const at = [...path, key];
    if (!/^(\/|(?!\.\.?$)[\w.~-]+)$/.test(key)) {
      return [faultAt(at, 'must be one segment of a path, or "/"; a service of type path has others in it')];
    }
    const place = key === "/" ? above : [...above, key];
    if (isDict(service) && service.type === "path") {
      return isDict(service.paths) ? nestFaults(service.paths, [...at, "paths"], place, taken) : [];
    }
    const isTaken = taken.some((route) =>
      route.every((part, index) => (part === ":realm" ? index in place : part === place[index])),
    );
    return isTaken ? [faultAt(at, `is at /${place.join("/")}, where the router itself answers`)] : [];
  });
}

/** The console, where it is served; `http.console` can leave its path to a service. */
function consolePlaces(config: Dict): string[][] {
  return servesConsole(config) ? [["console"]] : [];
}

/** Segments of the bridge's routes before `:realm`; all segments if a route begins with it or has none. */
function bridgePlaces(bridge: unknown): string[][] {
  if (!isDict(bridge)) return [];
  return [bridge.publish ?? "/publish/:realm", bridge.call ?? "/call/:realm"].flatMap((route) => {
    if (typeof route !== "string") return [];
    const parts = route.split("/").slice(1);
    const realm = parts.indexOf(":realm");
    return [realm > 0 ? parts.slice(0, realm) : parts];
  });
}

/** What decides about the console in a checked configuration. */
interface ConsoleSettings {
  readonly http?: { readonly console?: boolean };
  readonly realms: readonly {
    readonly roles: readonly { readonly name: string; readonly console?: boolean }[];
  }[];
}

/** Whether the router serves the console: where a role has `console`, unless `http.console` is false. */
export function hasConsole({ realms, http }: ConsoleSettings): boolean {
  return http?.console !== false && realms.some(({ roles }) => roles.some((role) => role.console === true));
}

/** The same for a configuration as written. */
function servesConsole({ realms, http }: Readonly<Record<string, unknown>>): boolean {
  if (isDict(http) && http.console === false) return false;
  const roles = listOf(realms).flatMap((realm) => (isDict(realm) ? listOf(realm.roles) : []));
  return roles.some((role) => isDict(role) && role.console === true);
}
