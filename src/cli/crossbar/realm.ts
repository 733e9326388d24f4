/** A realm of a Crossbar.io node: options, store, roles and their rules. */

import { TRUSTED } from "../../wamp/config/consistency.ts";
import { isMatch, readPattern } from "../../wamp/config/permission.ts";
import type { Match } from "../../wamp/protocol/uri.ts";
import type { Source } from "./import-notes.ts";

/** A realm of ours as it comes into being; its roles by name. */
export interface RealmDraft {
  readonly name: string;
  readonly options: Record<string, unknown>;
  readonly store: Record<string, unknown>;
  readonly limits: Record<string, unknown>;
  readonly roles: Map<string, Record<string, unknown>>;
  /** Method → settings. */
  readonly auth: Map<string, Record<string, unknown>>;
  readonly webhooks: Map<string, Record<string, unknown>>;
  readonly webhooksOut: Record<string, unknown>[];
  readonly callees: Record<string, unknown>[];
}

interface Rule extends Record<string, unknown> {
  readonly uri: string;
  match?: Match;
}

const ACTIONS = ["call", "register", "publish", "subscribe"];

/** Reads a realm into the draft of its name. */
export function readRealm(source: Source, drafts: Map<string, RealmDraft>): void {
  const name = source.text("name");
  if (name === undefined) return source.note("has no name");
  const draft = drafts.get(name) ?? emptyRealm(name);
  drafts.set(name, draft);
  const options = source.dict("options");
  Object.assign(draft.options, options.pick("enable_meta_api", "uri_check"));
  options.dismiss("the platform sends", "event_dispatching_chunk_size");
  options.end();
  readStore(source.dict("store"), draft);
  for (const role of source.list("roles")) readRole(role, draft);
  source.note("router-to-router links are not built", "rlinks");
  source.note("payload validation is not built", "inventory");
  source.end();
}

function emptyRealm(name: string): RealmDraft {
  const lists = { webhooksOut: [], callees: [] };
  return { name, options: {}, store: {}, limits: {}, roles: new Map(), auth: new Map(), webhooks: new Map(), ...lists };
}

function readStore(source: Source, draft: RealmDraft): void {
  const limit = source.get("limit");
  for (const key of ["event-history", "call-queue"]) {
    const entries = source.list(key).map((entry) => {
      const kept = { ...(typeof limit === "number" && { limit }), ...entry.pick("uri", "match", "limit") };
      entry.end();
      return kept;
    });
    if (entries.length > 0) draft.store[key] = entries;
  }
  source.dismiss("there is one kind of store", "type");
  source.end();
}

function readRole(source: Source, draft: RealmDraft): void {
  const name = source.text("name");
  if (name === undefined) return source.note("has no name");
  if (name === TRUSTED) return source.dismiss("the role is built in");
  const permissions = readRules(source);
  const role: Record<string, unknown> = { name, ...source.pick("authorizer") };
  if (permissions.length > 0) role.permissions = permissions;
  const isSole = permissions.length === 0 && role.authorizer === undefined;
  if (isSole && source.get("allow-by-default") === true) role["allow-by-default"] = true;
  else if (source.get("allow-by-default") === true) {
    source.dismiss("counts only without permissions and authorizer, as in Crossbar.io", "allow-by-default");
  }
  source.end();
  const known = draft.roles.get(name);
  if (known === undefined) draft.roles.set(name, role);
  else if (JSON.stringify(known) !== JSON.stringify(role)) source.note("another worker has another role of this name");
}

/** Of two rules for the same URI and match the last one counts, as in Crossbar.io. */
function readRules(role: Source): Record<string, unknown>[] {
  const byPattern = new Map<string, { rule: Rule; source: Source }>();
  for (const source of role.list("permissions")) {
    const rule = readRule(source);
    if (rule === undefined) continue;
    const pattern = readPattern(rule.uri, rule.match);
    if (typeof pattern === "string") {
      source.note(`its uri ${pattern}`);
      continue;
    }
    const key = `${pattern.match} ${pattern.uri}`;
    byPattern.get(key)?.source.dismiss("a later rule for the same URI and match overrules it");
    byPattern.delete(key);
    byPattern.set(key, { rule, source });
  }
  return Array.from(byPattern.values(), ({ rule }) => rule);
}

function readRule(source: Source): Rule | undefined {
  const uri = source.text("uri");
  if (uri === undefined) {
    source.note("has no uri");
    return undefined;
  }
  const match = source.get("match");
  if (match !== undefined && !isMatch(match)) {
    source.note("is left out, as its match is none");
    return undefined;
  }
  const rule: Rule = { uri, ...(match && { match }) };
  // Crossbar.io takes an empty URI for all URIs, whatever its match.
  if (uri === "") rule.match = "prefix";
  const allow = source.has("allow") ? source.dict("allow") : source;
  rule.allow = allow.pick(...ACTIONS);
  if (allow !== source) allow.end();
  const disclose = source.dict("disclose");
  const disclosed = disclose.pick("caller", "publisher");
  disclose.end();
  if (Object.keys(disclosed).length > 0) rule.disclose = disclosed;
  if (source.get("cache") === true) rule.cache = true;
  source.note("payload validation is not built: payloads pass unchecked", "validate");
  source.end();
  return rule;
}
