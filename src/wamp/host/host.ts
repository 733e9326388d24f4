/** The port through which the pure core reaches everything outside it. */

import type { Id } from "../protocol/values.ts";
import type { AuditRecord } from "./audit-record.ts";
import type { LogLine } from "./log-line.ts";
import type { Store } from "./storage.ts";

/** Clock, randomness, wake-ups and storage of one realm. */
export interface Host {
  /**
   * Milliseconds since the epoch by a clock that never goes back while the object lives: for durations and timestamps.
   * It may be ahead of the wall clock when that was set back.
   */
  now(): number;
  /** Milliseconds since the epoch by the wall clock: for what others have dated, such as tokens. */
  wallTime(): number;
  /** A random id for the global and router scopes, uniform over 1..2^53-1 (Identifiers). */
  randomId(): Id;
  /** `length` bytes from a cryptographic source. */
  randomBytes(length: number): Uint8Array;
  /** Have `Realm.tick` called at `time` (milliseconds since the epoch) or soon after; an earlier wish stands. */
  setAlarm(time: number): void;
  /** 32 bytes that nobody else knows, the same for as long as there is the realm. */
  secret(): Uint8Array<ArrayBuffer>;
  /** The JSON behind an https URL; rejects where there is none, or not soon. */
  fetchJson(url: string): Promise<unknown>;
  /** Keeps a record of a verdict, where the realm wants that; must not throw. */
  audit(record: AuditRecord): void;
  /** Tells the operator of a fault; must not throw. */
  log(line: LogLine): void;
  /** Something that had to wait has gone on, outside of any event the host knows of: what it sent is to go out. */
  flushOutput(): void;
  /** Have `Realm.flush` called within a second, and in any case before the object can sleep. */
  scheduleFlush(): void;
  /** Have `Realm.store` called: when this turn ends or, under load, within a few milliseconds for several turns together. */
  scheduleStore(): void;
  /** What outlives sessions, sleep and restarts. */
  readonly store: Store;
}
