/** Batches as plain values, which the platform can copy from one object to another. */

import { type ClientMessage, type MessageType, PAYLOAD_INDEX, type RouterMessage } from "../../protocol/message.ts";
import { type ArgsKind, Payload, type PayloadCodec, type RawPayload } from "../../protocol/payload.ts";
import type { Id } from "../../protocol/values.ts";
import { cbor } from "../../serializers/cbor.ts";
import { json } from "../../serializers/json.ts";
import { msgpack } from "../../serializers/msgpack.ts";
import type { Identity } from "../../session/session.ts";
import type { Batch } from "./batch.ts";
import type { ToCore, ToRelay } from "./messages.ts";

/** A payload in the encoding of its sender; the last two elements are left out of most. */
type CarriedPayload = readonly [
  codec: string,
  length: 1 | 2,
  raw: RawPayload,
  argsKind?: ArgsKind,
  kwargsIsDict?: boolean,
];

type CallRequest = Extract<ToCore, { readonly kind: "call" }>;
type Elements = readonly unknown[];

/** The messages of calls, which come by the thousand, as lists: the platform takes twice as long to copy dicts. */
type CarriedList =
  | readonly [type: typeof SEND | typeof REQUEST, session: Id, message: Elements]
  | readonly [
      type: typeof CALL,
      session: Id,
      identity: Identity,
      features: CallRequest["origin"]["features"],
      permission: CallRequest["permission"],
      message: Elements,
    ];

const SEND = 0;
const REQUEST = 1;
const CALL = 2;

/** A batch whose payloads are plain values. */
export type CarriedBatch = Batch<object>;

const CODECS: ReadonlyMap<string, PayloadCodec> = new Map([json, msgpack, cbor].map((codec) => [codec.name, codec]));

/** Makes a batch of plain values: lists, dicts, numbers, texts and bytes. */
export function packBatch(batch: Batch<ToCore | ToRelay>): CarriedBatch {
  return { ...batch, messages: batch.messages.map(pack) };
}

/** Reads the output of `packBatch`, which came from another object of the same realm. */
export function unpackBatch<M extends ToCore | ToRelay>(batch: CarriedBatch): Batch<M> {
  return { ...batch, messages: batch.messages.map((message) => unpack(message) as M) };
}

function pack(message: ToCore | ToRelay): object {
  if (message.kind === "send" && message.isTapped === undefined) return packShort(SEND, message);
  if (message.kind === "request") return packShort(REQUEST, message);
  if (message.kind !== "call") return convert(message, packPayload);
  const { origin, permission } = message;
  const elements = convertElements(message.message, packPayload);
  return [CALL, origin.id, origin.identity, origin.features, permission, elements] satisfies CarriedList;
}

function packShort(
  type: typeof SEND | typeof REQUEST,
  { session, message }: { readonly session: Id; readonly message: ClientMessage | RouterMessage },
): CarriedList {
  return [type, session, convertElements(message, packPayload)];
}

function unpack(carried: object): object {
  if (!Array.isArray(carried)) return convert(carried as ToCore | ToRelay, unpackPayload);
  const list = carried as unknown as CarriedList;
  if (list[0] !== CALL) {
    const [type, session, message] = list;
    return { kind: type === SEND ? "send" : "request", session, message: convertElements(message, unpackPayload) };
  }
  const [, id, identity, features, permission, message] = list;
  return {
    kind: "call",
    origin: { id, identity, features },
    permission,
    message: convertElements(message, unpackPayload),
  };
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

function convertElements(message: Elements, convertPayload: (payload: never) => unknown): Elements {
  const index = PAYLOAD_INDEX[message[0] as MessageType];
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
  const encoded = payload.rawFor(codec);
  // The bytes are a part of the client's frame, all of which the platform would copy.
  const raw = typeof encoded === "string" ? encoded : encoded.slice();
  if (argsKind === "list" && kwargsIsDict) return [codec.name, length, raw];
  return [codec.name, length, raw, argsKind, kwargsIsDict];
}

function unpackPayload(carried: CarriedPayload | undefined): Payload {
  if (carried === undefined) return Payload.NONE;
  const [codec, length, raw, argsKind, kwargsIsDict] = carried;
  return Payload.received(length, CODECS.get(codec)!, raw, argsKind, kwargsIsDict);
}
