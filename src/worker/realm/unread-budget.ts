/** Bounds the bytes that clients have not read: of each connection, and of all connections of a realm. */

import type { Limits } from "../../wamp/config/limits.ts";
import type { Frame } from "../../wamp/serializers/serializer.ts";

/**
 * Milliseconds in which a connection that proves nothing is presumed to read the whole of `outgoing_bytes`: 32 MiB a
 * second, a client with 256 Mbit/s. A lower rate would delay healthy clients that only receive, because events and
 * results prove nothing.
 */
const SESSION_DRAIN_MS = 500;

/**
 * Milliseconds in which all connections that prove nothing are presumed to read the whole of `realm_outgoing_bytes`:
 * 128 MiB a second, what a network of 1 Gbit/s carries.
 */
const REALM_DRAIN_MS = 500;

/** Milliseconds for which one look at the clock may presume bytes read; caps the credit after an idle time. */
const LONGEST_CREDIT_MS = 125;

/** Unread bytes that the platform may have of each connection in any case: less than the memory of its socket. */
const LEAST_WINDOW = 16_384;

/**
 * The part of the free budget that one connection may take, so that a few that do not read leave most to the others.
 */
const WINDOW_SHARE = 1 / 4;

/** Milliseconds between two ticks while connections wait for credit. */
const TICK_MS = 50;

/** Other connections that a tick credits with what they have presumably read, which makes room for those that wait. */
const SWEPT_PER_TICK = 1_000;

/** The unread bytes of one connection; text counts one byte a code unit. */
export class Unread {
  /** All bytes that were ever queued. */
  sent = 0;
  /** Of these, the bytes that wait in the router. */
  queued = 0;
  /**
   * Of these, the bytes that the platform has and the client has neither proved nor presumably read; negative while a
   * message that is larger than the window waits.
   */
  handedOver = 0;
  /** When bytes were last presumed read; milliseconds since the epoch. */
  presumedAt: number;
  /** Whether frames wait in the router until the client has, or has presumably, read earlier ones. */
  isWaiting = false;
  /** Bytes that were credited while it waits. */
  presumed = 0;
  /** Whether the client has proved what it has read. */
  hasProved = false;

  constructor(now: number) {
    this.presumedAt = now;
  }
}

/** A connection, as the budget sees it. */
export interface Reader {
  readonly unread: Unread;
  /** Frames that wait, oldest first. */
  readonly queue: readonly Frame[];
  /** Hands over the frames that the budget admits. */
  flush(): unknown;
  /** Drops the frames that wait, and sends no more. */
  giveUp(): void;
}

/**
 * The platform takes every frame at once, shows no back-pressure, and keeps unread frames until the client reads or
 * disconnects, even after the router has closed the socket. So the router hands over a bounded number of bytes and
 * keeps the rest: there it can be dropped, and one frame for many receivers is one string.
 *
 * - The platform has at most half of `realm_outgoing_bytes`, and `LEAST_WINDOW` for each connection. One connection
 *   gets a quarter of the free part, so that many stalled connections share it.
 * - The router keeps at most the other half. Above that, the connection with the most waiting bytes is closed first.
 * - What a connection has read is proved by `ReadMarks`, though a client that guesses ids can forge a proof, or
 *   presumed from the time that has passed. A proof lifts the rate of the session. The rate of the realm holds for both
 *   kinds, and bounds what clients that stall on purpose can cost per second. If connections that wait have been
 *   credited with more than `realm_outgoing_bytes`, those with the most waiting bytes are closed, too.
 */
export class UnreadBudget {
  readonly #sessionLimit: number;
  readonly #realmLimit: number;
  readonly #sessionRate: number;
  readonly #realmRate: number;
  readonly #flushOutput: () => void;
  readonly #now: () => number;
  /** Bytes that the platform has of all connections, including those that were closed. */
  #handedOver = 0;
  /** Bytes that may be credited now. */
  #allowance: number;
  #refilledAt: number;
  /** Open connections, which `#sweep` visits in turn. */
  readonly #readers = new Set<Reader>();
  #sweep: Iterator<Reader> = this.#readers.values();
  /** Connections whose frames wait. */
  readonly #waiting = new Set<Reader>();
  /** Frame → waiting connections that hold it. */
  readonly #held = new Map<Frame, number>();
  #heldBytes = 0;
  #presumed = 0;
  #isTimerSet = false;

  /** `flushOutput` ends the turn of a tick; `now` is the clock, in milliseconds since the epoch. */
  constructor(
    limits: Pick<Limits, "outgoing_bytes" | "realm_outgoing_bytes">,
    flushOutput: () => void,
    now: () => number = Date.now,
  ) {
    this.#sessionLimit = limits.outgoing_bytes;
    this.#realmLimit = limits.realm_outgoing_bytes;
    this.#sessionRate = limits.outgoing_bytes / SESSION_DRAIN_MS;
    this.#realmRate = limits.realm_outgoing_bytes / REALM_DRAIN_MS;
    this.#allowance = this.#realmRate * LONGEST_CREDIT_MS;
    this.#flushOutput = flushOutput;
    this.#now = now;
    this.#refilledAt = now();
  }

  /** Adds a connection; returns its counters. */
  open(reader: Reader): Unread {
    this.#readers.add(reader);
    return new Unread(this.#now());
  }

  /** Counts a queued frame; false if the connection has too many unread bytes and must be closed. */
  add({ unread }: Reader, frame: Frame): boolean {
    unread.sent += frame.length;
    unread.queued += frame.length;
    if (unread.isWaiting) this.#hold(frame);
    if (unread.queued + unread.handedOver <= this.#sessionLimit) return true;
    this.#presume(unread, unread.handedOver);
    return unread.queued + unread.handedOver <= this.#sessionLimit;
  }

  /** Returns how many frames of the queue may be handed over, and counts them as such; the others wait. */
  admit(reader: Reader): number {
    const { unread, queue } = reader;
    if (!unread.isWaiting && unread.handedOver + unread.queued <= this.#window()) {
      this.#handOver(unread, unread.queued);
      return queue.length;
    }
    let count = 0;
    while (count < queue.length && this.#admits(unread, queue[count]!.length)) {
      this.#handOver(unread, queue[count]!.length);
      if (unread.isWaiting) this.#release(queue[count]!);
      count++;
    }
    if (count === queue.length) this.#stopWaiting(reader);
    else if (!unread.isWaiting) this.#startWaiting(reader, count);
    return count;
  }

  /** The client has proved that it has read the first `read` bytes; credits them up to the rate of the realm. */
  prove(reader: Reader, read: number): void {
    const { unread } = reader;
    unread.hasProved = true;
    const left = Math.max(0, unread.sent - unread.queued - read);
    this.#refill(this.#now());
    const bytes = Math.floor(Math.min(unread.handedOver - left, this.#allowance));
    if (bytes > 0) this.#credit(unread, bytes);
    if (unread.isWaiting) reader.flush();
  }

  /** Removes a connection whose waiting frames are dropped; the platform still has those handed over. */
  drop(reader: Reader): void {
    const { unread, queue } = reader;
    this.#readers.delete(reader);
    if (unread.isWaiting) for (const frame of queue) this.#release(frame);
    unread.queued = 0;
    this.#stopWaiting(reader);
  }

  /** Removes a connection whose socket has closed: the platform has none of its frames any more. */
  leave(reader: Reader): void {
    this.drop(reader);
    this.#handedOver -= reader.unread.handedOver;
    reader.unread.handedOver = 0;
  }

  /** Gives up connections until the waiting bytes are within the limit, those with the most first. */
  relieve(): void {
    if (!this.#isOver()) return;
    const debtors = [...this.#waiting].sort((a, b) => b.unread.queued - a.unread.queued);
    for (const debtor of debtors) {
      if (!this.#isOver()) return;
      debtor.giveUp();
    }
  }

  #isOver(): boolean {
    return this.#heldBytes > this.#realmLimit / 2 || this.#presumed > this.#realmLimit;
  }

  /** Unread bytes that the platform may have of one connection. */
  #window(): number {
    return Math.max(LEAST_WINDOW, (this.#realmLimit / 2 - this.#handedOver) * WINDOW_SHARE);
  }

  #admits(unread: Unread, bytes: number): boolean {
    if (this.#hasRoom(unread, bytes)) return true;
    this.#presume(unread, Math.max(unread.handedOver, unread.handedOver + bytes - this.#window()));
    return this.#hasRoom(unread, bytes);
  }

  /** A message that is larger than the window is handed over alone, if it is within the limit of the realm. */
  #hasRoom(unread: Unread, bytes: number): boolean {
    if (unread.handedOver + bytes <= this.#window()) return true;
    return unread.handedOver <= 0 && this.#handedOver + bytes <= this.#realmLimit / 2;
  }

  #handOver(unread: Unread, bytes: number): void {
    unread.queued -= bytes;
    unread.handedOver += bytes;
    this.#handedOver += bytes;
  }

  /** Presumes that the connection has read as many of `wanted` bytes as the time that has passed allows. */
  #presume(unread: Unread, wanted: number): void {
    const now = this.#now();
    this.#refill(now);
    const elapsed = Math.min(Math.max(0, now - unread.presumedAt), LONGEST_CREDIT_MS);
    const bytes = Math.floor(Math.min(wanted, elapsed * this.#sessionRate, this.#allowance));
    unread.presumedAt = now;
    if (bytes > 0) this.#credit(unread, bytes);
  }

  #refill(now: number): void {
    const refill = Math.max(0, now - this.#refilledAt) * this.#realmRate;
    this.#allowance = Math.min(this.#allowance + refill, this.#realmRate * LONGEST_CREDIT_MS);
    this.#refilledAt = now;
  }

  #credit(unread: Unread, bytes: number): void {
    this.#allowance -= bytes;
    unread.handedOver -= bytes;
    this.#handedOver -= bytes;
    if (!unread.isWaiting) return;
    unread.presumed += bytes;
    this.#presumed += bytes;
  }

  #startWaiting(reader: Reader, first: number): void {
    reader.unread.isWaiting = true;
    this.#waiting.add(reader);
    for (let index = first; index < reader.queue.length; index++) this.#hold(reader.queue[index]!);
    this.#setTimer();
  }

  #stopWaiting(reader: Reader): void {
    const { unread } = reader;
    if (!unread.isWaiting) return;
    unread.isWaiting = false;
    this.#waiting.delete(reader);
    this.#presumed -= unread.presumed;
    unread.presumed = 0;
    if (unread.handedOver >= 0) return;
    this.#handedOver -= unread.handedOver;
    unread.handedOver = 0;
  }

  #hold(frame: Frame): void {
    const holders = this.#held.get(frame) ?? 0;
    this.#held.set(frame, holders + 1);
    if (holders === 0) this.#heldBytes += frame.length;
  }

  #release(frame: Frame): void {
    const holders = this.#held.get(frame)!;
    if (holders > 1) this.#held.set(frame, holders - 1);
    else {
      this.#held.delete(frame);
      this.#heldBytes -= frame.length;
    }
  }

  /** The timer keeps the object awake, as the unsent frames in the platform would, too. */
  #setTimer(): void {
    if (this.#isTimerSet) return;
    this.#isTimerSet = true;
    setTimeout(() => this.#tick(), TICK_MS);
  }

  #tick(): void {
    this.#isTimerSet = false;
    for (const reader of this.#byWaitingBytes()) {
      if (reader.unread.isWaiting) reader.flush();
      if (this.#allowance < 1) break;
    }
    this.relieve();
    this.#sweepOthers();
    this.#flushOutput();
    if (this.#waiting.size > 0) this.#setTimer();
  }

  /** Connections with the fewest waiting bytes first, so that none waits for long behind one that stalls. */
  #byWaitingBytes(): Reader[] {
    return [...this.#waiting].sort((a, b) => a.unread.queued - b.unread.queued);
  }

  #sweepOthers(): void {
    for (let count = 0; count < SWEPT_PER_TICK && this.#allowance >= 1; count++) {
      const { value: reader } = this.#sweep.next();
      if (reader === undefined) {
        this.#sweep = this.#readers.values();
        return;
      }
      if (!reader.unread.isWaiting) this.#presume(reader.unread, reader.unread.handedOver);
    }
  }
}
