/** Imports the realms of a Crossbar.io node: options, store, roles and permissions. */

import { readPattern } from "../../wamp/config/permission.ts";
import { TRUSTED } from "../../wamp/config/trusted.ts";
import type { Match } from "../../wamp/protocol/uri.ts";
import { isMatch } from "../../wamp/protocol/uri.ts";
import type { ConfigReader } from "./config-reader.ts";

/** The configuration of a realm while it is imported. */
export interface RealmDraft {
  readonly name: string;
  readonly options: Record<string, unknown>;
  readonly store: Record<string, unknown>;
  readonly limits: Record<string, unknown>;
  /** Name → role. */
  readonly roles: Map<string, Record<string, unknown>>;
  /** Method → settings. */
  readonly auth: Map<string, Record<string, unknown>>;
  /** Name → settings. */
  readonly webhooks: Map<string, Record<string, unknown>>;
  readonly webhooksOut: Record<string, unknown>[];
  readonly callees: Record<string, unknown>[];
}

interface Rule extends Record<string, unknown> {
  readonly uri: string;
  match?: Match;
}

const ACTIONS = ["call", "register", "publish", "subscribe"];

/** Reads a realm into the draft of the same name. */
export function readRealm(reader: ConfigReader, drafts: Map<string, RealmDraft>): void {
  const name = reader.text("name");
  if (name === undefined) return reader.reportLost("has no name");
  const draft = drafts.get(name) ?? createDraft(name);
  drafts.set(name, draft);
  const options = reader.dict("options");
  Object.assign(draft.options, options.pick("enable_meta_api", "uri_check"));
  options.reportHandled("the platform dispatches events", "event_dispatching_chunk_size");
  options.reportUnread();
  readStore(reader.dict("store"), draft);
  for (const role of reader.list("roles")) readRole(role, draft);
  reader.reportLost("router-to-router links are not supported", "rlinks");
  reader.reportLost("payload validation is not supported", "inventory");
  reader.reportUnread();
}

function createDraft(name: string): RealmDraft {
  const lists = { webhooksOut: [], callees: [] };
  return { name, options: {}, store: {}, limits: {}, roles: new Map(), auth: new Map(), webhooks: new Map(), ...lists };
}

function readStore(reader: ConfigReader, draft: RealmDraft): void {
  const limit = reader.get("limit");
  for (const key of ["event-history", "call-queue"]) {
    const entries = reader.list(key).map((entry) => {
      const rule = { ...(typeof limit === "number" && { limit }), ...entry.pick("uri", "match", "limit") };
      entry.reportUnread();
      return rule;
    });
    if (entries.length > 0) draft.store[key] = entries;
  }
  reader.reportHandled("the router has one type of store", "type");
  reader.reportUnread();
}

function readRole(reader: ConfigReader, draft: RealmDraft): void {
  const name = reader.text("name");
  if (name === undefined) return reader.reportLost("has no name");
  if (name === TRUSTED) return reader.reportHandled("the role is built in");
  const permissions = readRules(reader);
  const role: Record<string, unknown> = { name, ...reader.pick("authorizer") };
  if (permissions.length > 0) role.permissions = permissions;
  const isUnrestricted = permissions.length === 0 && role.authorizer === undefined;
  if (isUnrestricted && reader.get("allow-by-default") === true) role["allow-by-default"] = true;
  else if (reader.get("allow-by-default") === true) {
    reader.reportHandled("has no effect with permissions or an authorizer, as in Crossbar.io", "allow-by-default");
  }
  reader.reportUnread();
  const existing = draft.roles.get(name);
  if (existing === undefined) draft.roles.set(name, role);
  else if (JSON.stringify(existing) !== JSON.stringify(role))
    reader.reportLost("another worker has a different role of this name");
}

/** Reads the permissions of a role. Of two rules for the same URI and match the last one applies, as in Crossbar.io. */
function readRules(role: ConfigReader): Record<string, unknown>[] {
  const byPattern = new Map<string, { rule: Rule; reader: ConfigReader }>();
  for (const reader of role.list("permissions")) {
    const rule = readRule(reader);
    if (rule === undefined) continue;
    const pattern = readPattern(rule.uri, rule.match);
    if (typeof pattern === "string") {
      reader.reportLost(`its uri ${pattern}`);
      continue;
    }
    const key = `${pattern.match} ${pattern.uri}`;
    byPattern.get(key)?.reader.reportHandled("a later rule for the same URI and match overrides it");
    byPattern.delete(key);
    byPattern.set(key, { rule, reader });
  }
  return Array.from(byPattern.values(), ({ rule }) => rule);
}

function readRule(reader: ConfigReader): Rule | undefined {
  const uri = reader.text("uri");
  if (uri === undefined) {
    reader.reportLost("has no uri");
    return undefined;
  }
  const match = reader.get("match");
  if (match !== undefined && !isMatch(match)) {
    reader.reportLost("is not imported, because its match is invalid");
    return undefined;
  }
  const rule: Rule = { uri, ...(match && { match }) };
  // In Crossbar.io an empty URI matches all URIs, with any match.
  if (uri === "") rule.match = "prefix";
  const allow = reader.has("allow") ? reader.dict("allow") : reader;
  rule.allow = allow.pick(...ACTIONS);
  if (allow !== reader) allow.reportUnread();
  const disclose = reader.dict("disclose");
  const flags = disclose.pick("caller", "publisher");
  disclose.reportUnread();
  if (Object.keys(flags).length > 0) rule.disclose = flags;
  if (reader.get("cache") === true) rule.cache = true;
  reader.reportLost("payload validation is not supported: payloads pass unchecked", "validate");
  reader.reportUnread();
  return rule;
}
