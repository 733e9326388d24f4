/** Creates the configuration entry of a principal: keys derived from a password, or a new key pair. */

import { createHash, createHmac, generateKeyPairSync, pbkdf2Sync, randomBytes } from "node:crypto";
import { saslprep } from "../wamp/authentication/saslprep.ts";
import { UserError } from "./project/user-error.ts";

/** The authentication methods that `createCredentials` supports. */
export const CREDENTIAL_METHODS = ["wampcra", "scram", "cryptosign"] as const;
/** One of CREDENTIAL_METHODS. */
export type CredentialMethod = (typeof CREDENTIAL_METHODS)[number];

/** Bytes of random salt. */
const SALT_BYTES = 16;
/** Bytes of a derived key. */
const KEY_BYTES = 32;
/**
 * PBKDF2 iterations. The client computes them, too: what OWASP recommends takes libraries in browsers several seconds.
 */
const ITERATIONS = 10_000;

/** The two halves of new credentials. */
export interface Credentials {
  /** The entry for `users` or `principals` in the configuration, without `role`. */
  readonly entry: Readonly<Record<string, unknown>>;
  /** The client's private key in hexadecimal; cryptosign only. */
  readonly privateKey?: string;
}

/**
 * Creates credentials; cryptosign ignores the password. `salt` is that of WAMP-CRA; without it the salt is random. Throws
 * UserError for a password or a salt that the method cannot use.
 */
export function createCredentials(method: CredentialMethod, password: string, salt?: string): Credentials {
  if (method === "cryptosign") return createKeyPair();
  if (password === "") throw new UserError("the password is empty");
  if (salt === "") throw new UserError("the salt is empty");
  return { entry: method === "wampcra" ? deriveCraKey(password, salt) : deriveScramKeys(password) };
}

function deriveCraKey(password: string, salt = randomBytes(SALT_BYTES).toString("hex")) {
  const key = pbkdf2Sync(password, salt, ITERATIONS, KEY_BYTES, "sha256");
  return { "salted-key": key.toString("base64"), salt, iterations: ITERATIONS, keylen: KEY_BYTES };
}

/** Derives StoredKey and ServerKey (RFC 5802, section 3) with SHA-256. */
function deriveScramKeys(password: string) {
  const prepared = saslprep(password);
  if (prepared === undefined) throw new UserError("the password has characters that SCRAM does not allow");
  const salt = randomBytes(SALT_BYTES);
  const salted = pbkdf2Sync(prepared, salt, ITERATIONS, KEY_BYTES, "sha256");
  const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest("hex");
  const serverKey = hmac(salted, "Server Key").toString("hex");
  const keys = { salt: salt.toString("hex"), "stored-key": storedKey, "server-key": serverKey };
  return { kdf: "pbkdf2", iterations: ITERATIONS, memory: 0, ...keys };
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function createKeyPair(): Credentials {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x = "" } = publicKey.export({ format: "jwk" });
  const { d = "" } = privateKey.export({ format: "jwk" });
  return { entry: { authorized_keys: [toHex(x)] }, privateKey: toHex(d) };
}

function toHex(base64Url: string): string {
  return Buffer.from(base64Url, "base64url").toString("hex");
}
