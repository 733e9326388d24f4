/** Looks up principals; an unknown authid gets a decoy that looks like a known principal, always the same (AUTH-09). */

import { hmac } from "../crypto/digest.ts";
import type { Bytes } from "../crypto/encoding.ts";
import { utf8 } from "../crypto/encoding.ts";
import type { Host } from "../host/host.ts";
import type { Eligibility } from "./method.ts";

/** The principal of an authid, or a decoy. */
export interface Found<P> {
  readonly principal: P;
  readonly isKnown: boolean;
  /** 32 bytes that depend on the authid and the secret of the realm. */
  readonly decoySeed: Bytes;
}

/** The principals of one method: authid → principal. */
export class Principals<P> {
  readonly #byAuthid: ReadonlyMap<string, P>;
  readonly #all: readonly P[];
  readonly #method: string;
  readonly #host: Pick<Host, "secret">;

  constructor(method: string, byAuthid: ReadonlyMap<string, P>, host: Pick<Host, "secret">) {
    this.#method = method;
    this.#byAuthid = byAuthid;
    this.#all = [...byAuthid.values()];
    this.#host = host;
  }

  /** Whether the method can serve a request with this authid. */
  canServe(authid: string | undefined): Eligibility {
    if (this.#all.length === 0) return "no";
    if (authid === undefined) return "unnamed";
    return this.#byAuthid.has(authid) ? "known" : "unknown";
  }

  /** Takes the same time for known and unknown authids. Needs at least one principal. */
  async find(authid: string): Promise<Found<P>> {
    const decoySeed = await prf(this.#host, this.#method, authid);
    const decoy = this.#all[pickIndex(decoySeed, this.#all.length)]!;
    const known = this.#byAuthid.get(authid);
    return { principal: known ?? decoy, isKnown: known !== undefined, decoySeed };
  }
}

/** Pseudorandom function: 32 bytes from the realm's secret, a purpose and an authid. */
export function prf(host: Pick<Host, "secret">, purpose: string, authid: string): Promise<Bytes> {
  return hmac(host.secret(), utf8(`${purpose}\0${authid}`));
}

/** Picks one of `count` positions. */
export function pickIndex(decoySeed: Bytes, count: number): number {
  return new DataView(decoySeed.buffer).getUint32(0) % count;
}

/** Makes a salt of the length of `salt` from characters of `alphabet`. */
export function decoySalt(salt: string, alphabet: string, decoySeed: Bytes): string {
  const characters = [...new Set(alphabet)];
  return Array.from(salt, (_, index) => characters[decoySeed[index % decoySeed.length]! % characters.length]).join("");
}
