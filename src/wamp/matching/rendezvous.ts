/** Assigns keys to callees and nodes by rendezvous hashing (Sharded Registration, Sharded Subscription). */

import type { Id } from "../protocol/values.ts";

/**
 * The callee that owns `key`. A callee keeps its keys as long as it is registered; one that is added or removed moves
 * only its own keys. Undefined without callees.
 */
export function ownerOf<C extends { readonly session: { readonly id: Id } }>(
  key: string,
  callees: readonly C[],
): C | undefined {
  return highest(key, callees, ({ session }) => session.id);
}

/** The node key that owns the resource key `key`, by the same rule. */
export function nodeOf(key: string, nodeKeys: Iterable<string>): string | undefined {
  return highest(key, nodeKeys, hashOf);
}

/** The candidate with the highest hash of key and id; ids are integers of at most 53 bits. */
function highest<T>(key: string, candidates: Iterable<T>, idOf: (candidate: T) => number): T | undefined {
  const hash = hashOf(key);
  let owner: T | undefined;
  let best = -1;
  for (const candidate of candidates) {
    const id = idOf(candidate);
    // Bit operators have 32 bits; the division adds the upper bits of the id.
    const score = mix(mix(hash ^ id) ^ Math.floor(id / 2 ** 32));
    if (score <= best) continue;
    owner = candidate;
    best = score;
  }
  return owner;
}

/** FNV-1a over the key's UTF-16 code units; 32 bits. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return hash;
}

/** Spreads every bit over all 32 (the finalizer of MurmurHash3). */
function mix(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
