/** The web services of a Crossbar.io node that we have too: HTTP bridge, webhooks, long-poll. */

import { secretOf } from "./crossbar-auth.ts";
import type { RealmDraft } from "./crossbar-realm.ts";
import type { Source } from "./import-notes.ts";

/** Our `http`, as it comes into being. */
export type HttpDraft = Record<string, Record<string, unknown> | readonly string[]>;

const STATIC = "serve files with Workers assets (wrangler.toml: assets)";
const ELSEWHERE: Readonly<Record<string, string>> = {
  static: STATIC,
  resource: "runs Python inside Crossbar.io; write a Worker",
  wsgi: "runs Python inside Crossbar.io; write a Worker",
  wap: "renders templates inside Crossbar.io; write a Worker",
  archive: STATIC,
  json: STATIC,
  catalog: "payload validation is not built",
  nodeinfo: "the landing page is at /",
  upload: "write a Worker; R2 stores files",
  redirect: "write a Worker, or a rule of the zone",
  reverseproxy: "write a Worker",
  "websocket-reverseproxy": "write a Worker",
  cgi: "write a Worker",
};

/** Reads one service of a web transport at a URL path. */
export function readService(source: Source, url: string, realms: Map<string, RealmDraft>, http: HttpDraft): void {
  const type = source.text("type") ?? "";
  if (type === "publisher" || type === "caller") return readBridge(source, url, type, realms, http);
  if (type === "webhook") return readWebhook(source, url, realms);
  if (type === "longpoll") return readLongPoll(source, http);
  source.note(ELSEWHERE[type] ?? `there is no service ${JSON.stringify(type)} here`);
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
  options.note("the log is the platform's", "debug");
  options.end();
  source.end();
  const { publish, call, ...known } = (http.bridge ?? settings) as Record<string, unknown>;
  if (JSON.stringify(known) !== JSON.stringify(settings))
    return source.note("there is one bridge, and another service came first");
  const path = realms.size === 1 ? url : `/${action}/:realm`;
  if (path !== url) source.note(`is at ${path} now, as there are several realms`);
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
  options.note("the log is the platform's", "debug");
  options.end();
  source.end();
  source.note(`is at /realms/${realm.name}/webhook/${name} now`);
}

function readLongPoll(source: Source, http: HttpDraft): void {
  const options = source.dict("options");
  const kept = options.pick("request_timeout", "session_timeout", "queue_limit_bytes", "queue_limit_messages");
  // 0 switches a limit off there; here all of them hold.
  const settings = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== 0));
  if (Object.keys(settings).length > 0) http.longpoll = settings;
  options.end();
  source.end();
  source.note("is at /lp now");
}
