/** What Crossbar.io hangs on a transport, for all realms behind it: how clients authenticate. */

import { TRUSTED } from "../../wamp/config/consistency.ts";
import { isDict } from "../../wamp/protocol/values.ts";
import type { Dict, Source } from "./import-notes.ts";
import type { RealmDraft } from "./realm.ts";

/** How to read what is ambiguous. */
export interface ImportOptions {
  /** A salted WAMP-CRA `secret` is the password, as since Crossbar.io 24, not the key derived from it. */
  readonly hasPlainSecrets: boolean;
}

type Settings = Record<string, unknown>;
/** Method → the key its principals stand under, and what of each is carried over. */
const PRINCIPALS: Readonly<
  Record<string, readonly [key: string, read: (source: Source, options: ImportOptions) => Settings]>
> = {
  ticket: ["principals", (source) => ({ ticket: secretOf(source, "ticket") })],
  wampcra: ["users", readUser],
  scram: ["principals", (source) => source.pick("kdf", "iterations", "memory", "salt", "stored-key", "server-key")],
  cryptosign: ["principals", (source) => source.pick("authorized_keys")],
};

const LEFT_OUT: Readonly<Record<string, string>> = {
  tls: "ask an authenticator, which is told of the certificate: docs/authentication.md, client certificates",
};

/** Methods between workers of one node. */
const PROXY_METHODS = ["anonymous-proxy", "cryptosign-proxy"];

/** Reads the methods of one transport into the realms of its worker. `cookie` is what the transport says of cookies. */
export function readAuth(transport: Source, realms: readonly RealmDraft[], options: ImportOptions): void {
  const cookie = transport.dict("cookie");
  if (!transport.has("auth")) {
    // Crossbar.io lets everybody in where nothing is said.
    for (const { roles, auth } of realms) {
      if (roles.has("anonymous") && !auth.has("anonymous"))
        auth.set("anonymous", { type: "static", role: "anonymous" });
    }
    return cookie.end("is for cookie authentication, which the transport does not have", "none");
  }
  for (const [method, source] of transport.entries("auth")) {
    if (method === "cookie") readCookie(source, cookie, realms);
    else if (PROXY_METHODS.includes(method)) source.dismiss("there are no proxy workers");
    else if (LEFT_OUT[method] !== undefined) source.note(LEFT_OUT[method]);
    else if (method === "anonymous") readAnonymous(source, realms);
    else if (PRINCIPALS[method] === undefined) source.note("is no method of ours");
    else if (source.value.type === "static") readStatic(method, source, realms, options);
    else readDynamic(method, source, realms);
  }
  if (!transport.dict("auth").has("cookie"))
    cookie.end("is for cookie authentication, which the transport does not have", "none");
}

/** `$NAME` and `${NAME}` become the name of a binding. */
export function secretOf(source: Source, key: string): unknown {
  const value = source.get(key);
  const name = typeof value === "string" ? /^\$(?:\{(\w+)\}|([A-Za-z_]\w*))$/.exec(value) : null;
  return name === null ? value : { env: name[1] ?? name[2] };
}

function readAnonymous(source: Source, realms: readonly RealmDraft[]): void {
  if (source.value.type !== "static") return readDynamic("anonymous", source, realms);
  source.get("type");
  const role = source.text("role") ?? "anonymous";
  const only = source.text("realm");
  const settings = { type: "static", role, ...source.pick("authid") };
  const fitting = realms.filter(({ name, roles }) => (only === undefined || only === name) && roles.has(role));
  if (fitting.length === 0) source.note(`no realm behind this transport has the role ${JSON.stringify(role)}`);
  for (const realm of fitting) put(realm, "anonymous", settings, source);
  source.end();
}

function readStatic(method: string, source: Source, realms: readonly RealmDraft[], options: ImportOptions): void {
  const [key, read] = PRINCIPALS[method]!;
  source.get("type");
  const defaultRole = source.text("default-role");
  for (const [authid, principal] of source.entries(key)) {
    const role = principal.text("role") ?? defaultRole;
    const only = principal.text("realm");
    const settings = { ...read(principal, options), ...(role !== undefined && { role }) };
    principal.end();
    const fitting = realms.filter(({ name, roles }) => (only === undefined || only === name) && roles.has(role ?? ""));
    if (fitting.length === 0) principal.note(`no realm behind this transport has the role ${JSON.stringify(role)}`);
    for (const realm of fitting) putPrincipal(realm, method, key, authid, settings, principal);
  }
  source.note("trust roots take an authenticator: docs/authentication.md#trustroots", "trustroots");
  source.end();
}

function putPrincipal(realm: RealmDraft, method: string, key: string, authid: string, settings: Settings, at: Source) {
  const known = realm.auth.get(method) ?? { type: "static", [key]: {} };
  const principals = known[key];
  if (!isDict(principals)) return at.note(`realm ${realm.name} has dynamic ${method} already, from another transport`);
  if (isDict(principals[authid]) && !isSame(principals[authid], settings)) {
    return at.note(`realm ${realm.name} has another principal of this name already, from another transport`);
  }
  realm.auth.set(method, { ...known, [key]: { ...principals, [authid]: settings } });
}

function readDynamic(method: string, source: Source, realms: readonly RealmDraft[]): void {
  if (source.get("type") !== "dynamic")
    return source.note("functions run inside Crossbar.io; use a dynamic authenticator");
  const only = source.text("authenticator-realm");
  const role = source.text("authenticator-role");
  const settings = { type: "dynamic", ...source.pick("authenticator", "default-role") };
  const fitting = realms.filter(({ name }) => only === undefined || only === name);
  if (fitting.length === 0) source.note("the authenticator would have to be in the realm it decides for");
  for (const realm of fitting) {
    const isKnown = role !== undefined && (role === TRUSTED || realm.roles.has(role));
    if (role !== undefined && !isKnown)
      source.check(`realm ${realm.name} has no such role; trusted calls`, "authenticator-role");
    put(realm, method, isKnown ? { ...settings, "authenticator-role": role } : settings, source);
  }
  if (fitting.length > 0 && fitting.length < realms.length) {
    source.note("decides for this realm alone: authenticators of other realms are not built", "authenticator-realm");
  }
  source.end();
}

function readUser(source: Source, { hasPlainSecrets }: ImportOptions): Settings {
  const secret = secretOf(source, "secret");
  const salting = source.pick("salt", "iterations", "keylen");
  if (Object.keys(salting).length < 3) return { secret };
  return { [hasPlainSecrets ? "secret" : "salted-key"]: secret, ...salting };
}

function readCookie(source: Source, cookie: Source, realms: readonly RealmDraft[]): void {
  const settings = cookie.pick("name", "length", "max_age", "secure", "http_strict", "same_site");
  for (const realm of realms) if (realm.auth.size > 0 || realm.roles.size > 0) put(realm, "cookie", settings, source);
  cookie.dismiss("cookies are kept in the realm's own storage", "store");
  cookie.end();
  source.end();
}

function put({ name, auth }: RealmDraft, method: string, settings: Settings, source: Source): void {
  const known = auth.get(method);
  if (known === undefined) auth.set(method, settings);
  else if (!isSame(known, settings)) source.note(`realm ${name} has other settings already, from another transport`);
}

function isSame(a: Dict, b: Dict): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
