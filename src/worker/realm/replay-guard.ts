/** Replay protection of signed requests: each signature is valid once. */

import type { RpcRefusal, SingleUse } from "../routing/realm-rpc.ts";
import { rpcRefusal } from "../routing/realm-rpc.ts";
import { BoundedTable } from "../storage/bounded-table.ts";
import type { Tables } from "../storage/tables.ts";

/** Rows: a hundred signed requests a second over ten minutes, the default of `timestamp_delta_limit`. */
const MOST_SIGNATURES = 60_000;

/** Remembers the signatures of requests until their timestamps are too old. */
export class ReplayGuard {
  readonly #signatures: BoundedTable;

  constructor(sql: SqlStorage, tables: Tables) {
    this.#signatures = new BoundedTable(sql, tables, "signature", MOST_SIGNATURES);
  }

  /**
   * Records the use of a signature; a refusal where it was used before or the table is full. `now` is the wall clock in
   * milliseconds since the epoch, because the timestamp of the request comes from the clock of the client.
   */
  use({ id, expiresAt }: SingleUse, now: number): RpcRefusal | undefined {
    if (this.#signatures.get(id, now) !== undefined) return rpcRefusal("replayed", "Request was received before.");
    if (this.#signatures.put(id, "", expiresAt, now)) return undefined;
    return rpcRefusal("full", "Too many signed requests.");
  }
}
