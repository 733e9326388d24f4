/** The Ed25519 key with which the router authenticates itself to clients (Cryptosign: Router Authentication). */

import type { Bytes } from "../crypto/encoding.ts";

/** PKCS #8 header before the 32 bytes of a private key, the only private format that WebCrypto imports (RFC 8410). */
const PKCS8_HEAD = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

interface KeyPair {
  readonly privateKey: Awaited<ReturnType<typeof crypto.subtle.importKey>>;
  readonly publicKey: Bytes;
}

/** Imports the key at the first signature. */
export class RouterKey {
  readonly #seed: Bytes;
  #pair: Promise<KeyPair> | undefined;

  /** `seed`: the 32 bytes of the private key. */
  constructor(seed: Bytes) {
    this.#seed = seed;
  }

  /** Signs a message; the signature has 64 bytes. */
  async sign(message: Bytes): Promise<{ readonly publicKey: Bytes; readonly signature: Bytes }> {
    this.#pair ??= load(this.#seed);
    const { privateKey, publicKey } = await this.#pair;
    return { publicKey, signature: new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, message)) };
  }
}

async function load(seed: Bytes): Promise<KeyPair> {
  const pkcs8 = Uint8Array.of(...PKCS8_HEAD, ...seed);
  const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
  // The JWK of a private key contains the public key.
  const { x = "" } = (await crypto.subtle.exportKey("jwk", privateKey)) as { readonly x?: string };
  const base64 = x.replaceAll("-", "+").replaceAll("_", "/");
  return { privateKey, publicKey: Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)) };
}
