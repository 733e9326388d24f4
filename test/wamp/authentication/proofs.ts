/**
 * The client side of all methods, written independently with Node's crypto, so that the router is not tested against
 * itself.
 */

import { createHash, createHmac, createPrivateKey, createPublicKey, pbkdf2Sync, sign } from "node:crypto";

type Extra = Readonly<Record<string, unknown>>;

interface CraExtra {
  readonly challenge: string;
  readonly salt?: string;
  readonly iterations: number;
  readonly keylen: number;
}

/** AUTHENTICATE.Signature of WAMP-CRA. */
export function craSignature(secret: string, extra: Extra): string {
  const { challenge, salt, iterations, keylen } = extra as unknown as CraExtra;
  const key = salt === undefined ? secret : derivedKey(secret, salt, iterations, keylen);
  return createHmac("sha256", key).update(challenge).digest("base64");
}

/** The key of salted WAMP-CRA: Base64 text. */
export function derivedKey(secret: string, salt: string, iterations: number, keylen: number): string {
  return pbkdf2Sync(secret, salt, iterations, keylen, "sha256").toString("base64");
}

/** The record of a SCRAM password, and the proofs of client and server. */
export class ScramPassword {
  readonly clientKey: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;

  constructor(password: string, salt: Buffer, iterations: number) {
    const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
    this.clientKey = hmac(salted, "Client Key");
    this.storedKey = createHash("sha256").update(this.clientKey).digest();
    this.serverKey = hmac(salted, "Server Key");
  }

  /** ClientProof, in Base64. */
  proof(authMessage: string): string {
    const signature = hmac(this.storedKey, authMessage);
    return Buffer.from(this.clientKey.map((byte, index) => byte ^ signature[index]!)).toString("base64");
  }

  /** ServerSignature, in Base64. */
  verifier(authMessage: string): string {
    return hmac(this.serverKey, authMessage).toString("base64");
  }
}

/** AuthMessage of SCRAM; `binding` is the value of `c=`. */
export function scramMessage(user: string, clientNonce: string, extra: Extra, binding: string): string {
  const { nonce, salt, iterations } = extra;
  return `n=${user},r=${clientNonce},r=${nonce},s=${salt},i=${iterations},c=${binding},r=${nonce}`;
}

/** An Ed25519 key from its 32-byte seed in hex. */
export class SigningKey {
  readonly publicKey: string;
  readonly #privateKey;

  constructor(seed: string) {
    const der = Buffer.from(`302e020100300506032b657004220420${seed}`, "hex");
    this.#privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    this.publicKey = createPublicKey(this.#privateKey)
      .export({ format: "der", type: "spki" })
      .subarray(12)
      .toString("hex");
  }

  /** The signature of a message in hex, in hex. */
  sign(message: string): string {
    return sign(null, Buffer.from(message, "hex"), this.#privateKey).toString("hex");
  }

  /** AUTHENTICATE.Signature of cryptosign. */
  signChallenge({ challenge }: Extra): string {
    return this.sign(String(challenge)) + String(challenge);
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
