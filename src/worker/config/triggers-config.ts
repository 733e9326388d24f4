/** What the platform starts by itself: requests at set times, and events of what comes in Cloudflare Queues. */

import * as v from "valibot";
import { duplicates, listOf, nameOf } from "../../wamp/config/consistency.ts";
import { closed, type DeepReadonly, type Fault, faultAt, type Path } from "../../wamp/config/shape.ts";
import { isValidUri } from "../../wamp/protocol/uri.ts";
import { isDict } from "../../wamp/protocol/values.ts";

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const uri = v.pipe(
  v.string(),
  v.check((uri) => isValidUri(uri, "loose"), "must be a valid URI"),
);
const dict = v.custom<Readonly<Record<string, unknown>>>(isDict, "must be an object");

/** Five fields; the platform knows better what may stand in them. */
const CRON = /^[\w*,/#-]+( [\w*,/#-]+){4}$/;

const schedule = v.pipe(
  closed({
    /** Letter for letter as under `[triggers]` in wrangler.toml. */
    cron: v.pipe(v.string(), v.regex(CRON, 'must be five fields, as in "*/5 * * * *"')),
    realm: text,
    role: text,
    call: v.exactOptional(uri),
    publish: v.exactOptional(uri),
    args: v.optional(v.array(v.unknown()), []),
    kwargs: v.optional(dict, {}),
    /** Those of CALL or PUBLISH. */
    options: v.optional(dict, {}),
  }),
  v.check(({ call, publish }) => (call === undefined) !== (publish === undefined), "needs either call or publish"),
);

const queue = closed({
  /** The queue's own name, not that of a binding. */
  queue: text,
  realm: text,
  role: text,
  topic: uri,
});

/** The configuration's entries for what the platform starts. */
export const triggerEntries = {
  schedules: v.exactOptional(v.array(schedule)),
  queues: v.exactOptional(v.array(queue)),
};

/** One request that is made at set times. */
export type Schedule = DeepReadonly<v.InferOutput<typeof schedule>>;
/** One queue whose messages become events on a topic. */
export type QueueTopic = DeepReadonly<v.InferOutput<typeof queue>>;

type Dict = Readonly<Record<string, unknown>>;

/**
 * What is wrong with `schedules` and `queues`, as they are written, beyond their shapes. `realmNamed` finds the realm of
 * a name, as it is written.
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

/** An entry acts in one realm, with a role that is known there. */
function placeFaults(entry: unknown, path: Path, realmNamed: (name: string) => unknown): Fault[] {
  if (!isDict(entry) || typeof entry.realm !== "string") return [];
  if (entry.realm.includes("*")) return [faultAt([...path, "realm"], "must be the name of one realm, not a pattern")];
  const realm = realmNamed(entry.realm);
  if (!isDict(realm)) return [faultAt([...path, "realm"], `there is no realm ${JSON.stringify(entry.realm)}`)];
  if (typeof entry.role !== "string" || listOf(realm.roles).some((role) => nameOf(role) === entry.role)) return [];
  return [faultAt([...path, "role"], `there is no role ${JSON.stringify(entry.role)} in this realm`)];
}
