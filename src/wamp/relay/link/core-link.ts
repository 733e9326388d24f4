/** The link of a relay to the core. */

import { earliest } from "../../host/deadlines.ts";
import type { Batch, BatchAnswer } from "./batch.ts";
import { LinkReceiver } from "./link-receiver.ts";
import { LinkSender, type OnEnd, type SenderPorts } from "./link-sender.ts";
import type { ToCore, ToRelay } from "./messages.ts";

/** What the link asks of the relay and its object. */
export interface CoreLinkPorts extends SenderPorts<ToCore> {
  /** Takes a message of the core. */
  process(message: ToRelay): void;
  /** The core knows this epoch of the relay, which has forgotten it: from now on `epoch` is larger. */
  raiseEpoch(known: number): void;
  /** The core has slept or restarted, and has lost what is in no row. */
  onRestart(): void;
  /** The core is heard of for the first time since the relay woke: it may have restarted meanwhile. */
  onFirstAnswer(): void;
  /** Does a session wait for an answer of the core? */
  isWaiting(): boolean;
}

/**
 * The core is asked whether it has restarted, if an answer of it is due for so long, and asked again as long as a
 * crash would lose what it took, or its answers: milliseconds. The object stays awake meanwhile.
 */
const PROBE_MS = 1_000;

/** Sends and takes the batches of a relay, and learns from each batch and answer whether the core has restarted. */
export class CoreLink {
  readonly #ports: CoreLinkPorts;
  readonly #sender: LinkSender<ToCore>;
  readonly #receiver: LinkReceiver<ToRelay>;
  #coreBoot: number | undefined;
  /** When the core is asked whether it has restarted; milliseconds since the epoch. */
  #probeAt: number | undefined;

  constructor(ports: CoreLinkPorts) {
    this.#ports = ports;
    this.#receiver = new LinkReceiver((message) => ports.process(message));
    this.#sender = new LinkSender(ports);
  }

  /** See `Batch.boot`: that of the core, once it has been heard of. */
  get coreBoot(): number | undefined {
    return this.#coreBoot;
  }

  /** See `LinkSender.isDown`. */
  get isDown(): boolean {
    return this.#sender.isDown;
  }

  /** See `LinkSender.isFull`. */
  get isFull(): boolean {
    return this.#sender.isFull;
  }

  /** See `LinkSender.load`. */
  get load(): number {
    return this.#sender.load;
  }

  /** Is every message acknowledged, and no probe due? */
  get isIdle(): boolean {
    return this.#sender.isIdle && this.#dueProbe() === undefined;
  }

  /** Has `flush` anything to send? */
  get hasOutput(): boolean {
    return this.#sender.hasOutput;
  }

  /** The messages that are not acknowledged, in order. */
  get messages(): readonly ToCore[] {
    return this.#sender.messages;
  }

  /** Queues a message for the next `flush`; `onEnd` as in `LinkSender.queue`. */
  queue(message: ToCore, onEnd?: OnEnd): void {
    this.#sender.queue(message, onEnd);
  }

  /** Sends what is queued; call it at the end of each turn. */
  flush(): void {
    if (!this.#sender.isIdle) this.#scheduleProbe();
    this.#sender.flush();
  }

  /** Sends a batch without messages, to tell the core of a new epoch or to learn whether it has restarted. */
  probe(): void {
    this.#sender.probe();
  }

  /** Processes a batch of the core; returns the answer to it. */
  receive(batch: Batch<ToRelay>): BatchAnswer {
    if (batch.epoch > this.#ports.epoch) this.#ports.raiseEpoch(batch.epoch);
    const { epoch, boot } = this.#ports;
    // From a core that has restarted since, or for sessions that the relay has lost. A core with epoch 0 holds nothing.
    const isStale = (batch.epoch !== epoch && batch.epoch !== 0) || batch.boot < (this.#coreBoot ?? 0);
    if (isStale) return { stream: batch.stream, received: 0, isForgotten: true, epoch, boot };
    this.#hear(batch.boot);
    this.#sender.heard();
    return { ...this.#receiver.receive(batch), epoch, boot };
  }

  /** Takes the answer of the core. */
  answered(batch: Batch<ToCore>, answer: BatchAnswer): void {
    if (answer.epoch > this.#ports.epoch) this.#ports.raiseEpoch(answer.epoch);
    // First what was lost: a restart of the core is told by the same answer.
    this.#sender.answered(batch, answer);
    this.#hear(answer.boot);
    if (answer.isUnsaved) this.#scheduleProbe();
  }

  /** The platform could not carry a batch to the core. */
  lost(batch: Batch<ToCore>): void {
    this.#sender.lost(batch);
  }

  /** Does what is due at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    this.#sender.tick(now);
    if (this.#probeAt !== undefined && this.#probeAt <= now) {
      this.#probeAt = undefined;
      // A batch on its way may be given up, and its answer would have told of a restart.
      if (!this.#sender.isIdle) this.#scheduleProbe();
      else if (this.#ports.isWaiting()) this.#sender.probe();
    }
    this.#sender.flush();
  }

  /** When `tick` has something to do, if the relay is still awake; milliseconds since the epoch. */
  nextAwakeDeadline(): number | undefined {
    return this.#sender.isDown ? this.#dueProbe() : earliest(this.#sender.nextDeadline(), this.#dueProbe());
  }

  /** The same for a link that is down, for which the relay need not stay awake. */
  nextStoredDeadline(): number | undefined {
    return this.#sender.isDown ? this.#sender.nextDeadline() : undefined;
  }

  /** The core that answers may be another one than before. */
  #hear(boot: number): void {
    const known = this.#coreBoot;
    this.#coreBoot = boot;
    if (known === undefined) this.#ports.onFirstAnswer();
    else if (known !== boot) this.#ports.onRestart();
  }

  /** When a probe is due; none once all answers have come, because it would keep the object awake for nothing. */
  #dueProbe(): number | undefined {
    if (this.#probeAt !== undefined && this.#sender.isIdle && !this.#ports.isWaiting()) this.#probeAt = undefined;
    return this.#probeAt;
  }

  #scheduleProbe(): void {
    if (!this.#ports.isWaiting()) return;
    this.#probeAt = this.#ports.clock.now() + PROBE_MS;
    this.#ports.clock.setAlarm(this.#probeAt);
  }
}
