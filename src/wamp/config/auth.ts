/** The schema of authentication methods: one per method and type. */

import * as v from "valibot";
import { flag, integer, number, text, uri } from "./fields.ts";
import { isTrustedUrl, jwksSchema, NOT_TRUSTED } from "./key-set.ts";
import { closed, type DeepReadonly, named } from "./shape.ts";

/** The name of a binding whose text replaces this object before the shape is checked. */
export interface EnvName {
  readonly env: string;
}

/** Most PBKDF2 iterations in one call on the platform (Workers: Web Crypto, in production). */
export const MOST_ITERATIONS = 100_000;
/** Fewer make passwords easy to guess from a stolen record (RFC 7677). */
const FEWEST_SCRAM_ITERATIONS = 4096;

const count = integer(1);

/** Text that may be named instead of written. */
export const secretSchema = v.pipe(
  v.custom<string | EnvName>((value) => typeof value === "string", 'must be text or { "env": "NAME" }'),
  v.string(),
  v.nonEmpty("must not be empty"),
);

/** Secrets that are valid at the same time; each costs one HMAC or hash per attempt. */
const MOST_SECRETS = 4;

const secretList = v.pipe(
  v.array(secretSchema),
  v.nonEmpty("must not be empty"),
  v.maxLength(MOST_SECRETS, `must have at most ${MOST_SECRETS} entries`),
);

const oneSecret = v.pipe(
  secretSchema,
  v.transform((secret) => [secret]),
);

/** A secret or a list of them, any of which is valid: so it is replaced without an outage. The output is a list. */
export const secretsSchema = v.lazy((input) => (Array.isArray(input) ? secretList : oneSecret));

const bytes32 = v.regex(/^[\da-fA-F]{64}$/, "must be 32 bytes in hex");
const publicKey = v.pipe(v.string(), bytes32);

const dynamicEntries = {
  type: v.literal("dynamic"),
  authenticator: uri,
  "authenticator-realm": v.exactOptional(text),
  "authenticator-role": v.optional(text, "trusted"),
  "default-role": v.exactOptional(text),
};

/** A procedure authenticates; it is called with realm, authid and details (Dynamic Authenticators). */
const dynamic = closed(dynamicEntries);

const anonymous = closed({
  type: v.literal("static"),
  role: v.optional(text, "anonymous"),
  authid: v.exactOptional(text),
});

/** Whether tickets, which are sent in clear text, are refused on an unencrypted transport. */
const requireTls = flag;

const dynamicTicket = closed({ ...dynamicEntries, require_tls: requireTls });

const ticket = v.pipe(
  closed({
    type: v.literal("static"),
    principals: named(closed({ ticket: secretsSchema, role: v.exactOptional(text) })),
    "default-role": v.exactOptional(text),
    require_tls: requireTls,
  }),
  v.transform((method) => withPrincipalRoles(method)),
);

// `secret` is the clear password, `salted-key` what a client derives from it: Crossbar.io's `secret` has meant either.
const wampcraUser = v.pipe(
  closed({
    secret: v.exactOptional(secretsSchema),
    "salted-key": v.exactOptional(secretsSchema),
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
  v.forward(
    v.check(
      ({ secret, iterations = 0 }) => secret === undefined || iterations <= MOST_ITERATIONS,
      `must be <=${MOST_ITERATIONS} with secret, the most the platform computes in one call; write the salted-key instead`,
    ),
    ["iterations"],
  ),
);

const wampcra = v.pipe(
  closed({ type: v.literal("static"), users: named(wampcraUser), "default-role": v.exactOptional(text) }),
  v.transform((method) => ({ type: method.type, users: withRoles(method.users, method["default-role"]) })),
);

const scramEntries = {
  kdf: v.pipe(
    v.picklist(["pbkdf2", "argon2id-13", "argon2id13"]),
    v.transform((kdf) => (kdf === "pbkdf2" ? kdf : "argon2id-13")),
  ),
  iterations: count,
  /** KiB; pbkdf2 needs none. */
  memory: v.optional(integer(0), 0),
  salt: v.pipe(v.string(), v.regex(/^(?:[\da-fA-F]{2}){8,}$/, "must be at least 8 bytes in hex")),
  "stored-key": v.pipe(secretSchema, bytes32),
  "server-key": v.pipe(secretSchema, bytes32),
};

/** The SCRAM record of a password in the answer of an authenticator, which may have more keys. */
export const scramRecordSchema = v.object(scramEntries);

const scramPrincipal = v.pipe(
  closed({ ...scramEntries, role: v.exactOptional(text) }),
  v.forward(
    v.check(
      ({ kdf, iterations }) => kdf !== "pbkdf2" || iterations >= FEWEST_SCRAM_ITERATIONS,
      `must be >=${FEWEST_SCRAM_ITERATIONS} for pbkdf2`,
    ),
    ["iterations"],
  ),
);

const scram = v.pipe(
  closed({ type: v.literal("static"), principals: named(scramPrincipal), "default-role": v.exactOptional(text) }),
  v.transform((method) => withPrincipalRoles(method)),
);

const cryptosignPrincipal = closed({
  authorized_keys: v.pipe(v.array(publicKey), v.nonEmpty("must not be empty")),
  role: v.exactOptional(text),
  realm: v.exactOptional(text),
});

/** The private key with which the router proves its identity to clients: 32 bytes in hex. */
const routerKey = v.exactOptional(v.pipe(secretSchema, bytes32));

const dynamicCryptosign = closed({ ...dynamicEntries, "router-key": routerKey });

const cryptosign = v.pipe(
  closed({
    type: v.literal("static"),
    principals: named(cryptosignPrincipal),
    "default-role": v.exactOptional(text),
    "router-key": routerKey,
  }),
  v.transform((method) => withPrincipalRoles(method)),
);

const SYMMETRIC = ["HS256", "HS384", "HS512"];
const ASYMMETRIC = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

const jwt = v.pipe(
  closed({
    type: v.literal("static"),
    /** The keys of the issuer, or their URL. */
    jwks: v.exactOptional(jwksSchema),
    /** A public key in PEM, or the secrets shared with the issuer. */
    key: v.exactOptional(secretsSchema),
    algorithms: v.exactOptional(v.pipe(v.array(text), v.nonEmpty("must not be empty"))),
    issuer: v.exactOptional(text),
    audience: v.exactOptional(v.union([text, v.array(text)])),
    /** Seconds by which the clocks of issuer and router may differ. */
    leeway: v.optional(number(0, 300), 5),
    "authid-claim": v.optional(text, "sub"),
    "role-claim": v.optional(text, "role"),
    "realm-claim": v.exactOptional(text),
    "default-role": v.exactOptional(text),
    /** Whether the session ends when the token expires. */
    "end-session": flag,
  }),
  v.check(({ jwks, key }) => jwks === undefined || key === undefined, "must have either jwks or key"),
  v.check(
    ({ jwks, key, issuer }) => jwks !== undefined || key !== undefined || issuer !== undefined,
    "must have jwks, key, or an issuer whose metadata names its keys",
  ),
  v.forward(
    v.check(
      ({ jwks, key, issuer }) =>
        jwks !== undefined || key !== undefined || issuer === undefined || isTrustedUrl(issuer),
      `${NOT_TRUSTED} without jwks or key`,
    ),
    ["issuer"],
  ),
  v.forward(
    v.check(
      ({ key }) => key === undefined || isPublicKey(key) || key.every(isLongSecret),
      "must be a public key in PEM, or a secret of at least 32 characters (RFC 7518), or a list of such secrets",
    ),
    ["key"],
  ),
  v.forward(
    v.check(
      ({ algorithms = [], key }) => algorithms.every((name) => algorithmsFor(key).includes(name)),
      `must be some of ${ASYMMETRIC.join(", ")}, or, with a secret, of ${SYMMETRIC.join(", ")}`,
    ),
    ["algorithms"],
  ),
  v.transform((method) => ({ ...method, algorithms: method.algorithms ?? algorithmsFor(method.key) })),
);

const PEM = "-----BEGIN PUBLIC KEY-----";

/** Several public keys belong into `jwks`, which names the algorithm of each. */
function isPublicKey(key: readonly string[]): boolean {
  return key.length === 1 && key[0]!.startsWith(PEM);
}

function isLongSecret(text: string): boolean {
  return !text.startsWith(PEM) && text.length >= 32;
}

/** The algorithms that fit a key: a public key used as a shared secret would let any client sign tokens. */
function algorithmsFor(key: readonly string[] | undefined): readonly string[] {
  return key === undefined || isPublicKey(key) ? ASYMMETRIC : SYMMETRIC;
}

const cookie = v.pipe(
  closed({
    name: v.optional(v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_]+$/, "must be a lower-case cookie name")), "cbtid"),
    length: v.optional(integer(6, 64), 24),
    /** Seconds. */
    max_age: v.optional(count, 604_800),
    secure: v.optional(v.boolean(), true),
    http_strict: v.optional(v.boolean(), true),
    same_site: v.optional(v.picklist(["Strict", "Lax", "None"]), "Lax"),
    /** Origins of pages from which the cookie is accepted; all of them without a list. */
    allowed_origins: v.exactOptional(v.array(text)),
  }),
  v.check(
    ({ same_site, allowed_origins }) => same_site !== "None" || allowed_origins !== undefined,
    'needs allowed_origins with "same_site": "None", or every page could use the cookies of a visitor',
  ),
);

/** Method → its settings in this realm. A method without settings is refused. */
export const authSchema = closed({
  anonymous: v.exactOptional(v.variant("type", [anonymous, dynamic])),
  ticket: v.exactOptional(v.variant("type", [ticket, dynamicTicket])),
  wampcra: v.exactOptional(v.variant("type", [wampcra, dynamic])),
  scram: v.exactOptional(v.variant("type", [scram, dynamic])),
  cryptosign: v.exactOptional(v.variant("type", [cryptosign, dynamicCryptosign])),
  jwt: v.exactOptional(v.variant("type", [jwt])),
  cookie: v.exactOptional(cookie),
});

type Output<S extends v.GenericSchema> = DeepReadonly<v.InferOutput<S>>;
type PrincipalOf<M> = M extends ReadonlyMap<string, infer P> ? P : never;

/** Settings of `anonymous`. */
export type AnonymousAuth = Output<typeof anonymous> | DynamicAuth;
/** Settings of a method whose authenticator is a procedure. */
export type DynamicAuth = Output<typeof dynamic>;
/** Settings of a static `ticket`. */
export type TicketAuth = Output<typeof ticket>;
/** One principal of a static `ticket`. */
export type TicketPrincipal = PrincipalOf<TicketAuth["principals"]>;
/** Settings of a dynamic `ticket`. */
export type DynamicTicketAuth = Output<typeof dynamicTicket>;
/** Settings of a static `wampcra`. */
export type WampcraAuth = Output<typeof wampcra>;
/** One user of a static `wampcra`. */
export type WampcraUser = PrincipalOf<WampcraAuth["users"]>;
/** Settings of a static `scram`. */
export type ScramAuth = Output<typeof scram>;
/** One principal of a static `scram`. */
export type ScramPrincipal = PrincipalOf<ScramAuth["principals"]>;
/** The SCRAM record of one password. */
export type ScramRecord = Output<typeof scramRecordSchema>;
/** Settings of a static `cryptosign`. */
export type CryptosignAuth = Output<typeof cryptosign>;
/** Settings of a dynamic `cryptosign`. */
export type DynamicCryptosignAuth = Output<typeof dynamicCryptosign>;
/** Settings of `jwt`. */
export type JwtAuth = Output<typeof jwt>;
/** Settings of `cookie`. */
export type CookieAuth = Output<typeof cookie>;

export interface PrincipalSettings<P> {
  readonly principals: ReadonlyMap<string, P>;
  readonly "default-role"?: string;
}

/** The settings of a static method, with a role for each of its principals. */
function withPrincipalRoles<P extends { readonly role?: string }, M extends PrincipalSettings<P>>({
  "default-role": defaultRole,
  ...method
}: M & PrincipalSettings<P>) {
  return { ...method, principals: withRoles<P>(method.principals, defaultRole) };
}

/**
 * A principal without a role has that of its method; `realmFaults` refuses a principal with neither, so that the role
 * "" is never in use.
 */
function withRoles<P extends { readonly role?: string }>(
  principals: ReadonlyMap<string, P>,
  defaultRole = "",
): ReadonlyMap<string, P & { readonly role: string }> {
  return new Map(Array.from(principals, ([authid, it]) => [authid, { ...it, role: it.role ?? defaultRole }]));
}
