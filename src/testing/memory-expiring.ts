/** Texts that expire, in memory, for realms in tests. */

import type { ExpiringStore } from "../wamp/host/storage.ts";

export class MemoryExpiring implements ExpiringStore {
  readonly #rows = new Map<string, { readonly text: string; readonly expiresAt: number }>();

  get(id: string, now: number): string | undefined {
    const row = this.#rows.get(id);
    return row !== undefined && row.expiresAt > now ? row.text : undefined;
  }

  put(id: string, text: string, expiresAt: number, now: number): void {
    for (const [other, row] of this.#rows) if (row.expiresAt <= now) this.#rows.delete(other);
    this.#rows.set(id, { text, expiresAt });
  }

  delete(id: string): void {
    this.#rows.delete(id);
  }

  get size(): number {
    return this.#rows.size;
  }
}
