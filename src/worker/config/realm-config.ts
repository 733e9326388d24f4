/** One realm of the configuration: the keys of the core, and those of the platform. */

import * as v from "valibot";
import { duplicates, listOf, nameOf, realmFaults, roleReferenceFaults } from "../../wamp/config/consistency.ts";
import { integer } from "../../wamp/config/fields.ts";
import { DEFAULT_LIMITS } from "../../wamp/config/limits.ts";
import { realmSchema } from "../../wamp/config/realm.ts";
import { closed, type DeepReadonly, type Fault, faultAt, type Path } from "../../wamp/config/shape.ts";
import { type Dict, isDict } from "../../wamp/protocol/values.ts";
import { LONGEST_MESSAGE_BYTES } from "../../wamp/relay/link/message-size.ts";
import { HINTS_WITHIN, isLocationHint, LOCATION_HINTS, type LocationHint } from "../platform/location-hints.ts";
import { calleeSchema } from "./callee-config.ts";
import { componentsSchema } from "./component-config.ts";
import { loginFaults } from "./login-faults.ts";
import { originsSchema } from "./origins.ts";
import { webhooksOutSchema, webhooksSchema } from "./webhook-config.ts";

/** More relays than these would make the core a bottleneck: it sends each of them what their sessions share. */
const MAX_RELAYS_PER_REGION = 200;

const { name, ...coreEntries } = realmSchema.entries;

const REGIONS = `is no region; regions are ${LOCATION_HINTS.join(", ")}`;

/** Region → objects there that hold the sockets of the realm's clients. */
const relaysSchema = v.pipe(
  v.custom<Partial<Record<LocationHint, number>>>(isDict, "must be an object"),
  v.check((regions) => Object.keys(regions).length > 0, "must name at least one region"),
  v.record(v.picklist(LOCATION_HINTS, REGIONS), integer(1, MAX_RELAYS_PER_REGION)),
);

/** The shape of one realm; `workerRealmFaults` finds what a schema cannot. */
export const workerRealmSchema = closed({
  name,
  location: v.exactOptional(v.picklist(LOCATION_HINTS)),
  jurisdiction: v.exactOptional(v.picklist(["eu", "us", "fedramp", "fedramp-high"])),
  relays: v.exactOptional(relaysSchema),
  ...coreEntries,
  /** Origins of pages that may connect; replaces `http.allowed_origins`. */
  allowed_origins: v.exactOptional(originsSchema),
  webhooks: v.exactOptional(webhooksSchema),
  components: v.exactOptional(componentsSchema),
  callees: v.exactOptional(v.array(calleeSchema)),
  webhooks_out: v.exactOptional(webhooksOutSchema),
});

/** One realm, checked, defaults filled in. `name` may be a pattern (`tenant-*`) that stands for many realms. */
export type WorkerRealmConfig = DeepReadonly<v.InferOutput<typeof workerRealmSchema>>;

/** All faults of the realm written at `path` that its schema cannot see. */
export function workerRealmFaults(realm: unknown, path: Path = []): Fault[] {
  if (!isDict(realm)) return [];
  const roles = new Set(listOf(realm.roles).map(nameOf));
  return [
    ...realmFaults(realm, path),
    ...placeFaults(realm, path),
    ...sizeFaults(realm, path),
    ...listOf(realm.roles).flatMap((role, index) => validateFaults(role, [...path, "roles", index])),
    ...roleReferenceFaults(realm.webhooks, roles, [...path, "webhooks"]),
    ...["webhooks_out", "components"].flatMap((key) => sessionFaults(listOf(realm[key]), roles, [...path, key])),
    ...duplicates(listOf(realm.callees).map(calleeOf), (index) => [...path, "callees", index, "procedure"]),
    ...loginFaults(realm, path),
  ];
}

/** The platform ignores hints inside a jurisdiction; a hint outside it would promise what cannot be. */
function placeFaults({ location, jurisdiction, relays }: Dict, path: Path): Fault[] {
  if (jurisdiction === undefined) return [];
  const faults = location === undefined ? [] : [faultAt([...path, "location"], "cannot be combined with jurisdiction")];
  const allowed = HINTS_WITHIN.get(jurisdiction);
  if (allowed === undefined || !isDict(relays)) return faults;
  const outside = Object.keys(relays).filter((region) => isLocationHint(region) && !allowed.includes(region));
  const message = `is outside the jurisdiction, which has ${allowed.join(" and ")}`;
  return [...faults, ...outside.map((region) => faultAt([...path, "relays", region], message))];
}

/** The platform carries 32 MiB at once from one object of a realm to another. */
function sizeFaults({ relays, limits, options }: Dict, path: Path): Fault[] {
  if (relays === undefined) return [];
  const most = `must be at most ${LONGEST_MESSAGE_BYTES} in a realm with relays`;
  const { message_bytes = 0, session_bytes = DEFAULT_LIMITS.session_bytes } = isDict(limits) ? limits : {};
  const faults: [keys: Path, message: string][] = [];
  if (Number(message_bytes) > LONGEST_MESSAGE_BYTES) faults.push([["limits", "message_bytes"], most]);
  const resume = isDict(options) && isDict(options.resume) ? options.resume : undefined;
  const buffered = isDict(resume?.buffer) ? (resume.buffer.bytes ?? 0) : 0;
  const moves = resume === undefined ? 0 : Number(session_bytes) + Number(buffered);
  const together = `and limits.session_bytes together ${most}: a session moves in one piece to where it is resumed`;
  if (moves > LONGEST_MESSAGE_BYTES) faults.push([["options", "resume", "buffer", "bytes"], together]);
  return faults.map(([keys, message]) => faultAt([...path, ...keys], message));
}

/** Rules with `validate`, which is not supported: the router would let invalid payload pass. */
function validateFaults(role: unknown, path: Path): Fault[] {
  const rules = isDict(role) ? listOf(role.permissions) : [];
  return rules.flatMap((rule, index) =>
    isDict(rule) && rule.validate !== undefined
      ? [faultAt([...path, "permissions", index, "validate"], "payload validation is not supported")]
      : [],
  );
}

/**
 * Entries that become sessions: each needs a name of its own, by which the realm finds its session after a sleep, and a
 * role.
 */
function sessionFaults(entries: readonly unknown[], roles: ReadonlySet<string | undefined>, path: Path): Fault[] {
  return [
    ...duplicates(entries.map(nameOf), (index) => [...path, index, "name"]),
    // Only `role` itself: keys below `extra` may have the same name.
    ...entries.flatMap((entry, index) =>
      isDict(entry) ? roleReferenceFaults({ role: entry.role }, roles, [...path, index]) : [],
    ),
  ];
}

/** Match and procedure of a callee as one text. */
function calleeOf(callee: unknown): string | undefined {
  return isDict(callee) ? `${callee.match ?? "exact"} ${callee.procedure}` : undefined;
}
