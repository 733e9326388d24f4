/** One of two realms that are compared: its objects, and clients at them that speak any serializer. */

import { setImmediate } from "node:timers/promises";
import type { PeerRecord } from "../../../../src/wamp/hibernation/peer-record.ts";
import type { SendFault } from "../../../../src/wamp/host/transport.ts";
import { WampUri } from "../../../../src/wamp/protocol/errors.ts";
import type { RouterMessage } from "../../../../src/wamp/protocol/message.ts";
import { DecodeFault } from "../../../../src/wamp/serializers/serializer.ts";
import { subprotocolByName } from "../../../../src/wamp/serializers/subprotocols.ts";
import { type Subprotocol, wireOf } from "../../../clients/wire.ts";
import type { ModelObject, ModelTransport } from "../model/model-objects.ts";

/** What a client has received: a message, or the code with which its connection was closed. */
export type Received = readonly unknown[];

/** A realm in memory. */
export interface ComparableRealm {
  /** Lets every batch arrive; returns the number of batches. */
  deliver(): number;
  advance(milliseconds: number): void;
}

/** A client of a session whose identity is known, as an HTTP bridge has it. */
export interface KnownClient {
  readonly authid: string;
  readonly authrole: string;
  readonly roles: object;
}

/** Characters or bytes of a message that a client can take: fewer than the largest payloads have, and far more than others. */
const MOST_SENT = 6_000;

/** The connection of a client. */
class SideTransport implements ModelTransport {
  readonly received: Received[] = [];
  readonly name: string;
  readonly subprotocol: Subprotocol;
  isConnected = true;
  isChanged = false;
  record: PeerRecord | undefined;

  constructor(name: string, subprotocol: Subprotocol) {
    this.name = name;
    this.subprotocol = subprotocol;
  }

  send(message: RouterMessage): SendFault | undefined {
    if (!this.isConnected) throw new Error(`${this.name} is sent ${message} after its connection was closed`);
    const { serializer } = subprotocolByName.get(this.subprotocol)!;
    const frame = serializer.encode(message);
    if (frame.length > MOST_SENT) return "too large";
    this.received.push(...wireOf(this.subprotocol).decode(frame));
    return undefined;
  }

  close(code: number): void {
    this.isConnected = false;
    this.received.push(["closed", code]);
  }

  save(): void {
    this.isChanged = true;
  }
}

/** Clients are numbered by places; `objects` are those of the realm, the core first. */
export class Side {
  readonly realm: ComparableRealm;
  readonly objects: readonly ModelObject[];
  readonly #clients = new Map<number, { readonly transport: SideTransport; readonly object: ModelObject }>();

  constructor(realm: ComparableRealm, objects: readonly ModelObject[]) {
    this.realm = realm;
    this.objects = objects;
  }

  /** Connects a client to an object; `cookie` is the id in its tracking cookie, if it has one. */
  connect(place: number, object: number, subprotocol: Subprotocol, known?: KnownClient, cookie?: string): void {
    const at = this.objects[object % this.objects.length]!;
    const transport = new SideTransport(`client ${place}`, subprotocol);
    this.#clients.set(place, { transport, object: at });
    const { sessions } = at.realm;
    if (known === undefined) {
      const http = { http_headers_received: {}, ...(cookie !== undefined && { http_cbtid: cookie }) };
      const facts = { is_secure: true, websocket_protocol: subprotocol, ...http };
      at.peers.set(
        transport,
        sessions.connect(transport, "203.0.113.7", () => facts),
      );
    } else {
      const { authid, authrole, roles } = known;
      const identity = { authid, authrole, authmethod: "ticket", authprovider: "static" };
      at.peers.set(transport, sessions.connectAs(transport, identity, roles as never));
    }
    at.after();
  }

  /** Hands a message of a client to its object. */
  send(place: number, message: Received): void {
    const { transport, object } = this.#clients.get(place)!;
    const [frame] = wireOf(transport.subprotocol).encode([message]);
    const { serializer } = subprotocolByName.get(transport.subprotocol)!;
    const elements = serializer.decode(frame!, { depth: 64 });
    if (!(elements instanceof DecodeFault)) return object.take(transport, elements);
    object.realm.sessions.abort(object.peers.get(transport)!, WampUri.PROTOCOL_VIOLATION, elements.reason);
    object.after();
  }

  /** Ends the connection of a client. */
  disconnect(place: number): void {
    const client = this.#clients.get(place);
    if (client === undefined) return;
    const { transport, object } = client;
    transport.isConnected = false;
    this.#clients.delete(place);
    object.realm.sessions.disconnect(object.peers.get(transport)!);
    object.peers.delete(transport);
    object.after();
  }

  /** Does what is on its way, until nothing happens any more, and the client at `awaited`, if any, has got something. */
  async settle(awaited?: number): Promise<void> {
    const transport = awaited === undefined ? undefined : this.#clients.get(awaited)?.transport;
    for (let quiet = 0; quiet < 3; ) {
      const batches = this.realm.deliver();
      await setImmediate();
      quiet = batches > 0 || transport?.received.length === 0 ? 0 : quiet + 1;
    }
  }

  /** Lets time pass. */
  advance(milliseconds: number): void {
    this.realm.advance(milliseconds);
  }

  /** May all objects sleep? */
  get isIdle(): boolean {
    return this.objects.every(({ isIdle }) => isIdle);
  }

  /** Evicts all objects. */
  sleep(): void {
    for (const object of this.objects) object.sleepAndWake();
  }

  /** place → what the client has received since the last call. Connections that were closed end. */
  take(): Map<number, Received[]> {
    const received = new Map<number, Received[]>();
    for (const [place, { transport }] of this.#clients) {
      if (transport.received.length > 0) received.set(place, transport.received.splice(0));
      if (!transport.isConnected) this.disconnect(place);
    }
    return received;
  }
}
