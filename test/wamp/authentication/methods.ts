/**
 * For each method a configuration with the principal joe, and the messages of a client; for tests common to all
 * methods.
 */

import { SignJWT } from "jose";
import { expect } from "vitest";
import type { Auth, Extra } from "./auth-test-realm.ts";
import { craSignature, derivedKey, ScramPassword, SigningKey, scramMessage } from "./proofs.ts";

export interface Case {
  readonly auth: Auth;
  /** HELLO.Details besides roles and authid. */
  readonly hello: Extra;
  /** Makes the AUTHENTICATE for a CHALLENGE.Extra, with joe's credentials or wrong ones. */
  readonly authenticate: (extra: Extra, isRight: boolean, authid: string) => Promise<readonly [5, string, Extra]>;
  /** Is a proof valid for one attempt only? */
  readonly isBound: boolean;
  /** Secrets in the configuration or derived from it, with which others could log in. */
  readonly secrets: readonly string[];
  /** WELCOME.Details besides authid and role. */
  readonly welcome: Extra;
}

/** Shared with an issuer of tokens. */
export const TOKEN_SECRET = "0123456789abcdef0123456789abcdef";
export const CLIENT_NONCE = "egVDf3DMJh0=";
export const SALT = Buffer.from("aBc+fx0NAVA=", "base64");
export const PENCIL = new ScramPassword("pencil", SALT, 4096);
export const KEY = new SigningKey("4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510");
export const OTHER_KEY = new SigningKey("d511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd");

/** A token for joe that is valid for an hour from the epoch, where the tests take place. */
export function token(claims: Extra = {}, secret = TOKEN_SECRET): Promise<string> {
  const payload = { sub: "joe", role: "user", exp: 3600, ...claims };
  return new SignJWT(payload).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(secret));
}

/** The record of joe's SCRAM password, as the configuration has it. */
export const PENCIL_RECORD = {
  kdf: "pbkdf2",
  iterations: 4096,
  salt: SALT.toString("hex"),
  "stored-key": PENCIL.storedKey.toString("hex"),
  "server-key": PENCIL.serverKey.toString("hex"),
} as const;

/** Method, with what is special → case. */
export const CASES: Readonly<Record<string, Case>> = {
  ticket: {
    auth: { ticket: { type: "static", principals: { joe: { ticket: "secret!!!", role: "user" } } } },
    hello: { authmethods: ["ticket"] },
    authenticate: async (_, isRight) => [5, isRight ? "secret!!!" : "secret!!", {}],
    isBound: false,
    secrets: ["secret!!!"],
    welcome: { authmethod: "ticket", authprovider: "static" },
  },
  "jwt as ticket": {
    auth: { jwt: { type: "static", key: TOKEN_SECRET } },
    hello: { authmethods: ["ticket"] },
    authenticate: async (_, isRight) => [
      5,
      await token({}, isRight ? TOKEN_SECRET : "another secret, of another issuer"),
      {},
    ],
    isBound: false,
    secrets: [TOKEN_SECRET],
    welcome: { authmethod: "ticket", authprovider: "jwt" },
  },
  wampcra: cra({ secret: "secret123" }),
  "wampcra, salted": cra({ secret: "secret123", salt: "salt123", iterations: 1000, keylen: 32 }),
  "wampcra, salted key": cra({
    "salted-key": derivedKey("secret123", "salt123", 100, 16),
    salt: "salt123",
    iterations: 100,
    keylen: 16,
  }),
  scram: scram("scram", "", "scram_server_signature"),
  "wamp-scram": scram("wamp-scram", "biws", "verifier"),
  cryptosign: {
    auth: { cryptosign: { type: "static", principals: { joe: { authorized_keys: [KEY.publicKey], role: "user" } } } },
    hello: { authmethods: ["cryptosign"], authextra: { pubkey: KEY.publicKey } },
    authenticate: async (extra, isRight) => [5, (isRight ? KEY : OTHER_KEY).signChallenge(extra), {}],
    isBound: true,
    secrets: [],
    welcome: { authmethod: "cryptosign", authprovider: "static" },
  },
};

function cra(user: object): Case {
  return {
    auth: { wampcra: { type: "static", users: { joe: { ...user, role: "user" } } } },
    hello: { authmethods: ["wampcra"] },
    authenticate: async (extra, isRight) => [5, craSignature(isRight ? "secret123" : "secret12", extra), {}],
    isBound: true,
    secrets: ["secret123", derivedKey("secret123", "salt123", 1000, 32), derivedKey("secret123", "salt123", 100, 16)],
    welcome: { authmethod: "wampcra", authprovider: "static" },
  };
}

function scram(method: string, binding: string, verifier: string): Case {
  const wrong = new ScramPassword("pen", SALT, 4096);
  return {
    auth: { scram: { type: "static", principals: { joe: { ...PENCIL_RECORD, role: "user" } } } },
    hello: { authmethods: [method], authextra: { nonce: CLIENT_NONCE } },
    authenticate: async (extra, isRight, authid) => {
      const message = scramMessage(authid, CLIENT_NONCE, extra, binding);
      return [5, (isRight ? PENCIL : wrong).proof(message), { nonce: extra.nonce }];
    },
    isBound: true,
    secrets: [PENCIL.storedKey, PENCIL.serverKey].flatMap((key) => [key.toString("hex"), key.toString("base64")]),
    welcome: {
      authmethod: method,
      authprovider: "static",
      authextra: { [verifier]: expect.stringMatching(/^[\w+/]{43}=$/) },
    },
  };
}
