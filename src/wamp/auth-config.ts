/** How sessions prove who they are, as the configuration says it: one shape per method and type. */

import * as v from "valibot";
import { closed, named } from "./config-shape.ts";

/** Stands for the text of the binding it names; replaced before the shape is checked. */
export interface EnvName {
  readonly env: string;
}

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const count = v.pipe(v.number(), v.integer("must be an integer"), v.minValue(1));

/** Text that may be named instead of written. */
export const secretSchema = v.pipe(
  v.custom<string | EnvName>((value) => typeof value === "string", 'must be text or { "env": "NAME" }'),
  v.string(),
  v.nonEmpty("must not be empty"),
);

const hex = v.regex(/^(?:[\da-fA-F]{2})+$/, "must be bytes in hex");
const publicKey = v.pipe(v.string(), v.regex(/^[\da-fA-F]{64}$/, "must be 32 bytes in hex"));

/** A procedure decides; it is called with realm, authid and details (Dynamic Authenticators). */
const dynamic = closed({
  type: v.literal("dynamic"),
  authenticator: text,
  "authenticator-realm": v.exactOptional(text),
  "authenticator-role": v.optional(text, "trusted"),
  "default-role": v.exactOptional(text),
});

const anonymous = closed({
  type: v.literal("static"),
  role: v.optional(text, "anonymous"),
  authid: v.exactOptional(text),
});

const ticket = v.pipe(
  closed({
    type: v.literal("static"),
    principals: named(closed({ ticket: secretSchema, role: v.exactOptional(text) })),
    "default-role": v.exactOptional(text),
  }),
  v.transform((method) => ({ type: method.type, principals: withRoles(method.principals, method["default-role"]) })),
);

// `secret` is the clear password, `salted-key` what a client derives from it: Crossbar.io's `secret` has meant either.
const wampcraUser = v.pipe(
  closed({
    secret: v.exactOptional(secretSchema),
    "salted-key": v.exactOptional(secretSchema),
    salt: v.exactOptional(text),
    iterations: v.exactOptional(count),
    keylen: v.exactOptional(count),
    role: v.exactOptional(text),
  }),
  v.check(
    (user) => (user.secret === undefined) !== (user["salted-key"] === undefined),
    "must have either secret or salted-key",
  ),
  v.check((user) => {
    const given = [user.salt, user.iterations, user.keylen].filter((value) => value !== undefined).length;
    return given === 3 || (given === 0 && user["salted-key"] === undefined);
  }, "must have all of salt, iterations and keylen, or, with secret, none"),
);

const wampcra = v.pipe(
  closed({ type: v.literal("static"), users: named(wampcraUser), "default-role": v.exactOptional(text) }),
  v.transform((method) => ({ type: method.type, users: withRoles(method.users, method["default-role"]) })),
);

const scramPrincipal = closed({
  kdf: v.picklist(["pbkdf2", "argon2id-13"]),
  iterations: count,
  memory: v.optional(v.pipe(v.number(), v.integer("must be an integer"), v.minValue(0)), 0),
  salt: v.pipe(v.string(), hex),
  "stored-key": v.pipe(secretSchema, hex),
  "server-key": v.pipe(secretSchema, hex),
  role: v.exactOptional(text),
});

const scram = v.pipe(
  closed({ type: v.literal("static"), principals: named(scramPrincipal), "default-role": v.exactOptional(text) }),
  v.transform((method) => ({ type: method.type, principals: withRoles(method.principals, method["default-role"]) })),
);

const cryptosignPrincipal = closed({
  authorized_keys: v.pipe(v.array(publicKey), v.nonEmpty("must not be empty")),
  role: v.exactOptional(text),
  realm: v.exactOptional(text),
});

const cryptosign = v.pipe(
  closed({ type: v.literal("static"), principals: named(cryptosignPrincipal), "default-role": v.exactOptional(text) }),
  v.transform((method) => ({ type: method.type, principals: withRoles(method.principals, method["default-role"]) })),
);

const jwt = v.pipe(
  closed({
    type: v.literal("static"),
    jwks: v.exactOptional(v.pipe(v.string(), v.regex(/^https:\/\//, "must be an https URL"))),
    key: v.exactOptional(secretSchema),
    algorithms: v.exactOptional(v.pipe(v.array(text), v.nonEmpty("must not be empty"))),
    issuer: v.exactOptional(text),
    audience: v.exactOptional(v.union([text, v.array(text)])),
    "authid-claim": v.optional(text, "sub"),
    "role-claim": v.optional(text, "role"),
    "default-role": v.exactOptional(text),
  }),
  v.check((method) => (method.jwks === undefined) !== (method.key === undefined), "must have either jwks or key"),
);

const cookie = closed({
  name: v.optional(v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_]+$/, "must be a lower-case cookie name")), "cbtid"),
  length: v.optional(v.pipe(v.number(), v.integer("must be an integer"), v.minValue(6), v.maxValue(64)), 24),
  /** Seconds. */
  max_age: v.optional(count, 604_800),
  secure: v.optional(v.boolean(), true),
  http_strict: v.optional(v.boolean(), true),
  same_site: v.optional(v.picklist(["Strict", "Lax", "None"]), "Lax"),
});

/** Method → how it works in this realm. A method that is not there admits nobody. */
export const authSchema = closed({
  anonymous: v.exactOptional(v.variant("type", [anonymous, dynamic])),
  ticket: v.exactOptional(v.variant("type", [ticket, dynamic])),
  wampcra: v.exactOptional(v.variant("type", [wampcra, dynamic])),
  scram: v.exactOptional(v.variant("type", [scram, dynamic])),
  cryptosign: v.exactOptional(v.variant("type", [cryptosign, dynamic])),
  jwt: v.exactOptional(v.variant("type", [jwt])),
  cookie: v.exactOptional(cookie),
});

/** A principal without a role has that of its method; one with neither is refused before anyone sees the role "" (realm-consistency). */
function withRoles<P extends { readonly role?: string }>(
  principals: ReadonlyMap<string, P>,
  defaultRole = "",
): ReadonlyMap<string, P & { readonly role: string }> {
  return new Map(Array.from(principals, ([authid, it]) => [authid, { ...it, role: it.role ?? defaultRole }]));
}
