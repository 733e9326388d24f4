/** The relays: each does a router's socket work in its own way, and nothing else. */

/** Name → what it does, and the first part of its path. */
export const RELAYS = {
  relay: { path: "ws", description: "hibernatable sockets, each message sent at once" },
  "relay-defer": { path: "defer", description: "the same, messages queued and sent together in a later turn" },
  "relay-batch": { path: "batch", description: "the same, what is queued for a socket sent as one batch" },
  "relay-parse": { path: "parse", description: "as relay, with JSON.parse and JSON.stringify of each message" },
  "relay-plain": { path: "plain", description: "as relay, on sockets that do not hibernate" },
} as const;

/** The name of a relay. */
export type RelayName = keyof typeof RELAYS;

/** Returns the serializers that a relay knows, as the load generator names them. */
export function serializersOf(name: RelayName): readonly string[] {
  if (name === "relay-parse") return ["json"];
  const suffix = name === "relay-batch" ? ".batched" : "";
  return ["json", "msgpack", "cbor"].map((serializer) => serializer + suffix);
}
