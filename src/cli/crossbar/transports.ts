/** Imports the transports of a Crossbar.io router: the authentication and the web services of its realms. */

import { type ImportOptions, readAuth } from "./auth.ts";
import type { ConfigReader } from "./config-reader.ts";
import type { RealmDraft } from "./realms.ts";
import { type HttpDraft, readService } from "./web-services.ts";

/** What a transport is imported into. */
export interface TransportTarget {
  /** The realms of the transport's worker. */
  readonly realms: readonly RealmDraft[];
  /** The realms of all workers, by name. */
  readonly allRealms: Map<string, RealmDraft>;
  readonly http: HttpDraft;
  readonly options: ImportOptions;
}

const ENDPOINT = "the platform listens and terminates TLS";
const NO_PINGS = "the router sends no pings, clients do: docs/keepalive.md";

/** Reads one transport of a router. */
export function readTransport(transport: ConfigReader, target: TransportTarget): void {
  const type = transport.text("type");
  transport.get("id");
  const web = type === "universal" ? transport.dict("web") : transport;
  if (type === "websocket") readWebSocket(transport, target);
  else if (type === "web" || type === "universal") {
    for (const [path, service] of web.entries("paths")) readPath(service, `/${path}`, target);
  } else return transport.reportLost(`transports of type ${JSON.stringify(type)} are not supported`);
  if (type === "universal") {
    for (const [, websocket] of transport.entries("websocket")) readWebSocket(websocket, target);
    transport.reportLost("RawSocket is not supported", "rawsocket");
    transport.reportLost("MQTT is not supported", "mqtt");
  }
  transport.reportHandled(ENDPOINT, "endpoint");
  if (web !== transport) web.reportUnread();
  transport.reportUnread();
}

function readPath(service: ConfigReader, url: string, target: TransportTarget): void {
  const path = url === "//" ? "/" : url;
  if (service.value.type === "websocket") {
    service.reportTodo("clients connect to /ws or /ws/:realm");
    return readWebSocket(service, target);
  }
  if (service.value.type !== "path") return readService(service, path, target.allRealms, target.http);
  service.get("type");
  for (const [name, inner] of service.entries("paths"))
    readPath(inner, name === "/" ? path : `${path}/${name}`, target);
  service.reportUnread();
}

function readWebSocket(reader: ConfigReader, { realms, http, options }: TransportTarget): void {
  reader.get("type");
  reader.get("id");
  readAuth(reader, realms, options);
  const settings = reader.dict("options");
  const size = settings.get("max_message_size");
  if (typeof size === "number" && size > 0) for (const { limits } of realms) limits.message_bytes = size;
  const given = [settings.get("allowed_origins") ?? []].flat();
  const origins = given.filter((origin): origin is string => typeof origin === "string");
  if (origins.length > 0 && !origins.includes("*")) http.allowed_origins = origins;
  if (origins.length < given.length) settings.reportLost("some entries are not strings", "allowed_origins");
  for (const key of ["auto_ping_interval", "auto_ping_timeout"]) settings.reportTodo(NO_PINGS, key);
  settings.reportUnread("the platform manages the WebSockets", "handled");
  reader.reportHandled("each client chooses JSON, MessagePack or CBOR", "serializers");
  reader.reportHandled(ENDPOINT, "endpoint");
  reader.reportHandled(ENDPOINT, "url");
  reader.reportHandled("the platform keeps the log", "debug");
  reader.reportUnread();
}
