/** MessagePack → values by @msgpack/msgpack, where its result agrees with our policy. */

// biome-ignore assist/source/organizeImports: it has to be evaluated before the package.
import { restoreStackTraces } from "./stack-traces.ts";
import { DecodeError, Decoder, decodeTimestampToTimeSpec, EXT_TIMESTAMP } from "@msgpack/msgpack";
import { exactInteger } from "./exact-integer.ts";
import { textOfKey } from "./item-reader.ts";

restoreStackTraces();

/** A well-formed list or dict of the head → its value; undefined where our own reader must read it, see `attempt`. */
export function headValueFromMsgpack(bytes: Uint8Array): unknown {
  return attempt(readHeadValue, bytes);
}

/** A well-formed payload → the values in it; undefined where our own reader must read it, see `attempt`. */
export function payloadValuesFromMsgpack(bytes: Uint8Array): readonly unknown[] | undefined {
  return attempt(readPayloadValues, bytes);
}

/** Whether it is undefined as msgpackr writes it: type 0 with one zero byte? */
export function isUndefinedExtension(data: Uint8Array, type: number): boolean {
  return type === 0 && data.length === 1 && data[0] === 0;
}

/** An extension in a payload: undefined is null, a timestamp an ISO 8601 string, any other its data. */
export function valueOfExtension(data: Uint8Array, type: number): unknown {
  if (isUndefinedExtension(data, type)) return null;
  return (type === EXT_TIMESTAMP ? isoFromTimestamp(data) : undefined) ?? data;
}

/**
 * The package refuses dict keys named `__proto__`, which payloads from JSON may have, and in the head our extension
 * codec refuses what must come out as its encoded bytes, because a codec sees the data only. From the front of text
 * beyond 200 bytes the package drops U+FEFF. All three are rare enough to be read by `ItemReader`.
 */
function attempt<Value>(read: (bytes: Uint8Array) => Value, bytes: Uint8Array): Value | undefined {
  if (hasByteOrderMark(bytes)) return undefined;
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function readHeadValue(bytes: Uint8Array): unknown {
  return settled(headDecoder.decode(bytes));
}

function readPayloadValues(bytes: Uint8Array): readonly unknown[] {
  const values: unknown[] = [];
  for (const value of payloadDecoder.decodeMulti(bytes)) values.push(settled(value));
  return values;
}

function hasByteOrderMark(bytes: Uint8Array): boolean {
  for (let i = bytes.indexOf(0xef); i >= 0; i = bytes.indexOf(0xef, i + 1)) {
    if (bytes[i + 1] === 0xbb && bytes[i + 2] === 0xbf) return true;
  }
  return false;
}

/** Corrects the decoder's result in place: integers become numbers where that is exact, bytes become copies. */
function settled(value: unknown): unknown {
  if (typeof value === "bigint") return exactInteger(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) settleEntry(value, i);
  } else {
    for (const key in value) settleEntry(value as Record<string, unknown>, key);
  }
  return value;
}

function settleEntry<Key extends PropertyKey>(container: { [key in Key]: unknown }, key: Key): void {
  const entry = container[key];
  // Most entries are correct, and a write costs more than a read.
  if (typeof entry === "object" || typeof entry === "bigint") container[key] = settled(entry);
}

const headDecoder = new Decoder({
  useBigInt64: true,
  extensionCodec: {
    tryToEncode: () => null,
    decode(data, type) {
      if (isUndefinedExtension(data, type)) return undefined;
      throw new DecodeError("an extension in the head");
    },
  },
  mapKeyConverter(key) {
    if (typeof key === "string") return key;
    throw new DecodeError("a dict key that is not a string");
  },
});

const payloadDecoder = new Decoder({
  useBigInt64: true,
  extensionCodec: { tryToEncode: () => null, decode: valueOfExtension },
  mapKeyConverter: textOfKey,
});

/** The timestamp extension → ISO 8601, to the millisecond; undefined where it is none, or beyond what a Date holds. */
function isoFromTimestamp(data: Uint8Array): string | undefined {
  if (data.length !== 4 && data.length !== 8 && data.length !== 12) return undefined;
  const { sec, nsec } = decodeTimestampToTimeSpec(data);
  const date = new Date(sec * 1000 + Math.floor(nsec / 1e6));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
