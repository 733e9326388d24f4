/** Batches as plain values, which the platform can copy from one object to another. */

import { type ClientMessage, PAYLOAD_INDEX, type RouterMessage } from "../../protocol/message.ts";
import { type ArgsKind, Payload, type PayloadCodec, type RawPayload } from "../../protocol/payload.ts";
import { cbor } from "../../serializers/cbor.ts";
import { json } from "../../serializers/json.ts";
import { msgpack } from "../../serializers/msgpack.ts";
import type { Batch } from "./batch.ts";
import type { ToCore, ToRelay } from "./messages.ts";

/** A payload in the encoding of its sender; undefined stands for an empty one. */
interface CarriedPayload {
  readonly codec: string;
  readonly length: 1 | 2;
  readonly raw: RawPayload;
  readonly argsKind: ArgsKind;
  readonly kwargsIsDict: boolean;
}

/** A batch whose payloads are plain values. */
export type CarriedBatch = Batch<object>;

const CODECS: ReadonlyMap<string, PayloadCodec> = new Map([json, msgpack, cbor].map((codec) => [codec.name, codec]));

/** Makes a batch of plain values: lists, dicts, numbers, texts and bytes. */
export function packBatch(batch: Batch<ToCore | ToRelay>): CarriedBatch {
  return { ...batch, messages: batch.messages.map((message) => convert(message, packPayload)) };
}

/** Reads the output of `packBatch`, which came from another object of the same realm. */
export function unpackBatch<M extends ToCore | ToRelay>(batch: CarriedBatch): Batch<M> {
  return { ...batch, messages: batch.messages.map((message) => convert(message as M, unpackPayload) as M) };
}

/** Converts the payload of a message, if it has one. */
function convert(message: ToCore | ToRelay, convertPayload: (payload: never) => unknown): object {
  if ("publication" in message && message.publication !== undefined) {
    const payload = convertPayload(message.publication.payload as never);
    return { ...message, publication: { ...message.publication, payload } };
  }
  if (message.kind === "ask" || message.kind === "answer" || message.kind === "tapped") {
    return { ...message, payload: convertPayload(message.payload as never) };
  }
  if (message.kind === "retained") {
    const events = message.events.map((event) => convertElements(event, convertPayload));
    return { ...message, events };
  }
  if (!("message" in message)) return message;
  return { ...message, message: convertElements(message.message, convertPayload) };
}

function convertElements(
  message: ClientMessage | RouterMessage,
  convertPayload: (payload: never) => unknown,
): readonly unknown[] {
  const index = PAYLOAD_INDEX[message[0]];
  if (index === undefined) return message;
  const elements: unknown[] = [...message];
  elements[index] = convertPayload(elements[index] as never);
  return elements;
}

/** A payload that the router made is encoded in CBOR, which has all types of WAMP. */
function packPayload(payload: Payload): CarriedPayload | undefined {
  const { length, argsKind, kwargsIsDict } = payload;
  if (length === 0) return undefined;
  const codec = payload.codec ?? cbor;
  const raw = payload.rawFor(codec);
  // The bytes are a part of the client's frame, all of which the platform would copy.
  return { codec: codec.name, length, raw: typeof raw === "string" ? raw : raw.slice(), argsKind, kwargsIsDict };
}

function unpackPayload(carried: CarriedPayload | undefined): Payload {
  if (carried === undefined) return Payload.NONE;
  const { codec, length, raw, argsKind, kwargsIsDict } = carried;
  return Payload.received(length, CODECS.get(codec)!, raw, argsKind, kwargsIsDict);
}
