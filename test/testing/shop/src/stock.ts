/** The object of one item in the shop: counts its pieces. */

import { DurableObject } from "cloudflare:workers";

export class Stock extends DurableObject {
  /** Adds pieces; returns how many there are. */
  add(pieces: number): number {
    const sum = (this.ctx.storage.kv.get<number>("pieces") ?? 0) + pieces;
    this.ctx.storage.kv.put("pieces", sum);
    return sum;
  }
}
