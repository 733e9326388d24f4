/** The web services of a Crossbar.io node that we have too: HTTP bridge, webhooks, long-poll, files, values and redirects. */

import { secretOf } from "./auth.ts";
import type { Source } from "./import-notes.ts";
import type { RealmDraft } from "./realm.ts";

/** Our `http`, as it comes into being. */
export type HttpDraft = Record<string, Record<string, unknown> | readonly string[]>;

/** Type of a service there → what to do here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  archive: "unpack it into a folder, and serve that as static (docs/web-services.md)",
  resource: "runs Python inside Crossbar.io; write a Worker, or a server behind a reverseproxy",
  wsgi: "runs Python inside Crossbar.io; serve it elsewhere, behind a reverseproxy",
  cgi: "runs programs; serve them elsewhere, behind a reverseproxy",
  wap: "renders templates inside Crossbar.io; write a Worker that calls by service binding",
  catalog: "payload validation is not built",
  upload: "write a Worker; R2 stores files",
  "websocket-reverseproxy": "write a Worker",
};

/** Reads one service of a web transport at a URL path. */
export function readService(source: Source, url: string, realms: Map<string, RealmDraft>, http: HttpDraft): void {
  const type = source.text("type") ?? "";
  if (type === "publisher" || type === "caller") return readBridge(source, url, type, realms, http);
  if (type === "webhook") return readWebhook(source, url, realms);
  if (type === "longpoll") return readLongPoll(source, http);
  const read = PAGES[type];
  if (read === undefined) return source.note(ELSEWHERE[type] ?? `there is no service ${JSON.stringify(type)} here`);
  put({ type, ...read(source, url) }, url, http, source);
  source.end();
}

type Page = Readonly<Record<string, unknown>>;

/** Services that are what they are there, at the same path. */
const PAGES: Readonly<Record<string, (source: Source, url: string) => Page>> = {
  static: readStatic,
  json: (source) => ({
    ...source.pick("value"),
    ...optionsOf(source, "prettify", "allow_cross_origin", "discourage_caching"),
  }),
  redirect: (source) => source.pick("url"),
  nodeinfo: () => ({}),
  none: () => ({}),
  reverseproxy: (source) => {
    for (const key of ["forwarded_port", "forwarded_proto"]) source.dismiss("is told as the client asked", key);
    return source.pick("host", "port", "path");
  },
};

/** All files are in one folder here; below it they are where their URLs say. */
function readStatic(source: Source, url: string): Page {
  const files = source.text("directory") ?? [source.text("package"), source.text("resource")].filter(Boolean).join("/");
  const directory = url.slice(1);
  const place = directory === "" ? "the folder of assets" : `the folder ${directory} of assets`;
  source.check(`put the files of ${files} into ${place} (docs/web-services.md)`);
  return {
    ...(directory !== "" && { directory }),
    ...optionsOf(source, "cache_timeout", "default_file", "mime_types"),
  };
}

function optionsOf(source: Source, ...keys: string[]): Page {
  const options = source.dict("options");
  const kept = options.pick(...keys);
  if (options.get("enable_directory_listing") === true) {
    options.note("folders are not listed", "enable_directory_listing");
  }
  options.end();
  return Object.keys(kept).length > 0 ? { options: kept } : {};
}

type Paths = Record<string, Record<string, unknown>>;

/** Enters a service at its path, in nests as deep as that takes. */
function put(service: Page, url: string, http: HttpDraft, source: Source): void {
  const segments = url.split("/").filter(Boolean);
  const last = segments.pop() ?? "/";
  http.paths ??= {};
  const paths = segments.reduce(nestIn, http.paths as Paths);
  const at = paths[last]?.type === "path" ? nestIn(paths, last) : paths;
  const key = at === paths ? last : "/";
  if (at[key] !== undefined) return source.note("another service is at its path already");
  at[key] = { ...service };
}

/** The services below a segment; one that stands there already goes on to answer for all that have none. */
function nestIn(paths: Paths, segment: string): Paths {
  const there = paths[segment];
  const nest = there?.type === "path" ? there : { type: "path", paths: there === undefined ? {} : { "/": there } };
  paths[segment] = nest;
  return nest.paths as Paths;
}

function readBridge(
  source: Source,
  url: string,
  type: "publisher" | "caller",
  realms: Map<string, RealmDraft>,
  http: HttpDraft,
): void {
  const action = type === "publisher" ? "publish" : "call";
  const realm = source.text("realm") ?? "";
  const role = source.text("role") ?? "";
  if (realms.get(realm)?.roles.has(role) !== true) return source.note("its realm or role is not in this configuration");
  const options = source.dict("options");
  const isSigned = options.has("key") && options.has("secret");
  const settings: Record<string, unknown> = {
    role,
    ...(isSigned ? { key: options.get("key"), secret: secretOf(options, "secret") } : { open: true }),
    ...options.pick("require_ip", "require_tls", "post_body_limit", "timestamp_delta_limit"),
  };
  options.dismiss("the log is the platform's", "debug");
  options.end();
  source.end();
  const { publish, call, ...known } = (http.bridge ?? settings) as Record<string, unknown>;
  if (JSON.stringify(known) !== JSON.stringify(settings))
    return source.note("there is one bridge, and another service came first");
  const path = realms.size === 1 ? url : `/${action}/:realm`;
  if (path !== url) source.check(`is at ${path} now, as there are several realms`);
  const routes = { publish, call, [action]: path };
  http.bridge = { ...known, ...Object.fromEntries(Object.entries(routes).filter(([, route]) => route !== undefined)) };
}

function readWebhook(source: Source, url: string, realms: Map<string, RealmDraft>): void {
  const realm = realms.get(source.text("realm") ?? "");
  const role = source.text("role") ?? "";
  if (realm?.roles.has(role) !== true) return source.note("its realm or role is not in this configuration");
  const options = source.dict("options");
  const secret = options.has("github_secret") ? { github_secret: secretOf(options, "github_secret") } : { open: true };
  const rest = options.pick("topic", "success_response", "error_response", "post_body_limit");
  const name = url.split("/").filter(Boolean).join("-") || "webhook";
  realm.webhooks.set(name, { role, ...secret, ...rest });
  options.dismiss("the log is the platform's", "debug");
  options.end();
  source.end();
  source.check(`is at /realms/${realm.name}/webhook/${name} now`);
}

function readLongPoll(source: Source, http: HttpDraft): void {
  const options = source.dict("options");
  const kept = options.pick("request_timeout", "session_timeout", "queue_limit_bytes", "queue_limit_messages");
  // 0 switches a limit off there; here all of them hold.
  const settings = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== 0));
  if (Object.keys(settings).length > 0) http.longpoll = settings;
  options.end();
  source.end();
  source.check("is at /lp now");
}
