/** Our configuration from that of a Crossbar.io node, and a list of all that has no place in it. */

import type { ImportOptions } from "./auth.ts";
import { readAuth } from "./auth.ts";
import { readComponents } from "./components.ts";
import type { Dict, Note } from "./import-notes.ts";
import { Source } from "./import-notes.ts";
import type { RealmDraft } from "./realm.ts";
import { readRealm } from "./realm.ts";
import type { HttpDraft } from "./web.ts";
import { readService } from "./web.ts";

export interface Imported {
  /** To be checked as any other configuration. */
  readonly config: Dict;
  readonly notes: readonly Note[];
}

const ENDPOINT = "the platform listens, and ends TLS";

const NO_PINGS = "the router sends no pings; clients do: docs/keepalive.md";

/** Types of workers that have components. */
const HOSTS = ["router", "container"];

/** Reads `.crossbar/config.json`, already parsed. */
export function importCrossbar(input: unknown, options: ImportOptions): Imported {
  const notes: Note[] = [];
  const root = new Source(input, "", notes);
  const realms = new Map<string, RealmDraft>();
  const http: HttpDraft = {};
  root.get("$schema");
  root.get("version");
  const workers = root.list("workers");
  for (const worker of workers) readWorker(worker, realms);
  for (const worker of workers) readTransports(worker, realms, http, options);
  for (const worker of workers) if (HOSTS.includes(worker.text("type") ?? "")) readComponents(worker, realms);
  root.dismiss("there is no node to control", "controller");
  root.end();
  for (const { name, auth } of realms.values()) {
    if (auth.size === 0)
      notes.push({ path: `realm ${name}`, reason: "no transport leads to it: nobody can join", kind: "lost" });
  }
  const config = { version: 1, realms: Array.from(realms.values(), realmOf), ...(hasKeys(http) && { http }) };
  // Some things are looked at more than once.
  return { config, notes: [...new Map(notes.map((note) => [`${note.path}: ${note.reason}`, note])).values()] };
}

function readWorker(worker: Source, realms: Map<string, RealmDraft>): void {
  const type = worker.value.type;
  if (type === "container") return;
  if (type === "guest") return worker.check("run the program anywhere: it connects as a client");
  if (type === "proxy") return worker.dismiss("the platform scales; there are no proxy workers");
  if (type !== "router") return worker.note("there are no workers of this type");
  for (const realm of worker.list("realms")) readRealm(realm, realms);
}

function readTransports(worker: Source, all: Map<string, RealmDraft>, http: HttpDraft, options: ImportOptions): void {
  if (worker.get("type") !== "router") return;
  const names = worker.list("realms").map((realm) => realm.text("name"));
  const realms = [...all.values()].filter(({ name }) => names.includes(name));
  for (const transport of worker.list("transports")) readTransport(transport, realms, all, http, options);
  worker.get("id");
  worker.get("components");
  worker.dismiss("processes are the platform's", "options");
  worker.end();
}

function readTransport(
  transport: Source,
  realms: readonly RealmDraft[],
  all: Map<string, RealmDraft>,
  http: HttpDraft,
  options: ImportOptions,
): void {
  const type = transport.text("type");
  transport.get("id");
  const web = type === "universal" ? transport.dict("web") : transport;
  if (type === "websocket") readWebSocket(transport, realms, http, options);
  else if (type === "web" || type === "universal") {
    for (const [path, service] of web.entries("paths")) readPath(service, `/${path}`, realms, all, http, options);
  } else return transport.note(`there is no transport ${JSON.stringify(type)} here`);
  if (type === "universal") {
    for (const [, websocket] of transport.entries("websocket")) readWebSocket(websocket, realms, http, options);
    transport.note("there is no RawSocket here", "rawsocket");
    transport.note("there is no MQTT here", "mqtt");
  }
  transport.dismiss(ENDPOINT, "endpoint");
  if (web !== transport) web.end();
  transport.end();
}

function readPath(
  service: Source,
  url: string,
  realms: readonly RealmDraft[],
  all: Map<string, RealmDraft>,
  http: HttpDraft,
  options: ImportOptions,
): void {
  const path = url === "//" ? "/" : url;
  if (service.value.type === "websocket") {
    service.check("is at /ws and /ws/:realm now");
    return readWebSocket(service, realms, http, options);
  }
  if (service.value.type !== "path") return readService(service, path, all, http);
  service.get("type");
  for (const [name, inner] of service.entries("paths")) {
    readPath(inner, name === "/" ? path : `${path}/${name}`, realms, all, http, options);
  }
  service.end();
}

function readWebSocket(source: Source, realms: readonly RealmDraft[], http: HttpDraft, options: ImportOptions): void {
  source.get("type");
  source.get("id");
  readAuth(source, realms, options);
  const settings = source.dict("options");
  const size = settings.get("max_message_size");
  if (typeof size === "number" && size > 0) for (const { limits } of realms) limits.message_bytes = size;
  const given = [settings.get("allowed_origins") ?? []].flat();
  const origins = given.filter((it): it is string => typeof it === "string");
  if (origins.length > 0 && !origins.includes("*")) http.allowed_origins = origins;
  if (origins.length < given.length) settings.note("some are no texts", "allowed_origins");
  for (const key of ["auto_ping_interval", "auto_ping_timeout"]) settings.check(NO_PINGS, key);
  settings.end("WebSockets are the platform's", "none");
  source.dismiss("clients negotiate any of JSON, MessagePack and CBOR", "serializers");
  source.dismiss(ENDPOINT, "endpoint");
  source.dismiss(ENDPOINT, "url");
  source.dismiss("the log is the platform's", "debug");
  source.end();
}

function realmOf(draft: RealmDraft): Dict {
  const { name, options, limits, store, roles, auth, webhooks, webhooksOut, callees } = draft;
  return {
    name,
    ...(hasKeys(options) && { options }),
    ...(hasKeys(limits) && { limits }),
    ...(hasKeys(store) && { store }),
    roles: [...roles.values()],
    auth: Object.fromEntries(auth),
    ...(webhooks.size > 0 && { webhooks: Object.fromEntries(webhooks) }),
    ...(webhooksOut.length > 0 && { webhooks_out: webhooksOut }),
    ...(callees.length > 0 && { callees }),
  };
}

function hasKeys(dict: Dict): boolean {
  return Object.keys(dict).length > 0;
}
