/** Imports authentication: Crossbar.io configures it for a transport, this router for each realm. */

import { TRUSTED } from "../../wamp/config/trusted.ts";
import { isDict } from "../../wamp/protocol/values.ts";
import type { ConfigReader, Dict } from "./config-reader.ts";
import type { RealmDraft } from "./realms.ts";

/** How to read ambiguous settings. */
export interface ImportOptions {
  /** A salted WAMP-CRA `secret` is the password (as in Crossbar.io 24 and later), not the key derived from it. */
  readonly hasPlainSecrets: boolean;
}

type Settings = Record<string, unknown>;
/** Method → the key of its principals, and a function that reads the settings of one. */
const PRINCIPALS: Readonly<
  Record<string, readonly [key: string, read: (reader: ConfigReader, options: ImportOptions) => Settings]>
> = {
  ticket: ["principals", (reader) => ({ ticket: readSecret(reader, "ticket") })],
  wampcra: ["users", readUser],
  scram: ["principals", (reader) => reader.pick("kdf", "iterations", "memory", "salt", "stored-key", "server-key")],
  cryptosign: ["principals", (reader) => reader.pick("authorized_keys")],
};

/** Method → why it is not imported. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  tls: "use a dynamic authenticator, which gets the certificate: docs/authentication.md, client certificates",
};

const NO_COOKIE_AUTH = "is not used, because the transport has no cookie authentication";

/** Methods that workers of one node use among themselves. */
const PROXY_METHODS = ["anonymous-proxy", "cryptosign-proxy"];

/** Reads the methods of one transport into the realms of its worker. */
export function readAuth(transport: ConfigReader, realms: readonly RealmDraft[], options: ImportOptions): void {
  const cookie = transport.dict("cookie");
  if (!transport.has("auth")) {
    // Without `auth` Crossbar.io admits all clients as anonymous.
    for (const { roles, auth } of realms) {
      if (roles.has("anonymous") && !auth.has("anonymous"))
        auth.set("anonymous", { type: "static", role: "anonymous" });
    }
    return cookie.reportUnread(NO_COOKIE_AUTH, "handled");
  }
  for (const [method, reader] of transport.entries("auth")) {
    if (method === "cookie") readCookie(reader, cookie, realms);
    else if (PROXY_METHODS.includes(method)) reader.reportHandled("proxy workers are not needed");
    else if (UNSUPPORTED[method] !== undefined) reader.reportLost(UNSUPPORTED[method]);
    else if (method === "anonymous") readAnonymous(reader, realms);
    else if (PRINCIPALS[method] === undefined) reader.reportLost("this method is not supported");
    else if (reader.value.type === "static") readStatic(method, reader, realms, options);
    else readDynamic(method, reader, realms);
  }
  if (!transport.dict("auth").has("cookie")) cookie.reportUnread(NO_COOKIE_AUTH, "handled");
}

/** Reads a secret; `$NAME` and `${NAME}` become the reference to a binding. */
export function readSecret(reader: ConfigReader, key: string): unknown {
  const value = reader.get(key);
  const name = typeof value === "string" ? /^\$(?:\{(\w+)\}|([A-Za-z_]\w*))$/.exec(value) : null;
  return name === null ? value : { env: name[1] ?? name[2] };
}

function readAnonymous(reader: ConfigReader, realms: readonly RealmDraft[]): void {
  if (reader.value.type !== "static") return readDynamic("anonymous", reader, realms);
  reader.get("type");
  const role = reader.text("role") ?? "anonymous";
  const realmName = reader.text("realm");
  const settings = { type: "static", role, ...reader.pick("authid") };
  const matching = realms.filter(
    ({ name, roles }) => (realmName === undefined || realmName === name) && roles.has(role),
  );
  if (matching.length === 0) reader.reportLost(`no realm of this transport has the role ${JSON.stringify(role)}`);
  for (const realm of matching) setMethod(realm, "anonymous", settings, reader);
  reader.reportUnread();
}

function readStatic(method: string, reader: ConfigReader, realms: readonly RealmDraft[], options: ImportOptions): void {
  const [key, read] = PRINCIPALS[method]!;
  reader.get("type");
  const defaultRole = reader.text("default-role");
  for (const [authid, principal] of reader.entries(key)) {
    const role = principal.text("role") ?? defaultRole;
    const realmName = principal.text("realm");
    const settings = { ...read(principal, options), ...(role !== undefined && { role }) };
    principal.reportUnread();
    const matching = realms.filter(
      ({ name, roles }) => (realmName === undefined || realmName === name) && roles.has(role ?? ""),
    );
    if (matching.length === 0) principal.reportLost(`no realm of this transport has the role ${JSON.stringify(role)}`);
    for (const realm of matching) addPrincipal(realm, method, key, authid, settings, principal);
  }
  reader.reportLost("use a dynamic authenticator: docs/authentication.md#trustroots", "trustroots");
  reader.reportUnread();
}

function addPrincipal(
  realm: RealmDraft,
  method: string,
  key: string,
  authid: string,
  settings: Settings,
  reader: ConfigReader,
) {
  const existing = realm.auth.get(method) ?? { type: "static", [key]: {} };
  const principals = existing[key];
  if (!isDict(principals)) return reader.reportLost(`realm ${realm.name} has dynamic ${method} from another transport`);
  if (isDict(principals[authid]) && !isEqual(principals[authid], settings)) {
    return reader.reportLost(`realm ${realm.name} has a different principal of this name from another transport`);
  }
  realm.auth.set(method, { ...existing, [key]: { ...principals, [authid]: settings } });
}

function readDynamic(method: string, reader: ConfigReader, realms: readonly RealmDraft[]): void {
  if (reader.get("type") !== "dynamic")
    return reader.reportLost("functions run only inside Crossbar.io; use a dynamic authenticator");
  const realmName = reader.text("authenticator-realm");
  const role = reader.text("authenticator-role");
  const settings = { type: "dynamic", ...reader.pick("authenticator", "default-role") };
  const matching = realms.filter(({ name }) => realmName === undefined || realmName === name);
  if (matching.length === 0) reader.reportLost("the authenticator must be in the realm that it decides for");
  for (const realm of matching) {
    const hasRole = role !== undefined && (role === TRUSTED || realm.roles.has(role));
    if (role !== undefined && !hasRole)
      reader.reportTodo(`realm ${realm.name} has no such role; the role trusted is used`, "authenticator-role");
    setMethod(realm, method, hasRole ? { ...settings, "authenticator-role": role } : settings, reader);
  }
  if (matching.length > 0 && matching.length < realms.length) {
    reader.reportLost(
      "decides only for this realm: authenticators in another realm are not supported",
      "authenticator-realm",
    );
  }
  reader.reportUnread();
}

function readUser(reader: ConfigReader, { hasPlainSecrets }: ImportOptions): Settings {
  const secret = readSecret(reader, "secret");
  const salting = reader.pick("salt", "iterations", "keylen");
  if (Object.keys(salting).length < 3) return { secret };
  return { [hasPlainSecrets ? "secret" : "salted-key"]: secret, ...salting };
}

function readCookie(reader: ConfigReader, cookie: ConfigReader, realms: readonly RealmDraft[]): void {
  const settings = cookie.pick("name", "length", "max_age", "secure", "http_strict", "same_site");
  for (const realm of realms)
    if (realm.auth.size > 0 || realm.roles.size > 0) setMethod(realm, "cookie", settings, reader);
  cookie.reportHandled("the realm stores the cookies", "store");
  cookie.reportUnread();
  reader.reportUnread();
}

function setMethod({ name, auth }: RealmDraft, method: string, settings: Settings, reader: ConfigReader): void {
  const existing = auth.get(method);
  if (existing === undefined) auth.set(method, settings);
  else if (!isEqual(existing, settings))
    reader.reportLost(`realm ${name} has different settings from another transport`);
}

function isEqual(a: Dict, b: Dict): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
