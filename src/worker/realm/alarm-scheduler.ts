/** Wakes a realm for its next deadline: by the alarm of its object or, while nothing may be stored, by a timer. */

import type { SteadyClock } from "../../wamp/host/steady-clock.ts";

/** Milliseconds after which an alarm hands over events for webhooks that an ended instance has left in storage. */
const HAND_OVER_MS = 30_000;

/** The alarm and the timer of one object. Times are milliseconds since the epoch by the steady clock. */
export class AlarmScheduler {
  readonly #storage: DurableObjectStorage;
  readonly #clock: SteadyClock;
  readonly #tick: () => void;
  /** When the alarm fires, as far as this instance has set it. */
  #alarmAt: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `tick` does what is due. */
  constructor(storage: DurableObjectStorage, clock: SteadyClock, tick: () => void) {
    this.#storage = storage;
    this.#clock = clock;
    this.#tick = tick;
  }

  /** Whether this instance has set an alarm that has not fired yet. */
  get isAlarmSet(): boolean {
    return this.#alarmAt !== undefined;
  }

  /** The alarm has fired. */
  fired(): void {
    this.#alarmAt = undefined;
  }

  /** Sets or removes the alarm. An alarm that is set for the same time stays, because each change writes a row. */
  setAlarm(time: number | undefined): void {
    if (time === this.#alarmAt) return;
    this.#alarmAt = time;
    if (time === undefined) this.#storage.deleteAlarm();
    else this.#storage.setAlarm(time - this.#clock.lead);
  }

  /**
   * Sets an alarm for `time` and for the hand-over of stored events: without it they would wait for the realm's next
   * event if this instance ends early.
   */
  setHandOverAlarm(time?: number): void {
    const handOverAt = this.#alarmAt ?? this.#clock.now() + HAND_OVER_MS;
    this.setAlarm(Math.min(time ?? Number.POSITIVE_INFINITY, handOverAt));
  }

  /** Replaces the timer, which keeps the object awake until `time`; undefined only removes it. */
  setTimer(time: number | undefined): void {
    clearTimeout(this.#timer);
    if (time !== undefined) this.#timer = setTimeout(this.#tick, Math.max(0, time - this.#clock.now()));
  }
}
