/** What a configuration keeps of a principal in place of his password, and key pairs for those who have none. */

import { createHash, createHmac, generateKeyPairSync, pbkdf2Sync, randomBytes } from "node:crypto";
import { saslprep } from "../wamp/authentication/saslprep.ts";
import { StartError } from "./environment.ts";

/** The methods `newPrincipal` knows. */
export const METHODS = ["wampcra", "scram", "cryptosign"] as const;
export type PrincipalMethod = (typeof METHODS)[number];

/** Random bytes of a salt. */
const SALT_LENGTH = 16;
/** Bytes of a derived key. */
const KEY_LENGTH = 32;
/** A client has to do as many, on a telephone maybe; OWASP asks for more, and browsers' libraries take seconds for it. */
const ITERATIONS = 10_000;

/** An entry for `users` or `principals`, and what the client needs beside the password, if anything. */
export interface NewPrincipal {
  readonly entry: Readonly<Record<string, unknown>>;
  /** For the client alone. */
  readonly privateKey?: string;
}

/** Throws StartError for a password that cannot be used. */
export function newPrincipal(method: PrincipalMethod, password: string): NewPrincipal {
  if (method === "cryptosign") return cryptosignPair();
  if (password === "") throw new StartError("the password is empty");
  return { entry: method === "wampcra" ? wampcraUser(password) : scramRecord(password) };
}

function wampcraUser(password: string) {
  const salt = randomBytes(SALT_LENGTH).toString("hex");
  const key = pbkdf2Sync(password, salt, ITERATIONS, KEY_LENGTH, "sha256");
  return { "salted-key": key.toString("base64"), salt, iterations: ITERATIONS, keylen: KEY_LENGTH };
}

/** RFC 5802 section 3, with SHA-256. */
function scramRecord(password: string) {
  const prepared = saslprep(password);
  if (prepared === undefined) throw new StartError("the password has characters that SCRAM does not allow");
  const salt = randomBytes(SALT_LENGTH);
  const salted = pbkdf2Sync(prepared, salt, ITERATIONS, KEY_LENGTH, "sha256");
  const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest("hex");
  const serverKey = hmac(salted, "Server Key").toString("hex");
  const keys = { salt: salt.toString("hex"), "stored-key": storedKey, "server-key": serverKey };
  return { kdf: "pbkdf2", iterations: ITERATIONS, memory: 0, ...keys };
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function cryptosignPair(): NewPrincipal {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x = "" } = publicKey.export({ format: "jwk" });
  const { d = "" } = privateKey.export({ format: "jwk" });
  return { entry: { authorized_keys: [hexOf(x)] }, privateKey: hexOf(d) };
}

function hexOf(base64Url: string): string {
  return Buffer.from(base64Url, "base64url").toString("hex");
}
