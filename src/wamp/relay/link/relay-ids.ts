/** Ids that every object of a realm computes alike: of subscriptions, and of the sessions of each relay. */

import { utf8 } from "../../crypto/encoding.ts";
import { PERMUTATION_LIMIT, permute, unpermute } from "../../crypto/permutation.ts";
import { SIPHASH_KEY_BYTES, sipHash } from "../../crypto/siphash.ts";
import type { Match } from "../../protocol/uri.ts";
import type { Id, Uri } from "../../protocol/values.ts";

/** The number of the core among the objects of a realm. */
export const CORE = 0;
/** Relays have the numbers 1 to this one: 12 bits. */
export const MAX_RELAY = 2 ** 12 - 1;

/** The lower 41 bits of a session id before the permutation are random; the number of the relay is above them. */
const RANDOM_LIMIT = 2 ** 41;

/**
 * The ids of one realm. `secret` has at least 32 bytes and is the same in all objects of the realm; a client that does
 * not know it sees uniform numbers.
 */
export class RelayIds {
  readonly #subscriptionKey: Uint8Array;
  readonly #sessionKey: Uint8Array;
  #secret: Uint8Array<ArrayBuffer> | undefined;

  constructor(secret: Uint8Array) {
    this.#subscriptionKey = secret.slice(0, SIPHASH_KEY_BYTES);
    this.#sessionKey = secret.slice(SIPHASH_KEY_BYTES, 2 * SIPHASH_KEY_BYTES);
  }

  /** The id of a subscription, in 1..2^53-1. Two patterns very rarely share one: the core refuses the later. */
  subscription(match: Match, uri: Uri): Id {
    return Number(sipHash(this.#subscriptionKey, utf8(`${match} ${uri}`)) >> 11n) || PERMUTATION_LIMIT - 1;
  }

  /**
   * A new id for a session of the relay with this number, or of the core; in 1..2^53-1. `randomId` returns a random id;
   * it is called again where the result would be 0.
   */
  session(relay: number, randomId: () => Id): Id {
    for (;;) {
      const id = permute(this.#sessionKey, relay * RANDOM_LIMIT + (randomId() % RANDOM_LIMIT));
      if (id !== 0) return id;
    }
  }

  /** A secret that all objects of the realm have, for the salts of unknown principals and the signatures of cookies. */
  secret(): Uint8Array<ArrayBuffer> {
    this.#secret ??= derive(this.#subscriptionKey, "decoys");
    return this.#secret;
  }

  /** The number of the object that has made a session id; any number for an id that none has made. */
  relayOf(sessionId: Id): number {
    if (sessionId >= PERMUTATION_LIMIT) return CORE;
    return Math.floor(unpermute(this.#sessionKey, sessionId) / RANDOM_LIMIT);
  }
}

/** 32 bytes. */
function derive(key: Uint8Array, purpose: string): Uint8Array<ArrayBuffer> {
  const derived = new DataView(new ArrayBuffer(32));
  for (let at = 0; at < 32; at += 8) derived.setBigUint64(at, sipHash(key, utf8(`${purpose} ${at}`)));
  return new Uint8Array(derived.buffer);
}
