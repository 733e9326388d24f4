/** Binary strings in JSON: U+0000 followed by padded Base64 (Binary conversion of JSON Strings). */

/** The character that marks a JSON string as binary. */
const BINARY_MARK = "\u0000";

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
/** Arguments one call of `String.fromCharCode` takes without exhausting the stack. */
const CHUNK = 8192;

/**
 * A marked string → its bytes; undefined where it is an ordinary string, also when what follows the mark is no Base64.
 */
export function bytesFromText(text: string): Uint8Array | undefined {
  if (!text.startsWith(BINARY_MARK) || text.length % 4 !== 1) return undefined;
  const base64 = text.slice(1);
  if (!BASE64.test(base64)) return undefined;
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Bytes → the marked string. */
export function textFromBytes(bytes: Uint8Array): string {
  let binary = "";
  for (let start = 0; start < bytes.length; start += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  }
  return BINARY_MARK + btoa(binary);
}
