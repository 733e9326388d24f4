/** A sender and its receiver, between which a test is the platform. */

import type { Batch, BatchAnswer } from "../../../../src/wamp/relay/link/batch.ts";
import { LinkReceiver } from "../../../../src/wamp/relay/link/link-receiver.ts";
import { LinkSender, type SenderPorts } from "../../../../src/wamp/relay/link/link-sender.ts";

/** A sender, its receiver, and what the test lets the platform do with the batches between them. */
export class TestLink {
  time = 1_000;
  alarm: number | undefined;
  /** Batches that the sender has handed to the platform, and that no answer or loss was reported for. */
  readonly carried: Batch<string>[] = [];
  readonly processed: string[] = [];
  readonly recovered: string[][] = [];
  readonly overdue: string[][] = [];
  /** What was dropped each time that the sender went down, and "up" when the receiver answered again. */
  readonly down: (readonly string[] | "up")[] = [];
  /** Which messages of those that are overdue must be sent again and again. */
  isKept = (_message: string): boolean => false;
  /** What is sent again where the receiver has forgotten the stream. */
  recover = (attempted: readonly string[]): readonly string[] => attempted;
  receiver = this.#newReceiver();
  #streams = 0;
  /** message → bytes, where it is not its length */
  readonly sizes = new Map<string, number>();
  readonly sender: LinkSender<string>;

  /** Does the sender's object need the receiver? */
  isNeeded = true;

  constructor({ limit = 100, downSince }: { limit?: number; downSince?: number } = {}) {
    this.sender = new LinkSender<string>({ ...this.#newPorts(limit), downSince });
  }

  #newPorts(limit: number): Omit<SenderPorts<string>, "downSince"> {
    return {
      isNeeded: () => this.isNeeded,
      clock: {
        now: () => this.time,
        wallTime: () => this.time,
        setAlarm: (time) => {
          this.alarm = Math.min(time, this.alarm ?? time);
        },
      },
      carry: (batch) => this.carried.push(batch),
      nextStream: () => ++this.#streams,
      epoch: 1,
      boot: 1,
      recover: (attempted, later) => {
        this.recovered.push([...attempted]);
        return [...this.recover(attempted), ...later];
      },
      sizeOf: (message) => this.sizes.get(message) ?? message.length,
      limit,
      onDown: (dropped) => this.down.push([...dropped]),
      onUp: () => this.down.push("up"),
      giveUp: (overdue) => {
        this.overdue.push([...overdue]);
        return overdue.filter(this.isKept);
      },
    };
  }

  /** Queues messages and ends the turn. */
  send(...messages: string[]): void {
    for (const message of messages) this.sender.queue(message);
    this.sender.flush();
  }

  /** The receiver processes the oldest batch; its answer arrives, unless `isAnswerLost`. */
  deliver(isAnswerLost = false): void {
    const batch = this.carried.shift()!;
    const answer = this.answer(batch);
    if (isAnswerLost) this.sender.lost(batch);
    else this.sender.answered(batch, answer);
  }

  answer(batch: Batch<string>): BatchAnswer {
    return { ...this.receiver.receive(batch), epoch: 1, boot: 1 };
  }

  lose(): void {
    this.sender.lost(this.carried.shift()!);
  }

  deliverAll(): void {
    while (this.carried.length > 0) this.deliver();
  }

  /** Lets time pass, and what is due happen. */
  advance(milliseconds: number): void {
    this.time += milliseconds;
    this.sender.tick(this.time);
  }

  restartReceiver(): void {
    this.receiver = this.#newReceiver();
  }

  #newReceiver(): LinkReceiver<string> {
    return new LinkReceiver((message) => this.processed.push(message));
  }
}
