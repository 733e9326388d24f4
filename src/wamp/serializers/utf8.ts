/** UTF-8 text inside binary frames, quick for the short ASCII strings that URIs and keys are. */

import { findNodeBuffer } from "../crypto/node-buffer.ts";

/** Up to this many bytes a loop beats the call of `TextDecoder`. */
const SHORT = 64;
const ASCII_END = 0x80;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** `size` bytes from `start` → text, or undefined where they are not UTF-8. */
export function textFromUtf8(bytes: Uint8Array, start: number, size: number): string | undefined {
  return (size <= SHORT ? shortAscii(bytes, start, size) : undefined) ?? decode(bytes.subarray(start, start + size));
}

/** Whether the `size` bytes from `start` are UTF-8. */
export function isUtf8(bytes: Uint8Array, start: number, size: number): boolean {
  if (size <= SHORT && isAscii(bytes, start, start + size)) return true;
  check ??= findCheck();
  return check(bytes.subarray(start, start + size));
}

let check: ((bytes: Uint8Array) => boolean) | undefined;

/** Without Node's function text is decoded, which of 64 KiB takes 8 µs in place of 2, and makes as much garbage. */
function findCheck(): (bytes: Uint8Array) => boolean {
  return findNodeBuffer()?.isUtf8 ?? ((bytes) => decode(bytes) !== undefined);
}

/** Whether text is ASCII and short enough for a loop. */
export function isShortAscii(text: string): boolean {
  if (text.length > SHORT) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= ASCII_END) return false;
  return true;
}

/** Whether the bytes from `start` to `end` are ASCII. */
export function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i]! >= ASCII_END) return false;
  return true;
}

function shortAscii(bytes: Uint8Array, start: number, size: number): string | undefined {
  const codes = new Array<number>(size);
  for (let i = 0; i < size; i++) {
    const code = bytes[start + i]!;
    if (code >= ASCII_END) return undefined;
    codes[i] = code;
  }
  return String.fromCharCode.apply(null, codes);
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
