/** Sends the messages of one object to another: in order, each processed once, as long as the receiver remembers. */

import type { Clock } from "../../host/host.ts";
import type { Batch, BatchAnswer } from "./batch.ts";

/** A sender that heard nothing for so long begins a new stream: the receiver may have slept, and forgotten the old. */
export const STREAM_PAUSE_MS = 5_000;
/** What is not acknowledged within this time is given up; below the ten seconds after which an idle object sleeps. */
export const GIVE_UP_MS = 5_000;
/** The time before a batch that was lost is sent again; it doubles with each loss in a row. */
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;

/** What a sender asks of its object. */
export interface SenderPorts<M> {
  readonly clock: Clock;
  /** Hands a batch to the platform, which reports `answered` or `lost` for it later. */
  carry(batch: Batch<M>): void;
  /** Returns a number larger than all it returned before, across sleeps and restarts of the object. */
  nextStream(): number;
  /** See `Batch.epoch` and `Batch.boot`. */
  readonly epoch: number;
  readonly boot: number;
  /**
   * The receiver has forgotten the stream: it may have processed any of these messages, or none. Returns those to be
   * sent again, in order.
   */
  recover(attempted: readonly M[]): readonly M[];
  /** These messages were not acknowledged in time. Returns those that must nevertheless be sent again and again. */
  giveUp(overdue: readonly M[]): readonly M[];
}

/** A message that waits for its acknowledgment. */
interface Pending<M> {
  readonly message: M;
  /** Milliseconds since the epoch. */
  readonly queuedAt: number;
  readonly onEnd: (() => void) | undefined;
}

/** A batch that was carried and is not acknowledged. */
interface SentBatch<M> {
  readonly seq: number;
  readonly entries: readonly Pending<M>[];
}

/**
 * The sending half of a link. It has no timer: `tick` does what is due, and `Clock.setAlarm` asks for it. Batches are
 * carried without waiting for the answers to earlier ones; after a loss all are sent again in order.
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
  #lossesInRow = 0;
  /** When lost batches are sent again; milliseconds since the epoch. */
  #retryAt: number | undefined;
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(ports: SenderPorts<M>) {
    this.#ports = ports;
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
    return this.#queue.length > 0 && this.#retryAt === undefined;
  }

  /** The messages that are not acknowledged, in order. */
  get messages(): readonly M[] {
    return [...this.#sent.flatMap(({ entries }) => entries), ...this.#queue].map(({ message }) => message);
  }

  /** Queues a message for the next `flush`. `onEnd` is called once the receiver has processed it, or it is given up. */
  queue(message: M, onEnd?: () => void): void {
    this.#queue.push({ message, queuedAt: this.#ports.clock.now(), onEnd });
  }

  /** Sends the queued messages as one batch; call it at the end of each turn. */
  flush(): void {
    if (this.hasOutput) this.#sendQueue();
  }

  /** Sends a batch without messages, to learn whether the receiver has restarted. */
  probe(): void {
    if (this.isIdle) this.#sendQueue();
  }

  /** Takes the answer to a batch. */
  answered({ attempt, seq, stream }: Batch<M>, { received, isForgotten }: BatchAnswer): void {
    if (stream !== this.#stream) return;
    this.#heardAt = this.#ports.clock.now();
    this.#lossesInRow = 0;
    this.#acknowledge(received);
    if (isForgotten) this.#restart();
    else if (received < seq && attempt > this.#rewoundAt) this.#sendAgain();
  }

  /** The platform could not carry a batch, or its answer was lost: the receiver may have processed it. */
  lost({ attempt, stream }: Batch<M>): void {
    if (stream !== this.#stream || attempt <= this.#rewoundAt) return;
    // Batches that were carried after the lost one would only be answered with the same gap.
    this.#rewoundAt = this.#attempts;
    const delay = Math.min(FIRST_RETRY_MS * 2 ** this.#lossesInRow, LAST_RETRY_MS);
    this.#lossesInRow++;
    this.#retryAt = this.#ports.clock.now() + delay;
    this.#ports.clock.setAlarm(this.#retryAt);
  }

  /** Sends again what was lost, and gives up what is overdue, at `now`: milliseconds since the epoch. */
  tick(now: number): void {
    if (this.#retryAt === undefined || this.#retryAt > now) return;
    this.#retryAt = undefined;
    if (this.#isOverdue(now)) this.#giveUp(now);
    else this.#sendAgain();
  }

  /** When `tick` has something to do, if it has; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#retryAt;
  }

  /**
   * Drops everything: the receiver is another one from now on. Calls back for what was dropped, because a receiver that
   * has lost its memory has also lost what the messages were about.
   */
  reset(): void {
    const dropped = [...this.#sent.flatMap(({ entries }) => entries), ...this.#queue];
    this.#queue = [];
    this.#sent = [];
    this.#retryAt = undefined;
    this.#stream = 0;
    for (const { onEnd } of dropped) onEnd?.();
  }

  #sendQueue(): void {
    const isPaused = this.#sent.length === 0 && this.#ports.clock.now() - this.#heardAt >= STREAM_PAUSE_MS;
    if (this.#stream === 0 || isPaused) this.#beginStream();
    const batch = { seq: ++this.#lastSeq, entries: this.#queue };
    this.#queue = [];
    this.#sent.push(batch);
    this.#carry(batch, false);
  }

  #beginStream(): void {
    this.#stream = this.#ports.nextStream();
    this.#lastSeq = 0;
  }

  #carry({ seq, entries }: SentBatch<M>, isRetry: boolean): void {
    const { epoch, boot } = this.#ports;
    const messages = entries.map(({ message }) => message);
    this.#ports.carry({ seq, stream: this.#stream, attempt: ++this.#attempts, isRetry, epoch, boot, messages });
  }

  #acknowledge(received: number): void {
    while (this.#sent[0] !== undefined && this.#sent[0].seq <= received) {
      for (const { onEnd } of this.#sent.shift()!.entries) onEnd?.();
    }
  }

  /** Sends all that is not acknowledged, in order. */
  #sendAgain(): void {
    this.#rewoundAt = this.#attempts;
    for (const batch of [...this.#sent]) this.#carry(batch, true);
    this.flush();
  }

  #restart(): void {
    const attempted = this.#sent.flatMap(({ entries }) => entries);
    const again = keep(attempted, this.#ports.recover(attempted.map(({ message }) => message)));
    this.#sendAnew(again);
  }

  #isOverdue(now: number): boolean {
    const oldest = this.#sent[0]?.entries[0] ?? this.#queue[0];
    return oldest !== undefined && now - oldest.queuedAt >= GIVE_UP_MS;
  }

  #giveUp(now: number): void {
    const all = [...this.#sent.flatMap(({ entries }) => entries), ...this.#queue];
    this.#queue = [];
    const kept = this.#ports.giveUp(all.map(({ message }) => message));
    this.#sendAnew(kept.map((message) => ({ message, queuedAt: now, onEnd: undefined })));
    for (const { onEnd } of all) onEnd?.();
  }

  /** Begins a new stream with these messages, in front of those that are queued. */
  #sendAnew(entries: readonly Pending<M>[]): void {
    this.#rewoundAt = this.#attempts;
    this.#retryAt = undefined;
    this.#sent = [];
    this.#stream = 0;
    this.#queue = [...entries, ...this.#queue];
    this.flush();
  }
}

/**
 * The entries of the messages in `kept`, with their callbacks. Messages that `recover` or `giveUp` put in the place of
 * others get an entry without one.
 */
function keep<M>(entries: readonly Pending<M>[], kept: readonly M[]): Pending<M>[] {
  const byMessage = new Map(entries.map((entry) => [entry.message, entry]));
  const queuedAt = entries[0]?.queuedAt ?? 0;
  return kept.map((message) => byMessage.get(message) ?? { message, queuedAt, onEnd: undefined });
}
