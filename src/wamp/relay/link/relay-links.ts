/** The core's links to the relays: their batches, answers and epochs. */

import { earliest } from "../../host/deadlines.ts";
import type { Clock } from "../../host/host.ts";
import type { Batch, BatchAnswer } from "./batch.ts";
import type { DownLink } from "./down-links.ts";
import { LinkReceiver } from "./link-receiver.ts";
import { LinkSender, type OnEnd } from "./link-sender.ts";
import { messageSize } from "./message-size.ts";
import type { ToCore, ToRelay } from "./messages.ts";

/** Below this part of its limit a link holds up no client. */
export const LOW_LOAD = 1 / 4;

/** One row for each relay, written when its epoch changes. */
export interface EpochStore {
  /** The relays with a row. */
  relays(): readonly number[];
  get(relay: number): number | undefined;
  put(relay: number, epoch: number): void;
  /** Removes the row, if present. */
  delete(relay: number): void;
}

/** What the links ask of the core and its object. */
export interface RelayLinksPorts {
  readonly clock: Clock;
  /** See `Batch.boot`. */
  readonly boot: () => number;
  nextStream(): number;
  /** Hands a batch for a relay to the platform, which reports `answered` or `lost` for it later. */
  carry(relay: number, batch: Batch<ToRelay>): void;
  /** relay → its epoch */
  readonly epochs: EpochStore;
  /** See `BatchAnswer`. */
  isUnsaved(): boolean;
  /** Takes a message of a relay. */
  process(relay: number, message: ToCore): void;
  /** Drops all that the sessions of a relay held, because it has lost them. */
  drop(relay: number): void;
  /** These messages were not acknowledged in time. Returns those that must nevertheless be sent again. */
  giveUp(relay: number, overdue: readonly ToRelay[]): readonly ToRelay[];
  /** Estimated bytes that may wait for one relay, and for all of them. */
  readonly limit: number;
  readonly limitOfAll: number;
  /** The relays whose links were down when the core slept. */
  down(): Iterable<DownLink>;
  /** See `SenderPorts`. */
  onDown(relay: number, dropped: readonly ToRelay[]): void;
  onUp(relay: number): void;
}

/** The link to one relay. */
interface RelayLink {
  readonly sender: LinkSender<ToRelay>;
  receiver: LinkReceiver<ToCore>;
  /** The bytes of the sender that `RelayLinks.#bytes` contains. */
  counted: number;
  /** Is the relay to be forgotten once it has acknowledged what it was sent? */
  isLeaving: boolean;
}

/** One link for each relay that the core has heard of or sent something since it woke. */
export class RelayLinks {
  readonly #ports: RelayLinksPorts;
  readonly #links = new Map<number, RelayLink>();
  /** Relays with queued messages. */
  readonly #unflushed = new Set<number>();
  /** Estimated bytes of the messages that are not acknowledged, of all links. */
  #bytes = 0;

  constructor(ports: RelayLinksPorts) {
    this.#ports = ports;
  }

  /** Is every message acknowledged? */
  get isIdle(): boolean {
    for (const { sender } of this.#links.values()) if (!sender.isIdle) return false;
    return true;
  }

  /** Has `flush` anything to send? */
  get hasOutput(): boolean {
    return this.#unflushed.size > 0;
  }

  /** Tries the links that were down when the core slept: they need deadlines. */
  wake(): void {
    for (const { object, since } of this.#ports.down()) this.#links.set(object, this.#newLink(object, since));
  }

  /** The largest `LinkSender.load`; 0 while less than `LOW_LOAD` of the limit of one link waits for all relays. */
  get load(): number {
    let load = 0;
    // Read in each turn of the core, and 200 relays have 200 links.
    if (this.#bytes < this.#ports.limit * LOW_LOAD) return load;
    for (const { sender } of this.#links.values()) load = Math.max(load, sender.load);
    return load;
  }

  /** See `LinkSender.isFull`. */
  isFull(relay: number): boolean {
    return this.#link(relay).sender.isFull || this.#bytes > this.#ports.limitOfAll;
  }

  /** See `LinkSender.isDown`. */
  isDown(relay: number): boolean {
    return this.#links.get(relay)?.sender.isDown === true;
  }

  /** The epoch of a relay; 0 before its first batch. */
  epochOf(relay: number): number {
    return this.#ports.epochs.get(relay) ?? 0;
  }

  /** Queues a message for a relay, until `flush`; `onEnd` as in `LinkSender.queue`. */
  queue(relay: number, message: ToRelay, onEnd?: OnEnd): void {
    const link = this.#link(relay);
    link.sender.queue(message, onEnd);
    this.#count(link);
    this.#unflushed.add(relay);
  }

  /** Sends what is queued. */
  flush(): void {
    for (const relay of this.#unflushed) this.#links.get(relay)?.sender.flush();
    this.#unflushed.clear();
  }

  /** Processes a batch of a relay; returns the answer to it. */
  receive(relay: number, batch: Batch<ToCore>): BatchAnswer {
    const boot = this.#ports.boot();
    const known = this.epochOf(relay);
    // A probe of a relay that the core has forgotten is about nothing that the core has to keep.
    const isNews = known !== 0 || batch.messages.length > 0;
    if (batch.epoch > known && isNews) this.#beginEpoch(relay, batch.epoch);
    else if (batch.epoch < known) {
      // From before the relay lost its sockets; or its storage was deleted, and it has to count on from here.
      return { stream: batch.stream, received: 0, isForgotten: true, epoch: known, boot };
    }
    const { receiver, sender } = this.#link(relay);
    sender.heard();
    const receipt = receiver.receive(batch);
    // Forgotten in this batch, the relay has used the core again in it: what it holds now must outlast its next batch.
    const isBack = batch.messages.length > 0 && batch.messages.at(-1)!.kind !== "closed";
    if (isBack && this.epochOf(relay) === 0) this.#ports.epochs.put(relay, batch.epoch);
    // A crash loses what is on its way to the relay, too, which would wait for ever.
    return { ...receipt, isUnsaved: !sender.isIdle || this.#ports.isUnsaved(), epoch: batch.epoch, boot };
  }

  /** Forgets all relays but those of which `isUsed` is true: a crash may have come before `forget` had its effect. */
  forgetUnused(isUsed: (relay: number) => boolean): void {
    for (const relay of this.#ports.epochs.relays()) if (!isUsed(relay)) this.forget(relay);
  }

  /** The relay has no session any more, and may not come back. */
  forget(relay: number): void {
    const link = this.#link(relay);
    // What it has not acknowledged it would believe for longer than the core.
    link.isLeaving = !link.sender.isIdle;
    if (link.isLeaving) return;
    this.#ports.drop(relay);
    this.#ports.epochs.delete(relay);
  }

  /** Takes the answer of a relay. */
  answered(relay: number, batch: Batch<ToRelay>, answer: BatchAnswer): void {
    // A relay without a row holds nothing that could be dropped.
    const known = this.epochOf(relay);
    if (known !== 0 && answer.epoch > known) this.#beginEpoch(relay, answer.epoch);
    else {
      const link = this.#link(relay);
      const { sender, isLeaving } = link;
      sender.answered(batch, answer);
      this.#count(link);
      if (isLeaving) this.forget(relay);
      // Its answer makes room for what is queued.
      if (sender.hasOutput) this.#unflushed.add(relay);
    }
  }

  /** The platform could not carry a batch to a relay. */
  lost(relay: number, batch: Batch<ToRelay>): void {
    this.#link(relay).sender.lost(batch);
  }

  /** Does what is due at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    for (const [relay, link] of this.#links) {
      link.sender.tick(now);
      this.#count(link);
      // What was given up is not acknowledged any more.
      if (link.isLeaving && !link.sender.isDown) this.forget(relay);
    }
  }

  /** The time at which `tick` has to be called next, if any; milliseconds since the epoch. */
  nextAwakeDeadline(): number | undefined {
    return this.#nextDeadline(false);
  }

  /** The same for links that are down, for which the core need not stay awake. */
  nextStoredDeadline(): number | undefined {
    return this.#nextDeadline(true);
  }

  #nextDeadline(isDown: boolean): number | undefined {
    let next: number | undefined;
    for (const { sender } of this.#links.values()) {
      if (sender.isDown === isDown) next = earliest(next, sender.nextDeadline());
    }
    return next;
  }

  #link(relay: number): RelayLink {
    const known = this.#links.get(relay);
    if (known !== undefined) return known;
    const link = this.#newLink(relay, undefined);
    this.#links.set(relay, link);
    return link;
  }

  #newLink(relay: number, downSince: number | undefined): RelayLink {
    const { clock, boot, nextStream, carry, epochs, giveUp, limit, onDown, onUp } = this.#ports;
    const ports = {
      ...{ clock, nextStream, limit, sizeOf: messageSize, boot: boot(), downSince },
      isNeeded: () => true,
      carry: (batch: Batch<ToRelay>) => carry(relay, batch),
      get epoch() {
        return epochs.get(relay) ?? 0;
      },
      recover: (...messages: readonly (readonly ToRelay[])[]) => messages.flat(),
      giveUp: (overdue: readonly ToRelay[]) => giveUp(relay, overdue),
      onDown: (dropped: readonly ToRelay[]) => onDown(relay, dropped),
      onUp: () => onUp(relay),
    };
    return { sender: new LinkSender<ToRelay>(ports), receiver: this.#newReceiver(relay), counted: 0, isLeaving: false };
  }

  #newReceiver(relay: number): LinkReceiver<ToCore> {
    return new LinkReceiver((message) => {
      this.#link(relay).isLeaving = false;
      this.#ports.process(relay, message);
    });
  }

  /** The relay has lost its sockets: drops all that its former sessions held. */
  #beginEpoch(relay: number, epoch: number): void {
    this.#ports.epochs.put(relay, epoch);
    const link = this.#link(relay);
    link.sender.reset();
    link.receiver = this.#newReceiver(relay);
    this.#ports.drop(relay);
    // What the end of its sessions has sent to themselves has no receiver.
    link.sender.reset();
    this.#count(link);
  }

  /** The bytes of a sender may have changed. */
  #count(link: RelayLink): void {
    this.#bytes += link.sender.bytes - link.counted;
    link.counted = link.sender.bytes;
  }
}
