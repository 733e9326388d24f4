/** Imports the web services of a Crossbar.io node: HTTP bridge, webhooks, long-poll, files, values and redirects. */

import { readSecret } from "./auth.ts";
import type { ConfigReader } from "./config-reader.ts";
import type { RealmDraft } from "./realms.ts";

/** The section `http` of the configuration while it is imported. */
export type HttpDraft = Record<string, Record<string, unknown> | readonly string[]>;

/** Type of a service without a counterpart → what to do instead. */
const ALTERNATIVES: Readonly<Record<string, string>> = {
  archive: "unpack it into a folder and serve the folder as static (docs/web-services.md)",
  resource: "runs Python inside Crossbar.io; write a Worker, or use a server behind a reverseproxy",
  wsgi: "runs Python inside Crossbar.io; run it on a server behind a reverseproxy",
  cgi: "runs programs; run them on a server behind a reverseproxy",
  wap: "renders templates inside Crossbar.io; write a Worker that calls through a service binding",
  catalog: "payload validation is not supported",
  upload: "write a Worker; R2 stores files",
  "websocket-reverseproxy": "write a Worker",
};

/** Reads one service of a web transport at a URL path. */
export function readService(reader: ConfigReader, url: string, realms: Map<string, RealmDraft>, http: HttpDraft): void {
  const type = reader.text("type") ?? "";
  if (type === "publisher" || type === "caller") return readBridge(reader, url, type, realms, http);
  if (type === "webhook") return readWebhook(reader, url, realms);
  if (type === "longpoll") return readLongPoll(reader, http);
  const read = SERVICES[type];
  if (read === undefined)
    return reader.reportLost(ALTERNATIVES[type] ?? `services of type ${JSON.stringify(type)} are not supported`);
  addService({ type, ...read(reader, url) }, url, http, reader);
  reader.reportUnread();
}

type Service = Readonly<Record<string, unknown>>;

/** Type of a service that keeps its type and path → a function that reads its settings. */
const SERVICES: Readonly<Record<string, (reader: ConfigReader, url: string) => Service>> = {
  static: readStatic,
  json: (reader) => ({
    ...reader.pick("value"),
    ...readOptions(reader, "prettify", "allow_cross_origin", "discourage_caching"),
  }),
  redirect: (reader) => reader.pick("url"),
  nodeinfo: () => ({}),
  none: () => ({}),
  reverseproxy: (reader) => {
    for (const key of ["forwarded_port", "forwarded_proto"])
      reader.reportHandled("the router sends what the client used", key);
    return reader.pick("host", "port", "path");
  },
};

/** All files are in the assets folder, at the path of their URL. */
function readStatic(reader: ConfigReader, url: string): Service {
  const files = reader.text("directory") ?? [reader.text("package"), reader.text("resource")].filter(Boolean).join("/");
  const directory = url.slice(1);
  const target = directory === "" ? "the assets folder" : `the folder ${directory} of the assets folder`;
  reader.reportTodo(`put the files of ${files} into ${target} (docs/web-services.md)`);
  return {
    ...(directory !== "" && { directory }),
    ...readOptions(reader, "cache_timeout", "default_file", "mime_types"),
  };
}

function readOptions(reader: ConfigReader, ...keys: string[]): Service {
  const options = reader.dict("options");
  const picked = options.pick(...keys);
  if (options.get("enable_directory_listing") === true) {
    options.reportLost("directory listings are not supported", "enable_directory_listing");
  }
  options.reportUnread();
  return Object.keys(picked).length > 0 ? { options: picked } : {};
}

type Paths = Record<string, Record<string, unknown>>;

/** Adds a service at its path; each segment of the path but the last is a nested service of type `path`. */
function addService(service: Service, url: string, http: HttpDraft, reader: ConfigReader): void {
  const segments = url.split("/").filter(Boolean);
  const last = segments.pop() ?? "/";
  http.paths ??= {};
  const paths = segments.reduce(nestPaths, http.paths as Paths);
  const at = paths[last]?.type === "path" ? nestPaths(paths, last) : paths;
  const key = at === paths ? last : "/";
  if (at[key] !== undefined) return reader.reportLost("another service has the same path");
  at[key] = { ...service };
}

/**
 * Returns the services below a segment; an existing service at the segment becomes the default `/` of the nested ones.
 */
function nestPaths(paths: Paths, segment: string): Paths {
  const existing = paths[segment];
  const nest =
    existing?.type === "path" ? existing : { type: "path", paths: existing === undefined ? {} : { "/": existing } };
  paths[segment] = nest;
  return nest.paths as Paths;
}

function readBridge(
  reader: ConfigReader,
  url: string,
  type: "publisher" | "caller",
  realms: Map<string, RealmDraft>,
  http: HttpDraft,
): void {
  const action = type === "publisher" ? "publish" : "call";
  const realm = reader.text("realm") ?? "";
  const role = reader.text("role") ?? "";
  if (realms.get(realm)?.roles.has(role) !== true)
    return reader.reportLost("its realm or role is not in this configuration");
  const options = reader.dict("options");
  const isSigned = options.has("key") && options.has("secret");
  const settings: Record<string, unknown> = {
    role,
    ...(isSigned ? { key: options.get("key"), secret: readSecret(options, "secret") } : { open: true }),
    ...options.pick("require_ip", "require_tls", "post_body_limit", "timestamp_delta_limit"),
  };
  options.reportHandled("the platform keeps the log", "debug");
  options.reportUnread();
  reader.reportUnread();
  const { publish, call, ...existing } = (http.bridge ?? settings) as Record<string, unknown>;
  if (JSON.stringify(existing) !== JSON.stringify(settings))
    return reader.reportLost("the router has one bridge, and an earlier service configures it");
  const path = realms.size === 1 ? url : `/${action}/:realm`;
  if (path !== url) reader.reportTodo(`the path is now ${path}, because the node has several realms`);
  const routes = { publish, call, [action]: path };
  http.bridge = {
    ...existing,
    ...Object.fromEntries(Object.entries(routes).filter(([, route]) => route !== undefined)),
  };
}

function readWebhook(reader: ConfigReader, url: string, realms: Map<string, RealmDraft>): void {
  const realm = realms.get(reader.text("realm") ?? "");
  const role = reader.text("role") ?? "";
  if (realm?.roles.has(role) !== true) return reader.reportLost("its realm or role is not in this configuration");
  const options = reader.dict("options");
  const secret = options.has("github_secret")
    ? { github_secret: readSecret(options, "github_secret") }
    : { open: true };
  const rest = options.pick("topic", "success_response", "error_response", "post_body_limit");
  const name = url.split("/").filter(Boolean).join("-") || "webhook";
  realm.webhooks.set(name, { role, ...secret, ...rest });
  options.reportHandled("the platform keeps the log", "debug");
  options.reportUnread();
  reader.reportUnread();
  reader.reportTodo(`the path is now /realms/${realm.name}/webhook/${name}`);
}

function readLongPoll(reader: ConfigReader, http: HttpDraft): void {
  const options = reader.dict("options");
  const picked = options.pick("request_timeout", "session_timeout", "queue_limit_bytes", "queue_limit_messages");
  // In Crossbar.io 0 disables a limit; this router cannot disable them.
  const settings = Object.fromEntries(Object.entries(picked).filter(([, value]) => value !== 0));
  if (Object.keys(settings).length > 0) http.longpoll = settings;
  options.reportUnread();
  reader.reportUnread();
  reader.reportTodo("the path is now /lp");
}
