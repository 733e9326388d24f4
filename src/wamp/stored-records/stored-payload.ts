/** Stores payloads in the encoding of the sender, so that no value changes. */

import type { PayloadCodec } from "../protocol/payload.ts";
import { Payload } from "../protocol/payload.ts";
import { bytesFromText, textFromBytes } from "../serializers/binary-json.ts";
import { cbor } from "../serializers/cbor.ts";
import { json } from "../serializers/json.ts";
import { msgpack } from "../serializers/msgpack.ts";
import type { Codec, Field } from "./stored-record.ts";
import { Unreadable, usually } from "./stored-record.ts";

/** A payload as JSON: nothing, or its serializer, its number of elements and its encoding (bytes as Base64). */
interface StoredPayload {
  readonly s?: string;
  readonly n?: 1 | 2;
  readonly r?: string;
}

const CODECS: ReadonlyMap<string, PayloadCodec> = new Map([json, msgpack, cbor].map((codec) => [codec.name, codec]));

/** A payload that the router made is encoded in CBOR, which has all types of WAMP. */
export const storedPayload: Codec<Payload> = {
  write(payload): StoredPayload {
    if (payload.length === 0) return {};
    const codec = payload.codec ?? cbor;
    const raw = payload.rawFor(codec);
    return { s: codec.name, n: payload.length, r: typeof raw === "string" ? raw : textFromBytes(raw) };
  },
  read(stored, at) {
    const { s, n, r } = (stored ?? {}) as StoredPayload;
    if (s === undefined && n === undefined && r === undefined) return Payload.NONE;
    const codec = CODECS.get(s!);
    if (codec === undefined || (n !== 1 && n !== 2) || typeof r !== "string") {
      throw new Unreadable(`${at} is no payload`);
    }
    const raw = codec === json ? r : bytesFromText(r);
    if (raw === undefined) throw new Unreadable(`${at} is no Base64`);
    return Payload.received(n, codec, raw);
  },
};

/** The field of a payload; absent for an empty one. */
export function payloadField(key: string): Field<Payload> {
  return usually(key, storedPayload, Payload.NONE, ({ length }) => length === 0);
}
