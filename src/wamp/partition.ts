/** Which callee of a shared registration has a key: partitioned calls (Sharded Registration). */

import { WampError, WampUri } from "./errors.ts";
import type { Dict } from "./message.ts";
import type { Callee } from "./registration.ts";

/** The key of a partitioned call, undefined for any other. Throws invalid_argument where the key is missing. */
export function partitionKey(options: Dict): string | undefined {
  if (options.runmode !== "partition") return undefined;
  if (typeof options.rkey === "string") return options.rkey;
  throw new WampError(WampUri.INVALID_ARGUMENT, "runmode partition needs an rkey");
}

/**
 * The callee that has `key` (rendezvous hashing): the same one as long as it is there, and who comes or goes moves no
 * keys but its own. Undefined among no callees.
 */
export function ownerOf(key: string, callees: readonly Callee[]): Callee | undefined {
  const hash = hashOf(key);
  let owner: Callee | undefined;
  let highest = -1;
  for (const callee of callees) {
    // A session id has 53 bits, the arithmetic of integers 32.
    const { id } = callee.session;
    const score = mix(mix(hash ^ id) ^ Math.floor(id / 2 ** 32));
    if (score <= highest) continue;
    owner = callee;
    highest = score;
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
