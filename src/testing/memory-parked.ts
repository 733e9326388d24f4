/** Parked sessions in memory, for realms in tests. */

import type { ParkedStore } from "../wamp/host/storage.ts";
import type { Id } from "../wamp/protocol/values.ts";

export class MemoryParked implements ParkedStore {
  readonly #texts = new Map<Id, Map<number, string>>();

  owners(): Id[] {
    return [...this.#texts.keys()];
  }

  read(sessionId: Id): [entry: number, text: string][] {
    return [...(this.#texts.get(sessionId) ?? [])].sort(([a], [b]) => a - b);
  }

  write(sessionId: Id, entry: number, text: string): void {
    const texts = this.#texts.get(sessionId) ?? new Map<number, string>();
    this.#texts.set(sessionId, texts.set(entry, text));
  }

  remove(sessionId: Id, entry?: number): void {
    const texts = this.#texts.get(sessionId);
    if (entry !== undefined) texts?.delete(entry);
    if (entry === undefined || texts?.size === 0) this.#texts.delete(sessionId);
  }
}
