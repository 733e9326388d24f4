/** A connection in memory between a session of a test and its realm. */

import type { ChannelReceiver } from "../client/channel.ts";
import type { Limits } from "../wamp/config/limits.ts";
import { isLongerThan } from "../wamp/crypto/encoding.ts";
import type { SendFault, Transport, TransportInfo } from "../wamp/host/transport.ts";
import type { Monitor } from "../wamp/monitoring/monitor.ts";
import { CloseCode } from "../wamp/protocol/close-code.ts";
import { WampUri } from "../wamp/protocol/errors.ts";
import type { RouterMessage } from "../wamp/protocol/message.ts";
import type { Realm } from "../wamp/realm/realm.ts";
import { json } from "../wamp/serializers/json.ts";
import { DecodeFault } from "../wamp/serializers/serializer.ts";
import type { Peer } from "../wamp/session/peer.ts";

/** The subprotocol that connections in memory have. */
export const SUBPROTOCOL = "wamp.2.json";

/** The transport info of a connection, for authenticators; a test may replace parts of it. */
export const TRANSPORT_INFO: TransportInfo = {
  peer: "127.0.0.1",
  is_secure: true,
  websocket_protocol: SUBPROTOCOL,
  http_headers_received: {},
};

/** A connection outlives the sleep of its realm; its transport does not. */
export interface MemoryConnection {
  readonly receiver: ChannelReceiver;
  transport: MemoryTransport;
  peer: Peer;
}

/** The realm's end of a connection, until the realm sleeps. */
export class MemoryTransport implements Transport {
  readonly details = { websocket_protocol: SUBPROTOCOL };
  readonly #limits: Limits;
  readonly #receiver: ChannelReceiver;
  readonly #monitor: Monitor;
  readonly #onClose: () => void;
  peer: Peer | undefined;
  #isOpen = true;

  /** `onClose` is called when the realm closes the connection. */
  constructor(limits: Limits, monitor: Monitor, receiver: ChannelReceiver, onClose: () => void) {
    this.#limits = limits;
    this.#monitor = monitor;
    this.#receiver = receiver;
    this.#onClose = onClose;
  }

  send(message: RouterMessage): SendFault | undefined {
    if (!this.#isOpen) return "closed";
    // This serializer writes text.
    const text = json.encode(message) as string;
    if (isLongerThan(text, this.#limits.sent_message_bytes)) return "too large";
    const { counters, taps } = this.#monitor;
    counters.countSent(message);
    this.#receiver.onText(text);
    if (taps.isRunning) taps.sent(this.peer, message, text, json.name);
    return undefined;
  }

  close(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#onClose();
    this.#receiver.onClose(code, reason);
  }

  /** Nothing to do: all records are made when the realm goes to sleep. */
  save(): void {}

  /** Ends the transport without telling its client. */
  discard(): void {
    this.#isOpen = false;
  }
}

/** Passes a message of the client to its realm, as the connections of the platform do. */
export function receiveText(realm: Realm, peer: Peer, text: string, limits: Limits): void {
  if (isLongerThan(text, limits.message_bytes)) return realm.abortTooLarge(peer, json.peek(text));
  const message = json.decode(text, limits);
  if (!(message instanceof DecodeFault)) {
    const { taps } = realm.monitor;
    if (taps.isRunning) taps.received(peer, message, text, json.name);
    return realm.receive(peer, message);
  }
  realm.sessions.abort(peer, WampUri.PROTOCOL_VIOLATION, message.reason, CloseCode.PROTOCOL_ERROR);
}
