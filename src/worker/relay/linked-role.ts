/** What the roles of relay and core have in common: batches leave together with the frames for clients. */

import type { Realm } from "../../wamp/realm/realm.ts";
import type { BatchAnswer } from "../../wamp/relay/link/batch.ts";
import type { CarriedBatch } from "../../wamp/relay/link/batch-codec.ts";
import type { RelayIds } from "../../wamp/relay/link/relay-ids.ts";
import { DeferredWrites } from "../storage/deferred-writes.ts";
import { LinkNumbers } from "./link-numbers.ts";
import type { LinkSender, RealmRole, RoleContext, RolePorts } from "./realm-role.ts";

/** The pure part of a role: a `Relay` or a `RelayCore`. */
interface Linked {
  readonly realm: Realm;
  readonly hasOutput: boolean;
  readonly load: number;
  readonly isIdle: boolean;
  /** Takes note of what was restored, once `realm` has been woken. */
  wake(): void;
  endTurn(): void;
  tick(now: number): void;
  nextStoredDeadline(): number | undefined;
  nextAwakeDeadline(): number | undefined;
}

/** The role of one of the objects of a realm. */
export abstract class LinkedRole implements RealmRole, LinkSender {
  protected readonly numbers: LinkNumbers;
  protected readonly writes = new DeferredWrites();
  readonly traffic = { batches: { received: 0, sent: 0 }, messages: { received: 0, sent: 0 } };
  readonly #ports: RolePorts;
  #isQueued = false;
  #carried = 0;

  constructor({ sql, tables }: RoleContext, ports: RolePorts) {
    this.numbers = new LinkNumbers(sql, tables);
    this.#ports = ports;
  }

  protected abstract readonly ids: RelayIds;
  protected abstract readonly part: Linked;
  abstract takeBatch(from: number, batch: CarriedBatch): BatchAnswer;

  get realm(): Realm {
    return this.part.realm;
  }

  wake(): void {
    this.part.wake();
  }

  cookieSecret(): Uint8Array<ArrayBuffer> {
    return this.ids.secret();
  }

  get load(): number {
    return this.part.load;
  }

  endTurn(): void {
    if (this.#isQueued || !this.part.hasOutput) return;
    this.#isQueued = true;
    this.#ports.queued(this);
  }

  /** Sends what was queued; returns the number of messages. */
  flush(): number {
    this.#isQueued = false;
    this.#carried = 0;
    this.part.endTurn();
    return this.#carried;
  }

  tick(now: number): void {
    this.part.tick(now);
  }

  nextStoredDeadline(): number | undefined {
    return this.part.nextStoredDeadline();
  }

  nextAwakeDeadline(): number | undefined {
    return this.part.nextAwakeDeadline();
  }

  get hasDeadline(): boolean {
    return !this.isIdle || this.nextStoredDeadline() !== undefined;
  }

  get isIdle(): boolean {
    return !this.#isQueued && this.part.isIdle;
  }

  save(): void {
    this.writes.save();
    this.numbers.save();
  }

  /** Counts the messages of a batch that is handed over. */
  protected countCarried(messages: readonly unknown[]): void {
    this.#carried += messages.length;
    this.traffic.batches.sent++;
    this.traffic.messages.sent += messages.length;
  }

  /** Counts a batch that another object has sent, and returns it. */
  protected taken<B extends { readonly messages: readonly unknown[] }>(batch: B): B {
    this.traffic.batches.received++;
    this.traffic.messages.received += batch.messages.length;
    return batch;
  }

  /** Runs what an answer or its loss leads to, as an event of its own. */
  protected inTurn(act: () => void): void {
    act();
    this.#ports.flushOutput();
  }
}
