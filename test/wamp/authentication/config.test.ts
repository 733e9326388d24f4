/** Faults in the configuration of authentication methods. */

import { expect, test } from "vitest";
import { parseRealm } from "../../../src/wamp/config/realm.ts";
import { PENCIL_RECORD, TOKEN_SECRET } from "./methods.ts";

const ROLES = [{ name: "user" }, { name: "anonymous" }];
const PEM = "-----BEGIN PUBLIC KEY-----\nMCo=\n-----END PUBLIC KEY-----";

function faultsOf(auth: object, name = "realm1"): string[] {
  const parsed = parseRealm({ name, roles: ROLES, auth });
  return parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path}: ${message}`);
}

function wampcra(user: object): object {
  return { wampcra: { type: "static", users: { joe: { role: "user", ...user } } } };
}

function ticket(ticket: unknown): object {
  return { ticket: { type: "static", principals: { joe: { role: "user", ticket } } } };
}

function scram(record: object): object {
  return { scram: { type: "static", principals: { joe: { ...PENCIL_RECORD, role: "user", ...record } } } };
}

function jwt(settings: object): object {
  return { jwt: { type: "static", ...settings } };
}

const SALTED = { salt: "s", keylen: 32 };

test.each([
  wampcra({ secret: "s", ...SALTED, iterations: 100_000 }),
  wampcra({ "salted-key": "s", ...SALTED, iterations: 1_000_000 }),
  scram({}),
  scram({ kdf: "argon2id13", iterations: 1, memory: 8 }),
  wampcra({ secret: ["s", "t"] }),
  wampcra({ "salted-key": ["s", "t"], ...SALTED, iterations: 1000 }),
  { ticket: { type: "static", principals: { joe: { ticket: ["1", "2", "3", "4"], role: "user" } } } },
  jwt({ key: TOKEN_SECRET }),
  jwt({ key: [TOKEN_SECRET, TOKEN_SECRET], algorithms: ["HS512"] }),
  jwt({ jwks: "http://localhost:8080/jwks.json" }),
  jwt({ jwks: "http://127.0.0.2/jwks.json" }),
  jwt({ jwks: "http://[::1]:8080/jwks.json" }),
  jwt({ jwks: [{ kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] }),
  jwt({ jwks: { keys: [{ kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] } }),
  jwt({ issuer: "https://issuer.example/" }),
  jwt({ issuer: "http://localhost:8080/realms/one" }),
  jwt({ key: PEM, algorithms: ["ES256"] }),
  jwt({
    jwks: "https://issuer.example/",
    algorithms: ["EdDSA", "RS256"],
    leeway: 0,
    "realm-claim": "r",
    "end-session": true,
  }),
  { ticket: { type: "dynamic", authenticator: "com.a", "authenticator-realm": "realm1", require_tls: true } },
  { cryptosign: { type: "dynamic", authenticator: "com.a", "router-key": "ab".repeat(32) } },
  { cookie: { same_site: "None", allowed_origins: ["https://example.com"] } },
])("%j is valid", (auth) => {
  expect(faultsOf(auth)).toEqual([]);
});

const KEY_FAULT =
  "must be a public key in PEM, or a secret of at least 32 characters (RFC 7518), or a list of such secrets";

const TOO_MANY =
  "must be <=100000 with secret, the most the platform computes in one call; write the salted-key instead";

test.each<[string, object, string]>([
  [
    "[CRA-04]",
    wampcra({ secret: "s", ...SALTED, iterations: 100_001 }),
    `auth.wampcra.users.joe.iterations: ${TOO_MANY}`,
  ],
  ["[SCR-14]", scram({ iterations: 4095 }), "auth.scram.principals.joe.iterations: must be >=4096 for pbkdf2"],
  ["[SCR-14]", scram({ salt: "00".repeat(7) }), "auth.scram.principals.joe.salt: must be at least 8 bytes in hex"],
  ["[SCR-09]", scram({ "stored-key": "00" }), "auth.scram.principals.joe.stored-key: must be 32 bytes in hex"],
  ["", jwt({ key: "too short" }), `auth.jwt.key: ${KEY_FAULT}`],
  ["", jwt({ key: [TOKEN_SECRET, "too short"] }), `auth.jwt.key: ${KEY_FAULT}`],
  ["", jwt({ key: [PEM, TOKEN_SECRET] }), `auth.jwt.key: ${KEY_FAULT}`],
  ["", jwt({ key: [PEM, PEM] }), `auth.jwt.key: ${KEY_FAULT}`],
  ["", jwt({ key: [] }), "auth.jwt.key: must not be empty"],
  ["", ticket([]), "auth.ticket.principals.joe.ticket: must not be empty"],
  ["", ticket(["old", ""]), "auth.ticket.principals.joe.ticket[1]: must not be empty"],
  ["", ticket(["old", 7]), 'auth.ticket.principals.joe.ticket[1]: must be text or { "env": "NAME" }'],
  ["", ticket(["1", "2", "3", "4", "5"]), "auth.ticket.principals.joe.ticket: must have at most 4 entries"],
  ["", wampcra({ secret: [] }), "auth.wampcra.users.joe.secret: must not be empty"],
  [
    "",
    wampcra({ "salted-key": [], ...SALTED, iterations: 1000 }),
    "auth.wampcra.users.joe.salted-key: must not be empty",
  ],
  ["", jwt({ key: TOKEN_SECRET, jwks: "https://issuer.example/" }), "auth.jwt: must have either jwks or key"],
  [
    "",
    jwt({ jwks: "http://issuer.example/" }),
    "auth.jwt.jwks: must be an https URL, or an http URL of localhost, 127.0.0.0/8 or [::1]",
  ],
  [
    "",
    jwt({ jwks: "http://127.0.0.1.issuer.example/" }),
    "auth.jwt.jwks: must be an https URL, or an http URL of localhost, 127.0.0.0/8 or [::1]",
  ],
  [
    "",
    jwt({ jwks: "http://localhost@issuer.example/" }),
    "auth.jwt.jwks: must be an https URL, or an http URL of localhost, 127.0.0.0/8 or [::1]",
  ],
  [
    "",
    jwt({ jwks: "http://issuer.localhost/" }),
    "auth.jwt.jwks: must be an https URL, or an http URL of localhost, 127.0.0.0/8 or [::1]",
  ],
  [
    "",
    jwt({ jwks: "keys.json" }),
    "auth.jwt.jwks: must be an https URL, or an http URL of localhost, 127.0.0.0/8 or [::1]",
  ],
  ["", jwt({ jwks: 7 }), "auth.jwt.jwks: must be a URL, a key set or a list of keys"],
  ["", jwt({ jwks: [] }), "auth.jwt.jwks: must not be empty"],
  ["", jwt({ jwks: { keys: [] } }), "auth.jwt.jwks.keys: must not be empty"],
  ["", jwt({ jwks: [{ kty: "oct", k: "AAAA" }] }), "auth.jwt.jwks[0].kty: must be one of RSA, EC, OKP"],
  [
    "",
    jwt({ jwks: { keys: [{ kty: "OKP", d: "AAAA" }] } }),
    "auth.jwt.jwks.keys[0]: must be the public half of the key, without d",
  ],
  [
    "",
    jwt({ issuer: "me" }),
    "auth.jwt.issuer: must be an https URL, or an http URL of localhost, 127.0.0.0/8 or [::1] without jwks or key",
  ],
  [
    "",
    jwt({ issuer: "http://issuer.example" }),
    "auth.jwt.issuer: must be an https URL, or an http URL of localhost, 127.0.0.0/8 or [::1] without jwks or key",
  ],
  ["", jwt({ key: TOKEN_SECRET, leeway: 301 }), "auth.jwt.leeway: must be <=300"],
  [
    "[DYN-01]",
    { ticket: { type: "dynamic", authenticator: "com.a", "authenticator-realm": "other" } },
    "auth.ticket.authenticator-realm: must be this realm; others are not supported",
  ],
  ["[DYN-01]", { ticket: { type: "dynamic", authenticator: "a b" } }, "auth.ticket.authenticator: must be a valid URI"],
  [
    "[CSG-11]",
    { cryptosign: { type: "static", principals: {}, "router-key": "ab" } },
    "auth.cryptosign.router-key: must be 32 bytes in hex",
  ],
  [
    "[AUTH-16]",
    { cookie: { same_site: "None" } },
    'auth.cookie: needs allowed_origins with "same_site": "None", or every page could use the cookies of a visitor',
  ],
])("%s %j is invalid", (_, auth, fault) => {
  expect(faultsOf(auth)).toEqual([fault]);
});

test.each([
  [{ key: TOKEN_SECRET, algorithms: ["RS256"] }],
  [{ key: PEM, algorithms: ["ES256", "HS256"] }],
  [{ jwks: "https://issuer.example/", algorithms: ["HS256"] }],
  [{ jwks: "https://issuer.example/", algorithms: ["none"] }],
])("[AUTH-14] a key that does not suit the algorithms is a fault: %j", (settings) => {
  expect(faultsOf(jwt(settings))).toEqual([expect.stringMatching(/^auth\.jwt\.algorithms: must be some of /)]);
});

test("[DYN-01] an authenticator's realm must be the realm also where that is a pattern", () => {
  const auth = { ticket: { type: "dynamic", authenticator: "com.a", "authenticator-realm": "tenant-1" } };
  expect(faultsOf(auth, "tenant-*")).toHaveLength(1);
});
