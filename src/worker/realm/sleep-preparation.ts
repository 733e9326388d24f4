/** Makes the object of a realm ready to sleep: what is saved when, and when the object wakes again. */

import { earliest } from "../../wamp/host/deadlines.ts";
import type { Realm } from "../../wamp/realm/realm.ts";
import type { Reporter } from "../metrics/reporter.ts";
import { sweepLog } from "../platform/log.ts";
import type { RealmRole } from "../relay/realm-role.ts";
import { busyRealms } from "../routing/shutdown.ts";
import { isExhausted } from "../storage/free-space.ts";
import type { StorageUse } from "../storage/storage-use.ts";
import type { AlarmScheduler } from "./alarm-scheduler.ts";
import type { OpenConnection } from "./attachments.ts";
import type { OutgoingWebhooks } from "./outgoing-webhooks.ts";
import type { RealmContext } from "./realm-host.ts";

/**
 * Milliseconds from the first change to the moment everything that must survive sleep is saved, in one batch. The
 * timer keeps the object awake meanwhile, and the platform lets it sleep no sooner than 10 s after the last event.
 */
const FLUSH_MS = 250;

/** Ticks that are due within so many milliseconds share a timer. */
const TICK_MS = 5;

/** Milliseconds between two looks whether other objects have answered. */
const POLL_MS = 1_000;

/** The realm that is to sleep. */
export interface AwakeRealm {
  readonly object: RealmContext;
  readonly realm: Realm;
  readonly role: RealmRole | undefined;
  readonly connections: ReadonlyMap<WebSocket, OpenConnection>;
  readonly alarm: AlarmScheduler;
  readonly webhooks: OutgoingWebhooks;
  readonly reporter: Reporter | undefined;
  /** Set when the realm could not be woken: timers that are still pending do nothing. */
  readonly isDiscarded: boolean;
  /** Saves the records of connections that have changed. */
  saveRecords(): void;
  /** Does what is due. */
  tick(): void;
  /** Ends an event: sends what is queued. */
  flushOutput(): void;
}

/** The saved state, the alarm, and the timer that keeps the object awake. */
export class SleepPreparation {
  readonly #awake: AwakeRealm;
  readonly #storageUse: StorageUse;
  #isScheduled = false;
  /** When timers tick: milliseconds since the epoch. */
  readonly #ticks = new Set<number>();
  #hasEmptied = false; // Set when the last socket has closed, until the next `prepare`.

  constructor(awake: AwakeRealm, storageUse: StorageUse) {
    this.#awake = awake;
    this.#storageUse = storageUse;
  }

  /** Whether `prepare` will be called soon. */
  get isScheduled(): boolean {
    return this.#isScheduled;
  }

  /** The last socket has closed. */
  noteEmptied(): void {
    this.#hasEmptied = true;
    this.schedule();
  }

  /** A deadline that comes before the next `prepare` gets a timer; `prepare` sets the alarm for later ones. */
  scheduleTick(time: number): void {
    const now = this.#awake.object.clock.now();
    if (time - now > FLUSH_MS) return this.schedule();
    // A timer for each call with a short timeout would be more than the platform's 10,000.
    const at = Math.ceil(Math.max(time, now) / TICK_MS) * TICK_MS;
    if (this.#ticks.has(at)) return;
    this.#ticks.add(at);
    setTimeout(() => {
      this.#ticks.delete(at);
      this.#awake.tick();
    }, at - now);
  }

  /** Has `prepare` called soon. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.markBusy();
    setTimeout(() => this.prepare(), FLUSH_MS);
  }

  /** Saves records and events, and sets the alarm for the next deadline. */
  prepare(): void {
    this.#isScheduled = false;
    sweepLog();
    const { alarm, connections, isDiscarded, realm, role, webhooks } = this.#awake;
    if (isDiscarded) return;
    if (isExhausted()) return this.#prepareWithoutStorage();
    this.#awake.saveRecords();
    const next = this.#nextDeadline();
    const mayStore = this.#openStorage();
    const deferred = mayStore || next === undefined ? undefined : Math.min(next, this.#storageUse.deferredUntil);
    alarm.setTimer(earliest(deferred, this.#awakeUntil(next)));
    if (mayStore && webhooks.waits) alarm.setHandOverAlarm(next);
    else if (mayStore) alarm.setAlarm(next);
    webhooks.flush();
    if (role === undefined) realm.flush();
    else role.save();
    if (this.#hasEmptied && connections.size === 0) this.#leaveEmpty();
    // PUBLISHED for what was stored, or a message to another object, would wait for the next event otherwise.
    this.#awake.flushOutput();
    this.#markIdle();
  }

  /** Has a stop of the process call `stop`: the realm has a socket or something to save. */
  markBusy(): void {
    const { env, objectName } = this.#awake.object;
    if (env.WAMP_CONTROL === "true") busyRealms.add(objectName);
  }

  /** Nothing can be saved, so the object stays awake: timers take the place of the alarm until the disk has room. */
  #prepareWithoutStorage(): void {
    const next = earliest(this.#nextDeadline(), this.#awake.role?.nextAwakeDeadline());
    if (next !== undefined && next <= this.#awake.object.clock.now()) this.#awake.tick();
    this.schedule();
  }

  #nextDeadline(): number | undefined {
    const { realm, role } = this.#awake;
    return role === undefined ? realm.nextDeadline() : role.nextStoredDeadline();
  }

  /**
   * Until when a timer keeps the object awake: while a tap runs, and while other objects have not taken all that is for
   * them, because both are in memory only. `next` is the next deadline.
   */
  #awakeUntil(next: number | undefined): number | undefined {
    const { object, realm, role } = this.#awake;
    const tap = realm.monitor.taps.isRunning ? next : undefined;
    if (role === undefined) return tap;
    const poll = role.isIdle ? undefined : object.clock.now() + POLL_MS;
    return earliest(tap, earliest(role.nextAwakeDeadline(), poll));
  }

  /**
   * Returns whether rows may be written, and permits it from the first client on that has begun its login. The deadline
   * of a client that stays without HELLO has to outlast sleep, too.
   */
  #openStorage(): boolean {
    const { alarm, connections, object, webhooks } = this.#awake;
    if (this.#storageUse.isOpen) return true;
    const isDeferred = object.clock.now() < this.#storageUse.deferredUntil;
    let isNeeded = webhooks.waits || alarm.isAlarmSet || !isDeferred;
    for (const { peer } of connections.values()) isNeeded ||= peer.state.kind !== "connected";
    if (isNeeded) this.#storageUse.open();
    return isNeeded;
  }

  /** The realm is still without sockets: deletes its storage if it keeps nothing. Clients may come and go until then. */
  #leaveEmpty(): void {
    const { alarm, reporter, webhooks } = this.#awake;
    this.#hasEmptied = false;
    reporter?.report();
    if (!alarm.isAlarmSet && !webhooks.waits) this.#storageUse.removeIfEmpty();
  }

  /** A stop of the process passes over a realm that has no socket and no event for a webhook. */
  #markIdle(): void {
    const { connections, object, webhooks } = this.#awake;
    if (connections.size === 0 && webhooks.isEmpty) busyRealms.delete(object.objectName);
  }
}
