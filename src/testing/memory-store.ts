/** The storage of a realm in memory, for realms in tests; `store-contract.ts` tests every storage. */

import type {
  HistoryStore,
  LogRecord,
  OutgoingStore,
  RetainedRow,
  RetainedStore,
  RoleStore,
  Store,
  TestamentStore,
} from "../wamp/host/storage.ts";
import type { Id } from "../wamp/protocol/values.ts";
import { MemoryExpiring } from "./memory-expiring.ts";
import { MemoryParked } from "./memory-parked.ts";

export class MemoryStore implements Store {
  isFull = false;
  /** Storage throws in the middle of the next write, as where it turns out to be full. */
  failsNext = false;
  readonly retained = new MemoryRetained();
  readonly history = new MemoryHistory();
  readonly testaments = new MemoryTestaments();
  readonly cookies = new MemoryExpiring();
  readonly lockouts = new MemoryExpiring();
  readonly roles = new MemoryRoles();
  readonly parked = new MemoryParked();
  readonly outgoing = new MemoryOutgoing();

  write(changes: () => void): boolean {
    if (this.failsNext) {
      this.failsNext = false;
      return false;
    }
    changes();
    return true;
  }
}

class MemoryOutgoing implements OutgoingStore {
  #rows: { receiver: string; number: number; text: string }[] = [];

  receivers(): string[] {
    return [...new Set(this.#rows.map(({ receiver }) => receiver))];
  }

  texts(of: string): string[] {
    return this.#rows.filter(({ receiver }) => receiver === of).map(({ text }) => text);
  }

  put(receiver: string, number: number, text: string): void {
    this.#rows.push({ receiver, number, text });
  }

  remove(of: string, upTo: number): void {
    this.#rows = this.#rows.filter(({ receiver, number }) => receiver !== of || number > upTo);
  }
}

class MemoryRetained implements RetainedStore {
  #rows: RetainedRow[] = [];

  get(topic: string): RetainedRow | undefined {
    return this.#rows.find((row) => row.topic === topic);
  }

  latest(head: string): Iterable<RetainedRow> {
    return this.#rows.filter(({ topic }) => topic.startsWith(head)).toReversed();
  }

  put(row: RetainedRow): void {
    this.#rows = [...this.#rows.filter(({ topic }) => topic !== row.topic), row].sort((a, b) => a.at - b.at);
  }

  delete(topic: string): void {
    this.#rows = this.#rows.filter((row) => row.topic !== topic);
  }

  size(): { rows: number; characters: number } {
    const characters = this.#rows.reduce((sum, { text }) => sum + text.length, 0);
    return { rows: this.#rows.length, characters };
  }

  trim(time: number, rows: number, characters: number): void {
    this.#rows = this.#rows.filter(({ at }) => at >= time);
    while (this.#rows.length > rows || this.size().characters > characters) this.#rows.shift();
  }
}

class MemoryHistory implements HistoryStore {
  readonly #logs = new Map<Id, { record: LogRecord; lines: { text: string; time: number }[] }>();

  logs(): LogRecord[] {
    return Array.from(this.#logs.values(), ({ record }) => record);
  }

  create(record: LogRecord): void {
    this.#logs.set(record.id, { record, lines: [] });
  }

  drop(logId: Id): void {
    this.#logs.delete(logId);
  }

  append(logId: Id, lines: readonly string[], time: number): void {
    this.#logs.get(logId)?.lines.push(...lines.map((text) => ({ text, time })));
  }

  read(logId: Id, count: number, isReversed: boolean): Iterable<string> {
    const all = (this.#logs.get(logId)?.lines ?? []).map(({ text }) => text);
    const last = all.slice(Math.max(0, all.length - count));
    return isReversed ? last.reverse() : last;
  }

  trim(logId: Id, count: number, time: number): void {
    const log = this.#logs.get(logId);
    if (log === undefined) return;
    log.lines = log.lines.slice(Math.max(0, log.lines.length - count)).filter((line) => line.time >= time);
  }
}

class MemoryRoles implements RoleStore {
  readonly #texts = new Map<string, string>();

  all(): (readonly [name: string, text: string])[] {
    return [...this.#texts].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  put(name: string, text: string): void {
    this.#texts.set(name, text);
  }

  delete(name: string): void {
    this.#texts.delete(name);
  }
}

class MemoryTestaments implements TestamentStore {
  readonly #texts = new Map<Id, string>();

  owners(): Id[] {
    return [...this.#texts.keys()];
  }

  get(sessionId: Id): string | undefined {
    return this.#texts.get(sessionId);
  }

  put(sessionId: Id, text: string): void {
    this.#texts.set(sessionId, text);
  }

  delete(sessionId: Id): void {
    this.#texts.delete(sessionId);
  }
}
