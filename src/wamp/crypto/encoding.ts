/** UTF-8, hex and Base64. The decoders are strict: they reject text that the encoder would not produce. */

import { findNodeBuffer } from "./node-buffer.ts";

/** Bytes in the type that WebCrypto accepts. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** Text → UTF-8 bytes; an unpaired surrogate becomes U+FFFD. */
export function utf8(text: string): Bytes {
  // Node types its buffer wider than the standard does.
  return encoder.encode(text) as Bytes;
}

/** Whether text takes more than `limit` bytes of UTF-8, which has at most three bytes for a UTF-16 code unit. */
export function isLongerThan(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  if (text.length * 3 <= limit) return false;
  measure ??= findNodeBuffer()?.Buffer.byteLength ?? utf8Size;
  return measure(text) > limit;
}

/** UTF-8 bytes of text. With 512 KiB the function of Node saves a tenth of the CPU of a call. */
let measure: ((text: string) => number) | undefined;

/** Encodes in pieces, because the bytes of a large text cost more to allocate than to encode. */
function utf8Size(text: string): number {
  scratch ??= new Uint8Array(PIECE_SIZE);
  let size = 0;
  for (let start = 0; start < text.length; ) {
    // `encodeInto` stops before a character that does not fit, so it splits no surrogate pair.
    const { read, written } = encoder.encodeInto(text.slice(start, start + PIECE_SIZE), scratch);
    start += read;
    size += written;
  }
  return size;
}

/** Bytes. */
const PIECE_SIZE = 16_384;
let scratch: Uint8Array | undefined;

/** Bytes → lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Hex of either case → bytes; undefined if the text is no hex. */
export function fromHex(text: string): Bytes | undefined {
  if (!/^(?:[\da-fA-F]{2})*$/.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Bytes → padded Base64. */
export function toBase64(bytes: Uint8Array): string {
  // A spread would make an object for each byte.
  return btoa(String.fromCharCode.apply(undefined, bytes as unknown as number[]));
}

/** Padded Base64 → bytes; undefined if encoding the bytes would give another text. */
export function fromBase64(text: string): Bytes | undefined {
  if (!/^[A-Za-z\d+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return toBase64(bytes) === text ? bytes : undefined;
}

/** Bytes → padded Base64 for URLs, cookies and file names (`-` and `_` for `+` and `/`). */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_");
}
