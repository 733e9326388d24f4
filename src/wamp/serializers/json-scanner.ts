/** Walks over a large JSON message without building its values: the router reads none of a payload. */

import { PAYLOAD_INDEX } from "../protocol/message.ts";
import { Malformed } from "./byte-reader.ts";

/** Where the payload of a message is, and what its elements are. */
export interface PayloadSpan {
  /** One past the comma before Arguments, in UTF-16 code units. */
  readonly start: number;
  readonly argsAreEmpty: boolean;
  /** Undefined where the message has no ArgumentsKw. */
  readonly kwargsAreEmpty: boolean | undefined;
}

/**
 * Finds the payload of a message of which it checks all but the head: that is for `JSON.parse`. Undefined in doubt: for
 * faults of any kind, messages without payload, Arguments that are no list, much text that is not ASCII.
 *
 * It takes 0.4 times as long as `JSON.parse` and a walk over its result for 64 KiB of small objects, and as long for text.
 */
export function scanPayload(text: string, depth: number): PayloadSpan | undefined {
  const size = encode(text);
  if (size === undefined) return undefined;
  try {
    return new JsonScanner(text, scratch, size).payload(depth);
  } catch (error) {
    if (error instanceof Malformed || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** An array of bytes is read several times faster than a string; a zero byte, which JSON does not have, ends it. */
let scratch = new Uint8Array(0);
/** Characters of the longest text that is encoded, so that the isolate keeps little more than that in `scratch`. */
const MOST_CHARACTERS = 1_048_576;
const encoder = new TextEncoder();

/** Writes text to `scratch` as UTF-8; returns its size, or undefined where it is much longer in UTF-8. */
function encode(text: string): number | undefined {
  if (text.length > MOST_CHARACTERS) return undefined;
  const room = text.length + (text.length >> 3);
  if (scratch.length <= room) scratch = new Uint8Array(room + 1);
  const { read, written } = encoder.encodeInto(text, scratch.subarray(0, room));
  if (read < text.length) return undefined;
  scratch[written] = 0;
  return written;
}

/** Each method moves past what it is named after, and throws where it is not there. */
class JsonScanner {
  readonly #text: string;
  readonly #bytes: Uint8Array;
  readonly #size: number;
  readonly #isAscii: boolean;
  #position = 0;

  constructor(text: string, bytes: Uint8Array, size: number) {
    this.#text = text;
    this.#bytes = bytes;
    this.#size = size;
    this.#isAscii = size === text.length;
  }

  payload(depth: number): PayloadSpan | undefined {
    this.#byte(LIST_START);
    this.#lead();
    const typeStart = this.#position;
    this.#number();
    const index = PAYLOAD_INDEX[Number(this.#text.slice(typeStart, this.#position))];
    if (index === undefined) return undefined;
    for (let element = 1; element < index; element++) {
      this.#byte(COMMA);
      this.#value(depth);
    }
    this.#byte(COMMA);
    const start = this.#position;
    if (!this.#isAscii && !isAscii(this.#bytes.subarray(0, start))) return undefined;
    const argsAreEmpty = this.#isEmpty(LIST_START, depth);
    const kwargsAreEmpty = this.#hasMore(LIST_END) ? this.#isEmpty(DICT_START, depth) : undefined;
    if (kwargsAreEmpty !== undefined) this.#byte(LIST_END);
    this.#lead();
    if (this.#position !== this.#size) throw new Malformed();
    return { start, argsAreEmpty, kwargsAreEmpty };
  }

  /** Moves past a list or dict. */
  #isEmpty(opening: number, depth: number): boolean {
    if (this.#lead() !== opening) throw new Malformed();
    const start = this.#position;
    this.#value(depth);
    const end = this.#position - 1;
    this.#position = start + 1;
    this.#lead();
    const isEmpty = this.#position === end;
    this.#position = end + 1;
    return isEmpty;
  }

  #value(depth: number): void {
    const lead = this.#lead();
    if (lead === QUOTE) this.#string();
    else if (lead === DICT_START || lead === LIST_START) this.#container(lead, depth);
    else if (lead === MINUS || CLASS[lead]! & DIGIT) this.#number();
    else this.#literal(lead);
  }

  #container(opening: number, depth: number): void {
    if (depth === 0) throw new Malformed();
    // In ASCII, "]" is two after "[", and "}" two after "{".
    const closing = opening + 2;
    this.#position++;
    if (this.#lead() === closing) {
      this.#position++;
      return;
    }
    do {
      if (opening === DICT_START) this.#key();
      this.#value(depth - 1);
    } while (this.#hasMore(closing));
  }

  #key(): void {
    if (this.#lead() !== QUOTE) throw new Malformed();
    this.#string();
    this.#byte(COLON);
  }

  #string(): void {
    const bytes = this.#bytes;
    const start = this.#position;
    let position = start + 1;
    let checked = this.#isAscii ? position + LONG : this.#size;
    for (;;) {
      while (CLASS[bytes[position]!]! & PLAIN && position < checked) position++;
      const byte = bytes[position]!;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) position = this.#escapeEnd(position + 1);
      else if (position < checked) throw new Malformed();
      else {
        const end = this.#text.indexOf('"', position);
        if (end < 0) throw new Malformed();
        if (bytes[end - 1] === BACKSLASH) checked = this.#size;
        else {
          // The native parser is quicker here.
          JSON.parse(this.#text.slice(start, end + 1));
          position = end;
        }
      }
    }
    this.#position = position + 1;
  }

  /** Where the escape sequence ends whose backslash is before `position`. */
  #escapeEnd(position: number): number {
    const bytes = this.#bytes;
    if (CLASS[bytes[position]!]! & ESCAPE) return position + 1;
    if (bytes[position] !== LETTER_U) throw new Malformed();
    for (let digit = 1; digit <= 4; digit++) if (!(CLASS[bytes[position + digit]!]! & HEX)) throw new Malformed();
    return position + 5;
  }

  #number(): void {
    if (this.#bytes[this.#position] === MINUS) this.#position++;
    if (this.#bytes[this.#position] === ZERO) this.#position++;
    else this.#digits();
    if (this.#bytes[this.#position] === POINT) {
      this.#position++;
      this.#digits();
    }
    const exponent = this.#bytes[this.#position];
    if (exponent !== LETTER_E && exponent !== LETTER_E + LOWER_CASE) return;
    const sign = this.#bytes[++this.#position];
    if (sign === PLUS || sign === MINUS) this.#position++;
    this.#digits();
  }

  /** One digit or more. */
  #digits(): void {
    const bytes = this.#bytes;
    const start = this.#position;
    let position = start;
    while (CLASS[bytes[position]!]! & DIGIT) position++;
    if (position === start) throw new Malformed();
    this.#position = position;
  }

  #literal(lead: number): void {
    const literal = lead === TRUE.charCodeAt(0) ? TRUE : lead === FALSE.charCodeAt(0) ? FALSE : NULL;
    for (let index = 0; index < literal.length; index++) {
      if (this.#bytes[this.#position + index] !== literal.charCodeAt(index)) throw new Malformed();
    }
    this.#position += literal.length;
  }

  /** Moves past a comma, or past the end of a list or dict. */
  #hasMore(closing: number): boolean {
    const byte = this.#lead();
    if (byte !== COMMA && byte !== closing) throw new Malformed();
    this.#position++;
    return byte === COMMA;
  }

  /** White space, and that byte. */
  #byte(byte: number): void {
    if (this.#lead() !== byte) throw new Malformed();
    this.#position++;
  }

  /** Moves to the next byte that is no white space, and returns it. */
  #lead(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#position]!;
    while (CLASS[byte]! & SPACE) byte = bytes[++this.#position]!;
    return byte;
  }
}

function isAscii(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte < 0x80);
}

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const LETTER_E = 0x45;
const LIST_START = 0x5b;
const BACKSLASH = 0x5c;
const LIST_END = 0x5d;
const LETTER_U = 0x75;
const DICT_START = 0x7b;
/** Added to a capital. */
const LOWER_CASE = 0x20;

const TRUE = "true";
const FALSE = "false";
const NULL = "null";

/** Bytes of a string from which on the native parser checks it. */
const LONG = 64;

/** What a byte may be; bits of `CLASS`. */
const PLAIN = 1;
const DIGIT = 2;
const HEX = 4;
const ESCAPE = 8;
const SPACE = 16;
const CLASS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  const has = (bit: number, characters: RegExp) => (characters.test(character) ? bit : 0);
  return (
    // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON has none in strings.
    has(PLAIN, /[^\u0000-\u001f"\\]/) |
    has(DIGIT, /\d/) |
    has(HEX, /[\da-fA-F]/) |
    has(ESCAPE, /["\\/bfnrt]/) |
    has(SPACE, /[ \t\n\r]/)
  );
});
