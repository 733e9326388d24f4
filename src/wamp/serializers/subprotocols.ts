/** The subprotocols this router speaks, and the choice among those a client offers (WebSocket Transport). */

import type { Batching } from "./batched.ts";
import { binaryBatching, textBatching } from "./batched.ts";
import { cbor } from "./cbor.ts";
import { json } from "./json.ts";
import { msgpack } from "./msgpack.ts";
import type { Serializer } from "./serializer.ts";

/** A value of Sec-WebSocket-Protocol, and its serializer and batching. */
export interface Subprotocol {
  readonly name: string;
  readonly serializer: Serializer;
  /** Present if one WebSocket message carries a batch of messages. */
  readonly batching?: Batching;
}

const SUBPROTOCOLS: readonly Subprotocol[] = [
  { name: "wamp.2.json", serializer: json },
  { name: "wamp.2.msgpack", serializer: msgpack },
  { name: "wamp.2.cbor", serializer: cbor },
  { name: "wamp.2.json.batched", serializer: json, batching: textBatching },
  { name: "wamp.2.msgpack.batched", serializer: msgpack, batching: binaryBatching },
  { name: "wamp.2.cbor.batched", serializer: cbor, batching: binaryBatching },
];

/** Name → subprotocol; names are case-sensitive. */
export const subprotocolByName: ReadonlyMap<string, Subprotocol> = new Map(
  SUBPROTOCOLS.map((subprotocol) => [subprotocol.name, subprotocol]),
);

/**
 * The first subprotocol in the client's order that this router speaks; undefined without one: the
 * router has no default. `offered` is the value of the header Sec-WebSocket-Protocol.
 */
export function negotiate(offered: string | null): Subprotocol | undefined {
  for (const name of (offered ?? "").split(",")) {
    const subprotocol = subprotocolByName.get(name.trim());
    if (subprotocol !== undefined) return subprotocol;
  }
  return undefined;
}
