/** Arguments and ArgumentsKw, kept in the sender's encoding until somebody needs the values. */

import type { Dict, List } from "./message.ts";

/** What one serializer knows about payloads. */
export interface PayloadCodec {
  readonly name: string;
  /** Raw tail → values. Binary strings are `Uint8Array`, integers beyond 2^53 `bigint`. Never throws on what the codec itself accepted. */
  decodePayload(raw: RawPayload): PayloadValues;
  /** Values → raw tail. `args` precedes `kwargs`; with kwargs alone an empty list stands in for args. */
  encodePayload(values: PayloadValues): RawPayload;
}

/** Encoded elements as they stand in the frame: JSON text joined by commas, or bytes back to back. */
export type RawPayload = string | Uint8Array;

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
  static readonly NONE = new Payload(0, undefined, undefined, {});

  /** Elements in the tail: 0 none, 1 Arguments, 2 Arguments and ArgumentsKw. */
  readonly length: 0 | 1 | 2;
  readonly #codec: PayloadCodec | undefined;
  readonly #raw: RawPayload | undefined;
  #values: PayloadValues | undefined;
  #transcoded: Map<PayloadCodec, RawPayload> | undefined;

  private constructor(
    length: 0 | 1 | 2,
    codec: PayloadCodec | undefined,
    raw: RawPayload | undefined,
    values: PayloadValues | undefined,
  ) {
    this.length = length;
    this.#codec = codec;
    this.#raw = raw;
    this.#values = values;
  }

  /** A payload the router makes itself; what is empty is left out (SER-23). */
  static of(args: List = [], kwargs: Dict = {}): Payload {
    if (Object.keys(kwargs).length > 0) return new Payload(2, undefined, undefined, { args, kwargs });
    return args.length > 0 ? new Payload(1, undefined, undefined, { args }) : Payload.NONE;
  }

  /** A payload as a serializer found it in a frame. */
  static received(length: 1 | 2, codec: PayloadCodec, raw: RawPayload): Payload {
    return new Payload(length, codec, raw, undefined);
  }

  get values(): PayloadValues {
    if (this.#values === undefined) this.#values = this.#codec!.decodePayload(this.#raw!);
    return this.#values;
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

  /** Characters or bytes of the sender's encoding; 0 for a payload the router made. */
  get size(): number {
    return this.#raw?.length ?? 0;
  }

  /** The tail in `codec`'s encoding. Only for payloads of length 1 or 2. */
  rawFor(codec: PayloadCodec): RawPayload {
    if (codec === this.#codec) return this.#raw!;
    const known = this.#transcoded?.get(codec);
    if (known !== undefined) return known;
    const raw = codec.encodePayload(this.values);
    this.#transcoded ??= new Map();
    this.#transcoded.set(codec, raw);
    return raw;
  }
}
