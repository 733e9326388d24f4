/** Payloads as they are kept: in the encoding they came in, so that nothing is lost. */

import type { PayloadCodec } from "./payload.ts";
import { Payload } from "./payload.ts";
import { bytesFromText, textFromBytes } from "./serializers/binary-json.ts";
import { cbor } from "./serializers/cbor.ts";
import { json } from "./serializers/json.ts";
import { msgpack } from "./serializers/msgpack.ts";

/** A payload as JSON values: nothing, or its serializer, its number of elements and its encoding (bytes as Base64). */
export type StoredPayload = readonly [] | readonly [serializer: string, length: 1 | 2, raw: string];

const CODECS: ReadonlyMap<string, PayloadCodec> = new Map([json, msgpack, cbor].map((codec) => [codec.name, codec]));

/** What a payload is kept as; one that the router made is encoded in CBOR, which has all of WAMP's types. */
export function storePayload(payload: Payload): StoredPayload {
  if (payload.length === 0) return [];
  const codec = payload.codec ?? cbor;
  const raw = payload.rawFor(codec);
  return [codec.name, payload.length, typeof raw === "string" ? raw : textFromBytes(raw)];
}

/** The payload that was kept. */
export function restorePayload(stored: StoredPayload): Payload {
  if (stored.length === 0) return Payload.NONE;
  const [serializer, length, raw] = stored;
  // Written by `storePayload`.
  const codec = CODECS.get(serializer)!;
  return Payload.received(length, codec, codec === json ? raw : bytesFromText(raw)!);
}
