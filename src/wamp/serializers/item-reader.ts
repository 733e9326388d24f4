/** The common base of the readers of MessagePack and CBOR: skips encoded items, and builds values by one policy. */

import { Float, floatOf } from "../protocol/float.ts";
import { PAYLOAD_INDEX } from "../protocol/message.ts";
import type { ArgsKind, PayloadCodec, PayloadValues } from "../protocol/payload.ts";
import { Payload, trimmedLength } from "../protocol/payload.ts";
import { ByteReader, Malformed } from "./byte-reader.ts";
import { type HeadTable, head, Kind } from "./item-head.ts";
import { jsonFromValue } from "./json-text.ts";
import { isAscii, isUtf8, textFromUtf8 } from "./utf8.ts";

/** The `size` of a string, list or dict that a break ends instead of a count (CBOR). */
export const INDEFINITE = -1;
/** That break. MessagePack has no indefinite sizes, so nothing there is ever compared with it. */
const BREAK = 0xff;

/**
 * How values are read. `head`: the elements the router acts on. What has no WAMP type (extension, foreign tag) comes
 * out as its encoded bytes, which no typed field accepts, "undefined" as undefined, and a dict key that is no string is
 * a fault. `payload`: application data, where every value degrades and none fails. `exact payload`: the same on its way
 * to another serializer or back to its own, with a `Float` where a float is whole.
 */
export type Reading = "head" | "payload" | "exact payload";

/** Reads the items of one frame, or of one payload, from the front. Every method throws `Malformed`. */
export abstract class ItemReader extends ByteReader {
  protected readonly isHead: boolean;
  /** Whether whole floats become `Float`. */
  protected readonly isExact: boolean;
  /** First byte of the current item. */
  protected lead = 0;
  /** Of the current item: bytes of its body, elements of the list, entries of the dict, or number of the tag. */
  protected size = 0;
  readonly #depth: number;

  constructor(bytes: Uint8Array, reading: Reading, depth: number) {
    super(bytes);
    this.isHead = reading === "head";
    this.isExact = reading === "exact payload";
    this.#depth = depth;
  }

  /** Kind and size of the items whose first byte tells both. */
  protected abstract readonly heads: HeadTable;
  /** Reads the header of an item that is not in `heads`: sets `size` and moves to its body. `lead` is its first byte. */
  protected abstract longHead(lead: number): Kind;
  /** Is the well-formed item that begins at `start` null or undefined? */
  protected abstract isNull(start: number): boolean;
  /** The one byte that is the empty list. */
  protected abstract get emptyList(): number;
  /** Value of the scalar whose header was read. */
  protected abstract scalar(): unknown;
  /** Value of the extension whose header was read, of the tag, or (`start` is where it begins) its encoded bytes. */
  protected abstract foreign(kind: Kind, start: number, level: number): unknown;

  /** Reads the header of an item: sets `lead` and `size` and moves to its body. */
  protected next(): Kind {
    const lead = this.bytes[this.take(1)]!;
    this.lead = lead;
    const head = this.heads[lead]!;
    if (head === 0) return this.longHead(lead);
    this.size = (head & 0xff) - 1;
    return (head >> 8) as Kind;
  }

  /** The whole frame, as `Serializer.decode` describes it. */
  message(codec: PayloadCodec): unknown[] {
    if (this.next() !== Kind.LIST) throw new Malformed("the message is not a list");
    const size = this.size;
    const elements: unknown[] = [];
    let payloadIndex: number | undefined;
    while (elements.length !== payloadIndex && this.#has(elements.length, size)) {
      elements.push(this.element());
      if (elements.length === 1) payloadIndex = payloadIndexOf(elements[0]);
    }
    if (elements.length === payloadIndex) this.#pushPayload(elements, size, codec);
    if (this.position !== this.bytes.length) throw new Malformed("bytes after the end of the message");
    return elements;
  }

  /** The integers at the front of the message, three at most; what follows may be anything. */
  integers(): number[] {
    const found: number[] = [];
    try {
      if (this.next() !== Kind.LIST) return found;
      while (found.length < 3) {
        const value = this.value(1);
        if (typeof value !== "number") break;
        found.push(value);
      }
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
    }
    return found;
  }

  /** The whole of a raw payload. */
  payload(): PayloadValues {
    // `parse` let pass what has the shape of a payload only.
    const args = this.value(1) as NonNullable<PayloadValues["args"]>;
    if (this.position === this.bytes.length) return { args };
    return { args, kwargs: this.value(1) as NonNullable<PayloadValues["kwargs"]> };
  }

  /** An element of the message before its payload. */
  protected element(): unknown {
    return this.value(1);
  }

  /** Reads an item; `level` is its depth, an element of the message being 1. */
  protected value(level: number): unknown {
    const start = this.position;
    const kind = this.next();
    if (kind >= Kind.LIST) this.#enter(kind, level);
    switch (kind) {
      case Kind.SCALAR:
        return this.scalar();
      case Kind.TEXT:
        return this.#text();
      case Kind.BYTES:
        return this.#bytes();
      case Kind.LIST:
        return this.#list(level);
      case Kind.DICT:
        return this.#dict(level);
      default:
        return this.foreign(kind, start, level);
    }
  }

  /** Value of a float of 2, 4 or 8 bytes. */
  protected floatValue(size: number): unknown {
    const value = this.float(size);
    return this.isExact ? floatOf(value) : value;
  }

  /** Walks over an item without building it: it must be well-formed, not too deep, its text UTF-8. */
  protected skip(level: number): void {
    const head = this.heads[this.bytes[this.position]!]!;
    if (!this.#skipShort(head)) this.#skipBody(this.next(), level);
  }

  /** Moves past a scalar or a short ASCII string, of which most payloads consist; false where the item is another. */
  #skipShort(head: number): boolean {
    const start = this.position + 1;
    const end = start + (head & 0xff) - 1;
    // Neither an item without an entry (0) nor the end of the bytes (undefined) is in this range.
    if (!(head > 0 && head < SHORT_END) || end > this.bytes.length) return false;
    if (head >= SHORT_TEXT && !isAscii(this.bytes, start, end)) return false;
    this.position = end;
    return true;
  }

  #skipBody(kind: Kind, level: number): void {
    const size = this.size;
    if (kind >= Kind.LIST) this.#enter(kind, level);
    if (kind === Kind.SCALAR) this.take(size);
    else if (kind === Kind.LIST) {
      for (let i = 0; this.#has(i, size); i++) this.skip(level + 1);
    } else if (kind === Kind.DICT) {
      for (let i = 0; this.#has(i, size); i++) {
        this.#skipKey(level + 1);
        this.skip(level + 1);
      }
    } else if (kind === Kind.TAG) {
      this.skip(level + 1);
    } else if (size === INDEFINITE) {
      for (let i = 0; this.#has(i, size); i++) this.#skipBody(this.#nextChunk(kind), level);
    } else {
      const start = this.take(size);
      if (kind === Kind.TEXT && !isUtf8(this.bytes, start, size)) throw new Malformed(NOT_UTF8);
    }
  }

  /** Refuses `__proto__`: decoders of receivers fail on it, or set the prototype of an object (SER-18). */
  #skipKey(level: number): void {
    const head = this.heads[this.bytes[this.position]!]!;
    if (head !== PROTO_HEAD && this.#skipShort(head)) return;
    const kind = this.next();
    if (kind === Kind.TEXT && this.size === PROTO.length && this.startsWith(PROTO)) throw new Malformed(PROTO_REFUSED);
    this.#skipBody(kind, level);
  }

  #pushPayload(elements: unknown[], size: number, codec: PayloadCodec): void {
    const index = elements.length;
    const start = this.position;
    if (!this.#has(index, size)) {
      elements.push(Payload.NONE);
      return;
    }
    const args = this.#skipArgument(NO_ARGS);
    const argsEnd = this.position;
    const hasKwargs = this.#has(index + 1, size);
    const kwargs = hasKwargs ? this.#skipArgument(NO_KWARGS) : NO_KWARGS;
    const length = trimmedLength(isEmpty(args, Kind.LIST), !isEmpty(kwargs, Kind.DICT));
    const end = length === 2 ? this.position : argsEnd;
    const isWhole = !(length === 2 && args === NO_ARGS);
    const raw = isWhole ? this.bytes.subarray(start, end) : this.#withoutArgs(argsEnd, end);
    // A frame in a batch has other frames before it.
    const headroom = isWhole && this.bytes.length === this.bytes.buffer.byteLength ? start : 0;
    elements.push(
      length === 0
        ? Payload.NONE
        : Payload.received(length, codec, raw, ARGS_KIND[args.kind], kwargs.kind === Kind.DICT, headroom),
    );
    // Elements beyond ArgumentsKw stay behind the payload; such a message has a wrong element count.
    if (hasKwargs) for (let i = index + 2; this.#has(i, size); i++) elements.push(this.value(1));
  }

  /**
   * Walks over Arguments or ArgumentsKw; null, which clients in typed languages write for an absent value, is `none`.
   */
  #skipArgument(none: Argument): Argument {
    const start = this.position;
    const kind = this.next();
    const hasNothing = this.size === 0 || (this.size === INDEFINITE && this.bytes[this.position] === BREAK);
    this.#skipBody(kind, 1);
    const canBeNull = kind === Kind.SCALAR || kind === Kind.EXTENSION;
    return canBeNull && this.isNull(start) ? none : { kind, hasNothing };
  }

  /** The bytes from `start` to `end`, which are ArgumentsKw, after an empty list of Arguments. */
  #withoutArgs(start: number, end: number): Uint8Array {
    const raw = new Uint8Array(1 + end - start);
    raw[0] = this.emptyList;
    raw.set(this.bytes.subarray(start, end), 1);
    return raw;
  }

  #text(): string {
    if (this.size !== INDEFINITE) {
      const text = textFromUtf8(this.bytes, this.take(this.size), this.size);
      if (text === undefined) throw new Malformed(NOT_UTF8);
      return text;
    }
    let text = "";
    while (this.#has(0, INDEFINITE)) {
      this.#nextChunk(Kind.TEXT);
      text += this.#text();
    }
    return text;
  }

  /** A copy, so that a few bytes in use do not keep a whole frame in memory. */
  #bytes(): Uint8Array {
    if (this.size !== INDEFINITE) {
      const start = this.take(this.size);
      return this.bytes.slice(start, start + this.size);
    }
    const bytes: number[] = [];
    while (this.#has(0, INDEFINITE)) {
      this.#nextChunk(Kind.BYTES);
      for (const byte of this.#bytes()) bytes.push(byte);
    }
    return Uint8Array.from(bytes);
  }

  #nextChunk(kind: Kind): Kind {
    if (this.next() !== kind || this.size === INDEFINITE) throw new Malformed("a string in pieces of another kind");
    return kind;
  }

  #list(level: number): unknown[] {
    const size = this.size;
    const list: unknown[] = [];
    for (let i = 0; this.#has(i, size); i++) list.push(this.value(level + 1));
    return list;
  }

  #dict(level: number): Record<string, unknown> {
    const size = this.size;
    const dict: Record<string, unknown> = {};
    for (let i = 0; this.#has(i, size); i++) {
      const key = this.#key(level + 1);
      const value = this.value(level + 1);
      if (key === PROTO)
        Object.defineProperty(dict, key, { value, enumerable: true, configurable: true, writable: true });
      else dict[key] = value;
    }
    return dict;
  }

  #key(level: number): string {
    const key = this.value(level);
    if (typeof key === "string" && !(this.isHead && key === PROTO)) return key;
    if (this.isHead) throw new Malformed(typeof key === "string" ? PROTO_REFUSED : "a dict key that is not a string");
    return textOfKey(key);
  }

  /** Is there an item at `index` of a list, dict or string in pieces? Moves past the break of an indefinite one. */
  #has(index: number, size: number): boolean {
    if (size !== INDEFINITE) return index < size;
    if (this.bytes[this.position] !== BREAK) return true;
    this.position++;
    return false;
  }

  /** A tag is no level of its own around a scalar: JSON and MessagePack have a plain scalar there. */
  #enter(kind: Kind, level: number): void {
    if (level > (kind === Kind.TAG ? this.#depth + 1 : this.#depth))
      throw new Malformed("the message is nested too deeply");
  }
}

interface Argument {
  readonly kind: Kind;
  readonly hasNothing: boolean;
}

const NO_ARGS: Argument = { kind: Kind.LIST, hasNothing: true };
const NO_KWARGS: Argument = { kind: Kind.DICT, hasNothing: true };

const ARGS_KIND: { readonly [kind in Kind]: ArgsKind } = {
  [Kind.SCALAR]: "other",
  [Kind.TEXT]: "string",
  [Kind.BYTES]: "bytes",
  [Kind.EXTENSION]: "other",
  [Kind.LIST]: "list",
  [Kind.DICT]: "other",
  [Kind.TAG]: "other",
};

/** Carried between JSON clients only: decoders of the other serializers fail on it. */
export const PROTO = "__proto__";
const PROTO_HEAD = head(Kind.TEXT, PROTO.length);
/** The entries of texts are from the first one to before the second one; below are those of scalars. */
const SHORT_TEXT = head(Kind.TEXT, 0);
const SHORT_END = head(Kind.BYTES, 0);
const PROTO_REFUSED = "a dict key __proto__";
const NOT_UTF8 = "text that is not UTF-8";

/** The text of a dict key that is none; lists and dicts may hold a toString of their own. */
export function textOfKey(key: unknown): string {
  if (key instanceof Float) return String(key.value);
  return typeof key === "object" ? jsonFromValue(key) : String(key);
}

function isEmpty(argument: Argument, kind: Kind): boolean {
  return argument.kind === kind && argument.hasNothing;
}

function payloadIndexOf(type: unknown): number | undefined {
  return typeof type === "number" ? PAYLOAD_INDEX[type] : undefined;
}
