/**
 * Assigns keys to callees, nodes and relays by rendezvous hashing (Sharded Registration, Sharded Subscription): each
 * candidate has a score for the key, and the highest owns it.
 */

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

/** The candidates, the owner of `key` first, then the one that would own it without the owner, and so on. */
export function ranked<T>(key: string, candidates: readonly T[], nameOf: (candidate: T) => string): T[] {
  const hash = hashOf(key);
  const scored = candidates.map((candidate) => ({ candidate, score: scoreOf(hash, hashOf(nameOf(candidate))) }));
  return scored.sort((a, b) => b.score - a.score).map(({ candidate }) => candidate);
}

/** The candidate with the highest hash of key and id; ids are integers of at most 53 bits. */
function highest<T>(key: string, candidates: Iterable<T>, idOf: (candidate: T) => number): T | undefined {
  const hash = hashOf(key);
  let owner: T | undefined;
  let best = -1;
  for (const candidate of candidates) {
    const score = scoreOf(hash, idOf(candidate));
    if (score <= best) continue;
    owner = candidate;
    best = score;
  }
  return owner;
}

/** 32 bits. */
function scoreOf(keyHash: number, id: number): number {
  // Bit operators have 32 bits; the division adds the upper bits of the id.
  return mix(mix(keyHash ^ id) ^ Math.floor(id / 2 ** 32));
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
