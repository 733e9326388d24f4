/** Sends the messages of one object to another: in order, each processed once, as long as the receiver remembers. */

import type { Batch, BatchAnswer } from "./batch.ts";
import { DOWN_RETRY_MS, Outage, type OutagePorts } from "./outage.ts";

/** A sender that heard nothing for so long begins a new stream: the receiver may have slept, and forgotten the old. */
export const STREAM_PAUSE_MS = 5_000;
/** What is not acknowledged within this time is given up; below the ten seconds after which an idle object sleeps. */
export const GIVE_UP_MS = 5_000;
/** Estimated bytes of one batch, unless its first message alone has more; the platform takes 32 MiB at once. */
export const MAX_BATCH_BYTES = 4 * 2 ** 20;
/** Batches that wait for their answers; what is queued meanwhile leaves in fewer and larger ones. */
export const MAX_IN_FLIGHT = 32;

/** What a sender asks of its object. */
export interface SenderPorts<M> extends OutagePorts {
  /** Hands a batch to the platform, which reports `answered` or `lost` for it later. */
  carry(batch: Batch<M>): void;
  /** Returns a number larger than all it returned before, across sleeps and restarts of the object. */
  nextStream(): number;
  /** See `Batch.epoch` and `Batch.boot`. */
  readonly epoch: number;
  readonly boot: number;
  /**
   * The receiver has forgotten the stream: it may have processed any of the messages `attempted`, or none, and none of
   * `later`, which follow them. Returns those to be sent again, in order.
   */
  recover(attempted: readonly M[], later: readonly M[]): readonly M[];
  /** These messages were not acknowledged in time. Returns those that must nevertheless be sent again and again. */
  giveUp(overdue: readonly M[]): readonly M[];
  /** Estimated bytes of a message. */
  sizeOf(message: M): number;
  /** Estimated bytes that may wait for their acknowledgment. */
  readonly limit: number;
  /** All that was not acknowledged has been dropped, and so is what is queued until `onUp`. */
  onDown(dropped: readonly M[]): void;
  /** The receiver has answered again. */
  onUp(): void;
}

/**
 * What becomes of a message: the receiver has processed it, or it is dropped. Before, it may be late, once or more: not
 * acknowledged in time, and sent again.
 */
export type MessageEnd = "processed" | "late" | "dropped";

/** Hears of the end of a message. */
export type OnEnd = (end: MessageEnd) => void;

/** A message that waits for its acknowledgment. */
interface Pending<M> {
  readonly message: M;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly queuedAt: number;
  readonly onEnd: OnEnd | undefined;
}

/** A batch that was carried and is not acknowledged. */
interface SentBatch<M> {
  readonly seq: number;
  readonly entries: readonly Pending<M>[];
  /** Was it sent more than once, so that the receiver may have processed it before it forgot the stream? */
  isRetried: boolean;
}

/**
 * The sending half of a link. It has no timer: `tick` does what is due, and `Clock.setAlarm` asks for it. Batches are
 * carried without waiting for the answers to earlier ones; after a loss all are sent again in order. A sender that hears
 * nothing for a minute, or takes as much as its limit while it is full, goes down: it drops everything, and its owner has
 * to make up for that when the receiver is back.
 */
export class LinkSender<M> {
  readonly #ports: SenderPorts<M>;
  #queue: Pending<M>[] = [];
  #sent: SentBatch<M>[] = [];
  /** 0 before the first stream. */
  #stream = 0;
  #lastSeq = 0;
  #attempts = 0;
  /** Answers and losses of attempts up to this one are stale: their batches were sent again. */
  #rewoundAt = 0;
  readonly #outage: Outage;
  #heardAt = Number.NEGATIVE_INFINITY;
  #bytes = 0;
  /** With more the sender goes down: the limit beyond the message that has filled it, which may be longer than that. */
  #mostBytes = 0;
  /** Something was to be sent while the sender is down. */
  #isWanted = false;

  /** One that was down when its object slept or crashed asks at once whether the receiver is back. */
  constructor(ports: SenderPorts<M>) {
    this.#ports = ports;
    this.#outage = new Outage(ports);
  }

  /** Has everything been dropped, because the receiver cannot be reached? */
  get isDown(): boolean {
    return this.#outage.isDown;
  }

  /** Should no message be queued that can be refused instead? */
  get isFull(): boolean {
    return this.#bytes > this.#ports.limit || this.#outage.isDown;
  }

  /**
   * The part of the limit that waits for its acknowledgment; 0 in an outage, in which it gets no smaller by waiting. Above
   * 1 the sender is full.
   */
  get load(): number {
    const { isDown, retryAt } = this.#outage;
    return isDown || retryAt !== undefined ? 0 : this.#bytes / this.#ports.limit;
  }

  /** Estimated bytes of the messages that are not acknowledged. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Messages that are not acknowledged. */
  get size(): number {
    return this.#sent.reduce((size, { entries }) => size + entries.length, this.#queue.length);
  }

  /** Is every message acknowledged? */
  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#sent.length === 0;
  }

  /** Has `flush` anything to send? */
  get hasOutput(): boolean {
    if (this.#outage.isDown) return this.#isWanted && this.isIdle && this.#outage.mayTry();
    return this.#queue.length > 0 && this.#outage.retryAt === undefined && this.#sent.length < MAX_IN_FLIGHT;
  }

  /** The messages that are not acknowledged, in order. */
  get messages(): readonly M[] {
    return [...entriesOf(this.#sent), ...this.#queue].map(({ message }) => message);
  }

  /** Queues a message for the next `flush`. */
  queue(message: M, onEnd?: OnEnd): void {
    if (this.#outage.isDown) {
      this.#isWanted = true;
      return onEnd?.("dropped");
    }
    const size = this.#ports.sizeOf(message);
    const wasFull = this.isFull;
    this.#bytes += size;
    if (!wasFull) this.#mostBytes = this.#bytes + this.#ports.limit;
    this.#queue.push({ message, size, queuedAt: this.#ports.clock.now(), onEnd });
    if (this.#bytes > this.#mostBytes) this.#goDown(0);
  }

  /** Sends the queued messages; call it at the end of each turn, and after each answer. */
  flush(): void {
    while (this.hasOutput) {
      this.#isWanted = false;
      this.#sendQueue();
    }
  }

  /** Sends a batch without messages, to learn whether the receiver has restarted or is back. */
  probe(): void {
    if (this.isIdle) this.#sendQueue();
  }

  /** Takes the answer to a batch. */
  answered({ attempt, seq, stream }: Batch<M>, { received, isForgotten }: BatchAnswer): void {
    if (stream !== this.#stream) return;
    this.#heardAt = this.#ports.clock.now();
    const wasDown = this.#outage.isDown;
    this.#outage.end();
    this.#acknowledge(received);
    if (isForgotten) this.#restart(seq);
    else if (received < seq && attempt > this.#rewoundAt) this.#sendAgain();
    if (wasDown) this.#ports.onUp();
  }

  /** The platform could not carry a batch, or its answer was lost: the receiver may have processed it. */
  lost({ attempt, stream }: Batch<M>): void {
    if (stream !== this.#stream || attempt <= this.#rewoundAt) return;
    // Batches that were carried after the lost one would only be answered with the same gap.
    this.#rewoundAt = this.#attempts;
    this.#outage.lost();
    if (this.#outage.isDown) this.#sent = [];
  }

  /** Sends again what was lost, and gives up what is overdue, at `now`: milliseconds since the epoch. */
  tick(now: number): void {
    const { retryAt, isDown } = this.#outage;
    if (retryAt === undefined || retryAt > now) return;
    if (isDown) return this.#ask();
    if (this.#outage.isLong(now)) return this.#goDown(DOWN_RETRY_MS);
    this.#outage.settle();
    if (this.#isOverdue(now)) this.#giveUp(now);
    else this.#sendAgain();
  }

  /** When `tick` has something to do, if it has; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#outage.retryAt;
  }

  /**
   * The receiver has sent something, which is about to be processed: a sender that is down takes it for an answer,
   * because its messages about what is processed must not be dropped.
   */
  heard(): void {
    if (!this.#outage.isDown) return;
    this.#outage.end();
    this.#sent = [];
    this.#stream = 0;
    this.#ports.onUp();
  }

  /**
   * Drops everything: the receiver is another one from now on. Calls back for what was dropped, because a receiver that
   * has lost its memory has also lost what the messages were about.
   */
  reset(): void {
    this.#outage.end();
    this.#outage.settle();
    this.#drop();
  }

  #sendQueue(): void {
    const isPaused = this.#sent.length === 0 && this.#ports.clock.now() - this.#heardAt >= STREAM_PAUSE_MS;
    if (this.#stream === 0 || isPaused) this.#beginStream();
    const batch = { seq: ++this.#lastSeq, entries: this.#takeBatch(), isRetried: false };
    this.#sent.push(batch);
    this.#carry(batch);
  }

  /** The oldest queued messages, up to the bytes of one batch. */
  #takeBatch(): readonly Pending<M>[] {
    let bytes = 0;
    const end = this.#queue.findIndex(({ size }, index) => {
      bytes += size;
      return index > 0 && bytes > MAX_BATCH_BYTES;
    });
    const all = this.#queue;
    this.#queue = end < 0 ? [] : all.slice(end);
    return end < 0 ? all : all.slice(0, end);
  }

  #ask(): void {
    this.#sent = [];
    this.#stream = 0;
    this.#sendQueue();
  }

  #beginStream(): void {
    this.#stream = this.#ports.nextStream();
    this.#lastSeq = 0;
  }

  #carry({ seq, entries, isRetried: isRetry }: SentBatch<M>): void {
    const { epoch, boot } = this.#ports;
    const messages = entries.map(({ message }) => message);
    this.#outage.tried();
    this.#ports.carry({ seq, stream: this.#stream, attempt: ++this.#attempts, isRetry, epoch, boot, messages });
  }

  #acknowledge(received: number): void {
    while (this.#sent[0] !== undefined && this.#sent[0].seq <= received) {
      for (const { size, onEnd } of this.#sent.shift()!.entries) {
        this.#bytes -= size;
        onEnd?.("processed");
      }
    }
  }

  /** Sends all that is not acknowledged, in order. */
  #sendAgain(): void {
    this.#rewoundAt = this.#attempts;
    for (const batch of [...this.#sent]) {
      batch.isRetried = true;
      this.#carry(batch);
    }
    this.flush();
  }

  /**
   * The receiver has refused the batch `refused`, and refuses those behind it: it has processed none of them that was
   * sent once. It may have processed those before, and earlier attempts.
   */
  #restart(refused: number): void {
    const certain = this.#sent.findIndex(({ seq, isRetried }) => seq >= refused && !isRetried);
    const attempted = entriesOf(certain < 0 ? this.#sent : this.#sent.slice(0, certain)).length;
    const all = [...entriesOf(this.#sent), ...this.#queue];
    const { messages } = this;
    this.#queue = [];
    const kept = this.#ports.recover(messages.slice(0, attempted), messages.slice(attempted));
    this.#sendAnew(all, this.#entriesOf(kept, all, all[0]?.queuedAt ?? 0));
  }

  #isOverdue(now: number): boolean {
    const oldest = this.#sent[0]?.entries[0] ?? this.#queue[0];
    return oldest !== undefined && now - oldest.queuedAt >= GIVE_UP_MS;
  }

  #giveUp(now: number): void {
    const all = [...entriesOf(this.#sent), ...this.#queue];
    this.#queue = [];
    const kept = this.#ports.giveUp(all.map(({ message }) => message));
    const entries = this.#entriesOf(kept, all, now).map((entry) => ({ ...entry, queuedAt: now }));
    this.#sendAnew(all, entries);
    const late = new Set(kept);
    for (const { message, onEnd } of all) onEnd?.(late.has(message) ? "late" : "dropped");
  }

  /** The entries of the messages in `kept`; those that were put in the place of others get a new one. */
  #entriesOf(kept: readonly M[], former: readonly Pending<M>[], queuedAt: number): Pending<M>[] {
    const byMessage = new Map(former.map((entry) => [entry.message, entry]));
    return kept.map((message) => {
      return byMessage.get(message) ?? { message, size: this.#ports.sizeOf(message), queuedAt, onEnd: undefined };
    });
  }

  /** Begins a new stream with the entries of `next` in place of those of `former`, in front of what is queued. */
  #sendAnew(former: readonly Pending<M>[], next: readonly Pending<M>[]): void {
    this.#rewoundAt = this.#attempts;
    this.#outage.settle();
    this.#sent = [];
    this.#stream = 0;
    this.#queue = [...next, ...this.#queue];
    this.#bytes += sizeOfAll(next) - sizeOfAll(former);
    this.flush();
  }

  #goDown(delay: number): void {
    this.#outage.goDown(delay);
    this.#ports.onDown(this.#drop());
  }

  #drop(): readonly M[] {
    const dropped = [...entriesOf(this.#sent), ...this.#queue];
    this.#queue = [];
    this.#sent = [];
    this.#stream = 0;
    this.#bytes = 0;
    for (const { onEnd } of dropped) onEnd?.("dropped");
    return dropped.map(({ message }) => message);
  }
}

function entriesOf<M>(batches: readonly SentBatch<M>[]): Pending<M>[] {
  return batches.flatMap(({ entries }) => entries);
}

function sizeOfAll(entries: readonly Pending<unknown>[]): number {
  return entries.reduce((sum, { size }) => sum + size, 0);
}
