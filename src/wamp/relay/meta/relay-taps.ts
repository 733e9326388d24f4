/** The taps of a relay: they show its messages to readers anywhere, by way of the core. */

import type { Clock, Log } from "../../host/host.ts";
import { thrown } from "../../host/log-line.ts";
import { observe } from "../../meta/tap-procedure.ts";
import { Tap, type TapEnd, type TapSettings } from "../../monitoring/tap.ts";
import type { Payload } from "../../protocol/payload.ts";
import type { Realm } from "../../realm/realm.ts";
import { NO_CLIENT } from "../../session/no-client.ts";
import { Session } from "../../session/session.ts";
import type { TapRequest, ToCore } from "../link/messages.ts";

/** What the taps ask of the relay. */
export interface RelayTapPorts {
  readonly host: Clock & Log;
  realm(): Realm;
  /** Queues a message for the core. */
  send(message: ToCore): void;
}

/** Each tap ends after its duration or when the core ends it; all are lost with the sessions of the relay. */
export class RelayTaps {
  readonly #ports: RelayTapPorts;
  readonly #byNumber = new Map<number, RelayTap>();

  constructor(ports: RelayTapPorts) {
    this.#ports = ports;
  }

  /** Starts a tap, unless it runs. */
  start({ number, reader, settings }: TapRequest): void {
    if (this.#byNumber.has(number)) return;
    const tap = new RelayTap(new Session(NO_CLIENT, reader), settings, this.#ports.host.now(), {
      give: (payload) => this.#ports.send({ kind: "tapped", number, payload }),
      end: (error) => this.#end(number, error),
    });
    this.#byNumber.set(number, tap);
    observe(this.#ports.realm(), tap);
  }

  /** Ends a tap, if it runs. */
  stop(number: number): void {
    const tap = this.#byNumber.get(number);
    if (tap === undefined) return;
    this.#byNumber.delete(number);
    this.#ports.realm().monitor.taps.stop(tap);
  }

  #end(number: number, error: unknown): void {
    this.stop(number);
    if (error !== undefined) this.#ports.host.log({ level: "error", event: "tap.failed", ...thrown(error) });
  }
}

/** What a tap does with a message, and at its end. */
interface TapHandlers {
  give(message: Payload): void;
  end(error: unknown): void;
}

class RelayTap extends Tap {
  readonly #handlers: TapHandlers;

  constructor(reader: Session, settings: TapSettings, now: number, handlers: TapHandlers) {
    super(reader, settings, now);
    this.#handlers = handlers;
  }

  give(message: Payload): void {
    this.#handlers.give(message);
  }

  end(_: TapEnd, error?: unknown): void {
    this.#handlers.end(error);
  }
}
