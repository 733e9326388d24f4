/** Arguments and ArgumentsKw, kept in the sender's encoding and decoded only when values are read. */

import { withoutFloats } from "./float.ts";
import type { Dict, List } from "./values.ts";

/** Encodes and decodes payloads in one serializer. */
export interface PayloadCodec {
  readonly name: string;
  /**
   * Raw tail → values. Binary strings are `Uint8Array`, integers beyond 2^53 `bigint`; with `isExact` whole floats are
   * `Float`. Never throws on what the codec itself accepted.
   */
  decodePayload(raw: RawPayload, isExact?: boolean): PayloadValues;
  /** Values → raw tail. `args` precedes `kwargs`; with kwargs alone an empty list stands in for args. */
  encodePayload(values: PayloadValues): RawPayload;
}

/** Encoded elements as they stand in the frame: JSON text joined by commas, or bytes back to back. */
export type RawPayload = string | Uint8Array;

/** Type of the element at the place of Arguments: a list, or bytes or a string in payload transparency. */
export type ArgsKind = "list" | "bytes" | "string" | "other";

/** `args` is a list (or the opaque bytes of payload transparency), `kwargs` a dict. */
export interface PayloadValues {
  readonly args?: List | Uint8Array | string;
  readonly kwargs?: Dict;
}

/**
 * The tail of a message. The router forwards it byte for byte where sender and receiver speak the same
 * serializer and transcodes it once per other serializer (Serializers; Application Payload).
 */
export class Payload {
  /** No Arguments, no ArgumentsKw. */
  static readonly NONE = new Payload(0, undefined, undefined, {}, "list", true);

  /** Elements in the tail: 0 none, 1 Arguments, 2 Arguments and ArgumentsKw. */
  readonly length: 0 | 1 | 2;
  /** Known without decoding; "list" where absent. */
  readonly argsKind: ArgsKind;
  /** Known without decoding; true where absent. */
  readonly kwargsIsDict: boolean;
  readonly #codec: PayloadCodec | undefined;
  readonly #raw: RawPayload | undefined;
  #values: PayloadValues | undefined;
  /** See `exact`. */
  #exact: PayloadValues | undefined;
  #transcoded: Map<PayloadCodec, RawPayload> | undefined;
  #headroom = 0;

  private constructor(
    length: 0 | 1 | 2,
    codec: PayloadCodec | undefined,
    raw: RawPayload | undefined,
    exact: PayloadValues | undefined,
    argsKind: ArgsKind,
    kwargsIsDict: boolean,
  ) {
    this.length = length;
    this.argsKind = argsKind;
    this.kwargsIsDict = kwargsIsDict;
    this.#codec = codec;
    this.#raw = raw;
    this.#exact = exact;
  }

  /** A payload made by the router, also of `exact` values; null and empty parts are left out (SER-23). */
  static of(args?: List | null, kwargs?: Dict | null): Payload {
    return Payload.#of(args ?? [], kwargs ?? {});
  }

  static #of(args: List, kwargs: Dict): Payload {
    if (Object.keys(kwargs).length > 0) return new Payload(2, undefined, undefined, { args, kwargs }, "list", true);
    return args.length > 0 ? new Payload(1, undefined, undefined, { args }, "list", true) : Payload.NONE;
  }

  /**
   * A payload as a serializer found it in a frame. `parse` checks its shape. `headroom` bytes before `raw` are free to
   * be overwritten.
   */
  static received(
    length: 1 | 2,
    codec: PayloadCodec,
    raw: RawPayload,
    argsKind: ArgsKind = "list",
    kwargsIsDict = true,
    headroom = 0,
  ): Payload {
    const payload = new Payload(length, codec, raw, undefined, argsKind, kwargsIsDict);
    if (headroom > 0) payload.#headroom = headroom;
    return payload;
  }

  /** The values for the router's own code, components and HTTP: every number is plain. */
  get values(): PayloadValues {
    this.#values ??=
      this.#raw === undefined ? (withoutFloats(this.#exact) as PayloadValues) : this.#codec!.decodePayload(this.#raw);
    return this.#values;
  }

  /** The values for another payload: a whole float is a `Float`, so that it stays a float. */
  get exact(): PayloadValues {
    this.#exact ??= this.#codec!.decodePayload(this.#raw!, true);
    return this.#exact;
  }

  /** Arguments as a list, empty where absent or opaque. */
  get args(): List {
    const { args } = this.values;
    return Array.isArray(args) ? (args as List) : [];
  }

  /** ArgumentsKw, empty where absent. */
  get kwargs(): Dict {
    return this.values.kwargs ?? {};
  }

  /** One binary string in Arguments and nothing else, as Payload Passthru Mode demands. */
  get isSingleBinary(): boolean {
    return this.length === 1 && this.args.length === 1 && this.args[0] instanceof Uint8Array;
  }

  /** The codec the sender used; undefined for a payload the router made. */
  get codec(): PayloadCodec | undefined {
    return this.#codec;
  }

  /** Characters or bytes of the sender's encoding; 0 for a payload the router made. */
  get size(): number {
    return this.#raw?.length ?? 0;
  }

  /**
   * Bytes before `rawFor(codec)` in its buffer that the caller may overwrite: the head of the frame that the payload came
   * in. Only the first caller gets them, because the frame that it writes there must stay as it is.
   */
  takeHeadroom(codec: PayloadCodec): number {
    if (codec !== this.#codec) return 0;
    const headroom = this.#headroom;
    this.#headroom = 0;
    return headroom;
  }

  /** The tail in `codec`'s encoding. Only for payloads of length 1 or 2. */
  rawFor(codec: PayloadCodec): RawPayload {
    if (codec === this.#codec) return this.#raw!;
    const known = this.#transcoded?.get(codec);
    if (known !== undefined) return known;
    const raw = codec.encodePayload(this.exact);
    this.#transcoded ??= new Map();
    this.#transcoded.set(codec, raw);
    return raw;
  }
}

/** The number of received elements without empty ones at the end (SER-23). */
export function trimmedLength(hasEmptyArgs: boolean, hasFilledKwargs: boolean): 0 | 1 | 2 {
  if (hasFilledKwargs) return 2;
  return hasEmptyArgs ? 0 : 1;
}
