/** The port through which the pure core reaches everything outside it. */

import type { Id, RouterMessage } from "./message.ts";

/** Clock, randomness and wake-ups of one realm. */
export interface Host {
  /** Milliseconds since the epoch. */
  now(): number;
  /** A random id for the global and router scopes, uniform over 1..2^53-1 (Identifiers). */
  randomId(): Id;
  /** `length` bytes from a cryptographic source. */
  randomBytes(length: number): Uint8Array;
  /** Have `Realm.tick` called at `time` (milliseconds since the epoch) or soon after; an earlier wish stands. */
  wakeAt(time: number): void;
}

/** Why a message did not go out. */
export type SendFault = "closed" | "too large";

/** One client's connection: the only way a message leaves the core. */
export interface Transport {
  /** Queues a message; what is sent first arrives first. Says at once what cannot be sent. */
  send(message: RouterMessage): SendFault | undefined;
  /** Closes after what was sent, with a WebSocket close code and a reason of at most 123 bytes. */
  close(code: number, reason: string): void;
  /** What `Realm.record` tells of this connection has changed; it is stored before the object can sleep. */
  save(): void;
}
