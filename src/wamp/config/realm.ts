/** The schema of one realm's configuration, with Crossbar.io's keys, and the types that the router reads. */

import * as v from "valibot";
import { isValidRealm } from "../protocol/uri.ts";
import { authSchema } from "./auth.ts";
import { realmFaults, roleFaults } from "./consistency.ts";
import { flag, integer, number, text, uri } from "./fields.ts";
import { DEFAULT_LIMITS, LARGEST_LIMITS, type Limits, LONGEST_TIMEOUT } from "./limits.ts";
import { permissionSchema, TRUSTED } from "./permission.ts";
import { ratesSchema } from "./rates.ts";
import { resumeSchema } from "./resume.ts";
import { type Checked, checkShape, closed, type DeepReadonly } from "./shape.ts";
import { storeSchema } from "./store.ts";

const milliseconds = integer(1, LONGEST_TIMEOUT);

const options = closed({
  uri_check: v.optional(v.picklist(["loose", "strict"]), "loose"),
  request_id_check: v.optional(v.picklist(["loose", "strict"]), "loose"),
  role_check: v.optional(v.picklist(["loose", "strict"]), "loose"),
  enable_meta_api: v.optional(v.boolean(), true),
  /** Which authorization decisions are recorded; none by default. */
  accounting: v.exactOptional(v.picklist(["all", "denied"])),
  resume: v.exactOptional(resumeSchema),
  /** Milliseconds. With a maximum every call has a timeout; `forward` overrides `forward_timeout` of REGISTER. */
  call_timeout: v.exactOptional(
    closed({
      default: v.exactOptional(milliseconds),
      maximum: v.exactOptional(milliseconds),
      forward: v.exactOptional(v.boolean()),
    }),
  ),
});

function limit(name: keyof Limits) {
  const range = integer(1, LARGEST_LIMITS[name]);
  return v.optional(range, DEFAULT_LIMITS[name]);
}

const limits = closed({
  message_bytes: limit("message_bytes"),
  sent_message_bytes: limit("sent_message_bytes"),
  depth: limit("depth"),
  subscriptions_per_session: limit("subscriptions_per_session"),
  registrations_per_session: limit("registrations_per_session"),
  pending_calls_per_session: limit("pending_calls_per_session"),
  testaments_per_session: limit("testaments_per_session"),
  testament_bytes: limit("testament_bytes"),
  session_bytes: limit("session_bytes"),
  realm_bytes: limit("realm_bytes"),
  sessions: limit("sessions"),
  handshakes: limit("handshakes"),
  hello_timeout: limit("hello_timeout"),
  goodbye_timeout: limit("goodbye_timeout"),
  failed_logins: limit("failed_logins"),
  failed_logins_window: limit("failed_logins_window"),
  authorizer_timeout: limit("authorizer_timeout"),
  undecided_bytes: limit("undecided_bytes"),
  outgoing_bytes: limit("outgoing_bytes"),
  realm_outgoing_bytes: limit("realm_outgoing_bytes"),
});

/** One role; the procedure `authorizer` decides about actions that no rule of `permissions` matches (Authorization). */
export const roleSchema = closed({
  name: v.pipe(
    text,
    v.check((name) => name !== TRUSTED, `is the name of a built-in role that has every permission`),
  ),
  permissions: v.optional(v.array(permissionSchema), []),
  authorizer: v.exactOptional(uri),
  /** Seconds for which decisions are cached, if the authorizer allows that; 0 for never. */
  "authorizer-cache": v.exactOptional(number(0, 86_400)),
  "allow-by-default": flag,
  rates: v.exactOptional(ratesSchema),
});

/** One realm, as far as the core reads it; `realmFaults` finds what a schema cannot. The Worker adds keys of its own. */
export const realmSchema = closed({
  name: v.pipe(
    v.string(),
    v.check((name) => isValidRealm(name.replaceAll("*", "x")), "must be a URI, with * for one or more characters"),
  ),
  options: v.optional(options, {}),
  limits: v.optional(limits, {}),
  store: v.optional(storeSchema, {}),
  roles: v.optional(v.array(roleSchema), []),
  auth: v.optional(authSchema, {}),
});

/** One realm, checked, defaults filled in. `name` may be a pattern (`tenant-*`) that stands for many realms. */
export type RealmConfig = DeepReadonly<v.InferOutput<typeof realmSchema>>;
/** One role: the permissions and rates of its sessions. */
export type Role = RealmConfig["roles"][number];
/** The events and calls that a realm stores. */
export type StoreConfig = RealmConfig["store"];
/** One rule of a role. */
export type PermissionRule = Role["permissions"][number];
/** The authentication methods of a realm. */
export type AuthConfig = RealmConfig["auth"];
/** A realm as it is written in the configuration. */
export type RealmInput = DeepReadonly<v.InferInput<typeof realmSchema>>;

/** The role `input` describes, or all its faults; paths start at the role. */
export function parseRole(input: unknown): Checked<Role> {
  const shape = checkShape(roleSchema, input);
  const faults = [...(shape.ok ? [] : shape.faults), ...roleFaults(input)];
  return shape.ok && faults.length === 0 ? shape : { ok: false, faults };
}

/** The realm `input` describes, or all its faults; paths start at the realm. `{ "env": … }` must be resolved already. */
export function parseRealm(input: unknown): Checked<RealmConfig> {
  const shape = checkShape(realmSchema, input);
  const faults = [...(shape.ok ? [] : shape.faults), ...realmFaults(input)];
  return shape.ok && faults.length === 0 ? shape : { ok: false, faults };
}
