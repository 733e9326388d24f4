/** The core's side of taps: it has the relays show their messages, and brings them to the reader. */

import type { Clock } from "../../host/host.ts";
import type { RemoteTaps } from "../../meta/meta-context.ts";
import type { Tap } from "../../monitoring/tap.ts";
import type { Taps } from "../../monitoring/taps.ts";
import type { Payload } from "../../protocol/payload.ts";
import type { Dict } from "../../protocol/values.ts";
import { originOf, type ToRelay } from "../link/messages.ts";
import { CORE } from "../link/relay-ids.ts";
import { firstOf } from "./merge.ts";
import type { Whereabouts } from "./routes.ts";

/** What the taps ask of the core. */
export interface CoreTapPorts {
  readonly clock: Clock;
  readonly where: Whereabouts;
  /** A number that no tap had before, also before a restart. */
  newNumber(): number;
  /** The taps of the core's own messages. */
  taps(): Taps;
  /** Queues a message for a relay. */
  queue(relay: number, message: ToRelay): void;
}

/** A tap, and the relays that show messages for it. */
interface SpreadTap {
  readonly tap: Tap;
  readonly relays: Set<number>;
}

/** Taps are in memory only: a core that has restarted has the relays end those that it does not know. */
export class CoreTaps implements RemoteTaps {
  readonly #ports: CoreTapPorts;
  readonly #byNumber = new Map<number, SpreadTap>();

  constructor(ports: CoreTapPorts) {
    this.#ports = ports;
  }

  start(tap: Tap): void {
    const number = this.#ports.newNumber();
    const spread = { tap, relays: new Set<number>() };
    this.#byNumber.set(number, spread);
    for (const relay of this.#ports.where.withSessions()) this.#ask(relay, number, spread);
  }

  stop(tap: Tap): void {
    for (const [number, spread] of this.#byNumber) {
      if (spread.tap !== tap) continue;
      this.#byNumber.delete(number);
      for (const relay of spread.relays) this.#ports.queue(relay, { kind: "untap", number });
    }
  }

  /** A relay has its first session. */
  join(relay: number): void {
    for (const [number, spread] of this.#byNumber) this.#ask(relay, number, spread);
  }

  /** A relay has lost its sessions, and the taps with them. */
  drop(relay: number): void {
    for (const { relays } of this.#byNumber.values()) relays.delete(relay);
  }

  /** Brings a message of a relay to the reader. */
  take(relay: number, number: number, message: Payload): void {
    const tap = this.#byNumber.get(number)?.tap;
    if (tap === undefined) return this.#ports.queue(relay, { kind: "untap", number });
    const dict = tap.pass(firstOf<Dict & { readonly dropped: number }>(message), this.#ports.clock.now());
    if (dict !== undefined) tap.give(this.#ports.taps().newResult(dict));
  }

  /** Has a relay show its messages, unless it does or cannot have the session that is tapped. */
  #ask(relay: number, number: number, { tap, relays }: SpreadTap): void {
    const { session, ...settings } = tap.settings;
    const place = session === undefined ? relay : (this.#ports.where.objectOf(session) ?? CORE);
    if (relays.has(relay) || place !== relay) return;
    relays.add(relay);
    this.#ports.queue(relay, { kind: "tap", number, reader: originOf(tap.reader), settings: { ...settings, session } });
  }
}
