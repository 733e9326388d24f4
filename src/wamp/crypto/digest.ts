/** Digests, MACs and key derivation by WebCrypto, and comparisons in constant time. */

import type { Bytes } from "./encoding.ts";
import { utf8 } from "./encoding.ts";

const HASH = "SHA-256";

/** SHA-256: 32 bytes. */
export async function sha256(data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest(HASH, data));
}

/** HMAC, by default with SHA-256: 32 bytes; 20 with SHA-1. */
export async function hmac(key: Bytes, data: Bytes, hash: "SHA-1" | "SHA-256" = HASH): Promise<Bytes> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, data));
}

/** PBKDF2-HMAC-SHA-256; `length` in bytes. Rejects if the platform does not allow so many iterations. */
export async function pbkdf2(secret: Bytes, salt: Bytes, iterations: number, length: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", secret, "PBKDF2", false, ["deriveBits"]);
  return new Uint8Array(
    await crypto.subtle.deriveBits({ name: "PBKDF2", hash: HASH, salt, iterations }, key, length * 8),
  );
}

/** Compares bytes in a time that depends only on their length. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

/** Compares texts in a time that does not depend on `secret`, not even on its length. */
export async function isSameText(given: string, secret: string): Promise<boolean> {
  const [a, b] = await Promise.all([sha256(utf8(given)), sha256(utf8(secret))]);
  return isEqual(a, b);
}

/**
 * Finds `given` among texts, in a time that depends only on their number; undefined if it is none of them or there are
 * none.
 */
export async function findText(given: string, texts: readonly string[]): Promise<string | undefined> {
  const same = await Promise.all(texts.map((text) => isSameText(given, text)));
  return texts[same.indexOf(true)];
}
