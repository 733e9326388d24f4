/** What writing MessagePack and CBOR has in common: values → encoded items. */

import type { Message } from "../message.ts";
import type { PayloadCodec, PayloadValues } from "../payload.ts";
import { Payload } from "../payload.ts";
import { ByteWriter } from "./byte-writer.ts";
import { isExactInteger } from "./exact-integer.ts";
import { isShortAscii, utf8FromText } from "./utf8.ts";

/** First bytes of the items both formats write alike. */
export interface Leads {
  readonly null: number;
  readonly false: number;
  readonly true: number;
  readonly float64: number;
}

/**
 * Integers are written as integers up to 64 bits, in their shortest form, other numbers as 64-bit floats. A dict entry that
 * is undefined is left out; whatever else has no form in WAMP is null.
 */
export abstract class ItemWriter extends ByteWriter {
  readonly #leads: Leads;

  constructor(leads: Leads) {
    super();
    this.#leads = leads;
  }

  protected abstract integer(value: number): void;
  protected abstract bigInteger(value: bigint): void;
  protected abstract textHeader(size: number): void;
  protected abstract bytesHeader(size: number): void;
  protected abstract listHeader(size: number): void;
  protected abstract dictHeader(size: number): void;

  message(message: Message, codec: PayloadCodec): Uint8Array {
    const last = message[message.length - 1];
    const payload = last instanceof Payload ? last : undefined;
    const headLength = payload === undefined ? message.length : message.length - 1;
    // Before `start`: a payload of another serializer is written by this same writer.
    const tail = payload === undefined || payload.length === 0 ? undefined : payload.rawFor(codec);
    this.start();
    this.listHeader(headLength + (payload?.length ?? 0));
    for (let i = 0; i < headLength; i++) this.value(message[i]);
    return this.finish(tail as Uint8Array | undefined);
  }

  payload({ args, kwargs }: PayloadValues): Uint8Array {
    this.start();
    this.value(args ?? []);
    if (kwargs !== undefined) this.value(kwargs);
    return this.finish();
  }

  protected float(value: number): void {
    this.leadAndFloat(this.#leads.float64, value);
  }

  protected value(value: unknown): void {
    if (typeof value === "number") {
      if (isExactInteger(value)) this.integer(value);
      else this.float(value);
    } else if (typeof value === "string") this.text(value);
    else if (typeof value === "boolean") this.byte(value ? this.#leads.true : this.#leads.false);
    else if (typeof value === "bigint") this.bigInteger(value);
    else if (typeof value === "object" && value !== null) this.#object(value);
    else this.byte(this.#leads.null);
  }

  protected text(text: string): void {
    if (isShortAscii(text)) {
      this.textHeader(text.length);
      this.ascii(text);
    } else {
      const bytes = utf8FromText(text);
      this.textHeader(bytes.length);
      this.raw(bytes);
    }
  }

  #object(value: object): void {
    if (Array.isArray(value)) {
      this.listHeader(value.length);
      for (const element of value) this.value(element);
    } else if (value instanceof Uint8Array) {
      this.bytesHeader(value.length);
      this.raw(value);
    } else {
      this.#dict(value as Record<string, unknown>);
    }
  }

  #dict(dict: Record<string, unknown>): void {
    const keys = Object.keys(dict).filter((key) => dict[key] !== undefined);
    this.dictHeader(keys.length);
    for (const key of keys) {
      this.text(key);
      this.value(dict[key]);
    }
  }
}
