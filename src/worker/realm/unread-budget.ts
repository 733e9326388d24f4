/** Bounds the memory of what clients have not read: of each connection, and of all connections of a realm. */

import type { Limits } from "../../wamp/config/limits.ts";
import type { Frame } from "../../wamp/serializers/serializer.ts";

/**
 * Milliseconds in which a connection that proves nothing is presumed to read the whole of `outgoing_bytes`: 32 MiB a
 * second, a client with 256 Mbit/s. A lower rate holds up healthy clients that only receive: events and results prove nothing.
 */
const SESSION_DRAIN_MS = 500;

/**
 * Milliseconds in which all connections that prove nothing are presumed to read the whole of `realm_outgoing_bytes`:
 * 128 MiB a second, what a network of 1 Gbit/s carries.
 */
const REALM_DRAIN_MS = 500;

/** Milliseconds without a look at the clock for which bytes are presumed read; caps the credit after an idle time. */
const LONGEST_CREDIT_MS = 125;

/** Bytes each connection may have unread in the platform whatever the others have: less than its socket costs there. */
const LEAST_WINDOW = 16_384;

/** The part of what is free that one connection may take: a few that do not read leave most of it to the others. */
const WINDOW_SHARE = 1 / 4;

/** Milliseconds between two looks at the connections that wait for credit. */
const TICK_MS = 50;

/** Other connections looked at each time: what they have surely read by now makes room for those that wait. */
const SWEPT_PER_TICK = 1_000;

/** What one connection has not read. Bytes; text counts one byte a code unit. */
export class Unread {
  /** All that was ever queued. */
  sent = 0;
  /** Of it, what still waits in the router. */
  queued = 0;
  /** Of it, what the platform has and the client is neither known nor presumed to have read; below 0 while a message larger than the window waits. */
  handedOver = 0;
  /** When bytes were last presumed read; milliseconds since the epoch. */
  presumedAt: number;
  /** Frames wait in the router until the client has read, or is presumed to have read, some of those before. */
  isWaiting = false;
  /** Bytes credited since it waits. */
  presumed = 0;

  constructor(now: number) {
    this.presumedAt = now;
  }
}

/** A connection, as far as the budget is concerned. */
export interface Reader {
  readonly unread: Unread;
  /** Frames that wait, oldest first. */
  readonly queue: readonly Frame[];
  /** Hands over what the budget admits. */
  flush(): unknown;
  /** Drops what waits, and sends nothing more. */
  giveUp(): void;
}

/**
 * The platform takes every frame at once, shows no back-pressure, and keeps what is unread until the client reads or
 * disconnects, even after the router has closed the socket. So the router hands over only as much as it can afford to
 * lose, and keeps the rest, where it can be dropped and where one frame for many receivers is one string.
 *
 * - What the platform has: at most half of `realm_outgoing_bytes`, and `LEAST_WINDOW` for each connection. One connection
 *   gets a quarter of what is free, so that many stalled ones share what few would take.
 * - What waits in the router: at most the other half; above it the connection with the most bytes waiting is cut first.
 * - What a connection has read is known only by what `ReadMarks` takes for a proof, which one that guesses ids can
 *   forge, and presumed by time. A proof lifts the rate for the session; the rate for the realm holds for both, and
 *   bounds what clients that stall on purpose can cost per second. When those that wait are credited with more than
 *   `realm_outgoing_bytes`, the largest debtors are cut, too.
 */
export class UnreadBudget {
  readonly #sessionLimit: number;
  readonly #realmLimit: number;
  readonly #sessionRate: number;
  readonly #realmRate: number;
  readonly #flushOutput: () => void;
  readonly #now: () => number;
  /** Bytes the platform has of all connections, those cut included. */
  #handedOver = 0;
  /** Bytes that may be credited now. */
  #allowance: number;
  #refilledAt: number;
  /** Connections that are open; `#sweep` goes round them. */
  readonly #readers = new Set<Reader>();
  #sweep: Iterator<Reader> = this.#readers.values();
  /** Connections whose frames wait. */
  readonly #waiting = new Set<Reader>();
  /** Frame → waiting connections that hold it. */
  readonly #held = new Map<Frame, number>();
  #heldBytes = 0;
  #presumed = 0;
  #isTimerSet = false;

  /** `flushOutput` ends the turn of the timer; `now` is the clock, in milliseconds since the epoch. */
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

  /** Opens the account of a new connection. */
  open(reader: Reader): Unread {
    this.#readers.add(reader);
    return new Unread(this.#now());
  }

  /** Takes a frame into the account of a connection; false where that has too much unread, and is to be cut. */
  add({ unread }: Reader, frame: Frame): boolean {
    unread.sent += frame.length;
    unread.queued += frame.length;
    if (unread.isWaiting) this.#hold(frame);
    if (unread.queued + unread.handedOver <= this.#sessionLimit) return true;
    this.#presume(unread, unread.handedOver);
    return unread.queued + unread.handedOver <= this.#sessionLimit;
  }

  /** How many frames of the queue may be handed over; they count as handed over, and the others wait. */
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

  /** The client says that it has read the first `read` bytes of all it was sent; it is believed as far as the realm's rate goes. */
  prove(reader: Reader, read: number): void {
    const { unread } = reader;
    const left = Math.max(0, unread.sent - unread.queued - read);
    this.#refill(this.#now());
    const bytes = Math.floor(Math.min(unread.handedOver - left, this.#allowance));
    if (bytes > 0) this.#credit(unread, bytes);
    if (unread.isWaiting) reader.flush();
  }

  /** What waits for the connection is dropped, and nothing more is sent to it; what the platform has stays there. */
  drop(reader: Reader): void {
    const { unread, queue } = reader;
    this.#readers.delete(reader);
    if (unread.isWaiting) for (const frame of queue) this.#release(frame);
    unread.queued = 0;
    this.#stopWaiting(reader);
  }

  /** The socket is gone, and the platform has nothing of it any more. */
  leave(reader: Reader): void {
    this.drop(reader);
    this.#handedOver -= reader.unread.handedOver;
    reader.unread.handedOver = 0;
  }

  /** Cuts connections until what waits is affordable, those with the most bytes waiting first. */
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

  /** Bytes one connection may have unread in the platform. */
  #window(): number {
    return Math.max(LEAST_WINDOW, (this.#realmLimit / 2 - this.#handedOver) * WINDOW_SHARE);
  }

  #admits(unread: Unread, bytes: number): boolean {
    if (this.#hasRoom(unread, bytes)) return true;
    this.#presume(unread, Math.max(unread.handedOver, unread.handedOver + bytes - this.#window()));
    return this.#hasRoom(unread, bytes);
  }

  /** A message larger than the window goes alone, if there is room for it. */
  #hasRoom(unread: Unread, bytes: number): boolean {
    if (unread.handedOver + bytes <= this.#window()) return true;
    return unread.handedOver <= 0 && this.#handedOver + bytes <= this.#realmLimit / 2;
  }

  #handOver(unread: Unread, bytes: number): void {
    unread.queued -= bytes;
    unread.handedOver += bytes;
    this.#handedOver += bytes;
  }

  /** Takes it that the connection has read as much of `wanted` bytes as time allows. */
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

  /** A connection that waits keeps the object awake; the platform would do so, too, with what it has to send. */
  #setTimer(): void {
    if (this.#isTimerSet) return;
    this.#isTimerSet = true;
    setTimeout(() => this.#tick(), TICK_MS);
  }

  #tick(): void {
    this.#isTimerSet = false;
    for (const reader of this.#inTurn()) {
      if (reader.unread.isWaiting) reader.flush();
      if (this.#allowance < 1) break;
    }
    this.relieve();
    this.#sweepOthers();
    this.#flushOutput();
    if (this.#waiting.size > 0) this.#setTimer();
  }

  /** Those with the least to get first: none of them waits for long behind one that stalls. */
  #inTurn(): Reader[] {
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
