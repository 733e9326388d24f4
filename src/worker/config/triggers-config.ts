/** `schedules` and `queues`: requests by cron triggers, and events from Cloudflare Queues. */

import * as v from "valibot";
import { duplicates, listOf, nameOf, roleReferenceFaults } from "../../wamp/config/consistency.ts";
import { dict, text, uri } from "../../wamp/config/fields.ts";
import { closed, type DeepReadonly, type Fault, faultAt, type Path } from "../../wamp/config/shape.ts";
import { isDict } from "../../wamp/protocol/values.ts";

/** Five fields; the platform checks their values. */
const CRON = /^[\w*,/#-]+( [\w*,/#-]+){4}$/;

const schedule = v.pipe(
  closed({
    /** Must equal the text under `[triggers]` in wrangler.toml. */
    cron: v.pipe(v.string(), v.regex(CRON, 'must be five fields, as in "*/5 * * * *"')),
    realm: text,
    role: text,
    call: v.exactOptional(uri),
    publish: v.exactOptional(uri),
    args: v.optional(v.array(v.unknown()), []),
    kwargs: v.optional(dict, {}),
    /** CALL.Options or PUBLISH.Options. */
    options: v.optional(dict, {}),
  }),
  v.check(({ call, publish }) => (call === undefined) !== (publish === undefined), "needs either call or publish"),
);

const queue = closed({
  /** Name of the queue, not of a binding. */
  queue: text,
  realm: text,
  role: text,
  topic: uri,
});

/** Entries of the configuration for triggers. */
export const triggerEntries = {
  schedules: v.exactOptional(v.array(schedule)),
  queues: v.exactOptional(v.array(queue)),
};

/** One request by cron trigger. */
export type Schedule = DeepReadonly<v.InferOutput<typeof schedule>>;
/** One queue whose messages become events on a topic. */
export type QueueTopic = DeepReadonly<v.InferOutput<typeof queue>>;

type Dict = Readonly<Record<string, unknown>>;

/**
 * Faults of `schedules` and `queues` as written, which their schemas cannot see. `realmNamed` finds the realm that a
 * name belongs to, as written.
 */
export function triggerFaults(config: Dict, realmNamed: (name: string) => unknown): Fault[] {
  const queues = listOf(config.queues);
  const names = queues.map((entry) => (isDict(entry) && typeof entry.queue === "string" ? entry.queue : undefined));
  return [
    ...["schedules", "queues"].flatMap((key) =>
      listOf(config[key]).flatMap((entry, index) => placeFaults(entry, [key, index], realmNamed)),
    ),
    ...duplicates(names, (index) => ["queues", index, "queue"]),
  ];
}

/** Checks that an entry names one realm, and a role of it. */
function placeFaults(entry: unknown, path: Path, realmNamed: (name: string) => unknown): Fault[] {
  if (!isDict(entry) || typeof entry.realm !== "string") return [];
  if (entry.realm.includes("*")) return [faultAt([...path, "realm"], "must be the name of one realm, not a pattern")];
  const realm = realmNamed(entry.realm);
  if (!isDict(realm))
    return [faultAt([...path, "realm"], `is ${JSON.stringify(entry.realm)}, which the configuration does not have`)];
  return roleReferenceFaults({ role: entry.role }, new Set(listOf(realm.roles).map(nameOf)), path);
}
