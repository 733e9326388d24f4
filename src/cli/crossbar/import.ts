/** Imports the configuration of a Crossbar.io node, with notes on everything that has no counterpart. */

import type { ImportOptions } from "./auth.ts";
import { readComponents } from "./components.ts";
import { ConfigReader, type Dict, type Note } from "./config-reader.ts";
import { type RealmDraft, readRealm } from "./realms.ts";
import { readTransport } from "./transports.ts";
import type { HttpDraft } from "./web-services.ts";

/** The result of an import. */
export interface Imported {
  /** Not validated: pass it to `loadConfig`. */
  readonly config: Dict;
  readonly notes: readonly Note[];
}

/** Worker types that have components. */
const COMPONENT_WORKERS = ["router", "container"];

/** Imports the content of `.crossbar/config.json`, already parsed. */
export function importCrossbar(input: unknown, options: ImportOptions): Imported {
  const notes: Note[] = [];
  const node = new ConfigReader(input, "", notes);
  const realms = new Map<string, RealmDraft>();
  const http: HttpDraft = {};
  node.get("$schema");
  node.get("version");
  const workers = node.list("workers");
  for (const worker of workers) readWorker(worker, realms);
  for (const worker of workers) readTransports(worker, realms, http, options);
  for (const worker of workers)
    if (COMPONENT_WORKERS.includes(worker.text("type") ?? "")) readComponents(worker, realms);
  node.reportHandled("the platform manages the processes", "controller");
  node.reportUnread();
  for (const { name, auth } of realms.values()) {
    if (auth.size === 0)
      notes.push({ path: `realm ${name}`, reason: "no transport serves it: no client can join", kind: "lost" });
  }
  const config = { version: 1, realms: Array.from(realms.values(), formatRealm), ...(hasKeys(http) && { http }) };
  // Without duplicates, because some keys are read more than once.
  return { config, notes: [...new Map(notes.map((note) => [`${note.path}: ${note.reason}`, note])).values()] };
}

function readWorker(worker: ConfigReader, realms: Map<string, RealmDraft>): void {
  const type = worker.value.type;
  if (type === "container") return;
  if (type === "guest") return worker.reportTodo("run the program anywhere; it connects as a client");
  if (type === "proxy") return worker.reportHandled("the platform scales; proxy workers are not needed");
  if (type !== "router") return worker.reportLost("workers of this type are not supported");
  for (const realm of worker.list("realms")) readRealm(realm, realms);
}

function readTransports(
  worker: ConfigReader,
  allRealms: Map<string, RealmDraft>,
  http: HttpDraft,
  options: ImportOptions,
): void {
  if (worker.get("type") !== "router") return;
  const names = worker.list("realms").map((realm) => realm.text("name"));
  const realms = [...allRealms.values()].filter(({ name }) => names.includes(name));
  for (const transport of worker.list("transports")) readTransport(transport, { realms, allRealms, http, options });
  worker.get("id");
  worker.get("components");
  worker.reportHandled("the platform manages the processes", "options");
  worker.reportUnread();
}

function formatRealm(draft: RealmDraft): Dict {
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
