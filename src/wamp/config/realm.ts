/** The schema of one realm's configuration, with Crossbar.io's keys, and the types that the router reads. */

import * as v from "valibot";
import { isValidRealm } from "../protocol/uri.ts";
import { authSchema } from "./auth.ts";
import { realmFaults, roleFaults } from "./consistency.ts";
import { flag, integer, number, text, uri } from "./fields.ts";
import { DEFAULT_LIMITS, LARGEST_LIMITS, type Limits, LONGEST_TIMEOUT } from "./limits.ts";
import { permissionSchema } from "./permission.ts";
import { ratesSchema } from "./rates.ts";
import { resumeSchema } from "./resume.ts";
import { type Checked, checkShape, closed, type DeepReadonly, withFaults } from "./shape.ts";
import { storeSchema } from "./store.ts";
import { TRUSTED } from "./trusted.ts";

const milliseconds = integer(1, LONGEST_TIMEOUT);

const options = closed({
  uri_check: v.optional(v.picklist(["loose", "strict"]), "loose"),
  request_id_check: v.optional(v.picklist(["loose", "strict"]), "loose"),
  role_check: v.optional(v.picklist(["loose", "strict"]), "loose"),
  enable_meta_api: v.optional(v.boolean(), true),
  /** Which authorization decisions are recorded; none by default. */
  accounting: v.exactOptional(v.picklist(["all", "denied"])),
  /** Whether each end of a session is written to the log. */
  log_sessions: v.exactOptional(v.boolean()),
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

/** Each limit with its default, in `1..` its largest value. */
const limits = closed(
  // `Object.entries` loses the names; each one has the same schema.
  Object.fromEntries(
    Object.entries(DEFAULT_LIMITS).map(([name, usual]) => [
      name,
      v.optional(integer(1, LARGEST_LIMITS[name as keyof Limits]), usual),
    ]),
  ) as { readonly [Name in keyof Limits]: v.OptionalSchema<ReturnType<typeof integer>, number> },
);

/** One role; the procedure `authorizer` decides about actions that no rule of `permissions` matches (Authorization). */
const roleSchema = closed({
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
  /** Whether sessions may call the procedures that show what happens in the realm; no rule permits that. */
  console: v.exactOptional(v.boolean()),
});

/**
 * One realm, as far as the core reads it; `realmFaults` finds what a schema cannot. The Worker adds keys of its own.
 */
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
  return withFaults(checkShape(roleSchema, input), roleFaults(input));
}

/**
 * The realm `input` describes, or all its faults; paths start at the realm. `{ "env": … }` must be resolved already.
 */
export function parseRealm(input: unknown): Checked<RealmConfig> {
  return withFaults(checkShape(realmSchema, input), realmFaults(input));
}
