/** The Ed25519 key by which clients tell this router from an impostor (Cryptosign: Router Authentication). */

import type { Bytes } from "../crypto/encoding.ts";

/** What stands before the 32 bytes of a private key in PKCS #8, the only form WebCrypto takes it in (RFC 8410). */
const PKCS8_HEAD = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

interface KeyPair {
  readonly privateKey: Awaited<ReturnType<typeof crypto.subtle.importKey>>;
  readonly publicKey: Bytes;
}

export class RouterKey {
  readonly #seed: Bytes;
  #pair: Promise<KeyPair> | undefined;

  /** `seed`: the 32 bytes of the private key. */
  constructor(seed: Bytes) {
    this.#seed = seed;
  }

  /** The public key, and the 64-byte signature of a message. */
  async sign(message: Bytes): Promise<{ readonly publicKey: Bytes; readonly signature: Bytes }> {
    this.#pair ??= load(this.#seed);
    const { privateKey, publicKey } = await this.#pair;
    return { publicKey, signature: new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, message)) };
  }
}

async function load(seed: Bytes): Promise<KeyPair> {
  const pkcs8 = Uint8Array.of(...PKCS8_HEAD, ...seed);
  const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
  // A private key as JWK tells the public one, too.
  const { x = "" } = (await crypto.subtle.exportKey("jwk", privateKey)) as { readonly x?: string };
  const base64 = x.replaceAll("-", "+").replaceAll("_", "/");
  return { privateKey, publicKey: Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)) };
}
