/** Fixed conversations with a realm over its real connections, whose allocations and frames are counted. */

import { encode } from "@msgpack/msgpack";
import { subprotocolByName } from "../../src/wamp/serializers/subprotocols.ts";
import type { Peer } from "../../src/wamp/session/peer.ts";
import { Connection, type ConnectionContext } from "../../src/worker/realm/connection.ts";
import { FlushScheduler } from "../../src/worker/realm/flush-scheduler.ts";
import { FrameEncoder } from "../../src/worker/realm/frame-encoder.ts";
import { UnreadBudget } from "../../src/worker/realm/unread-budget.ts";
import { ALL_ROLES, realmConfig, TestRealm } from "../wamp/host/test-realm.ts";

/** The exchanges of one kind, one after the other; every frame of a client is built beforehand. */
export interface Conversation {
  readonly name: string;
  /** Runs exchange `number`, which counts up from 1. */
  exchange(number: number): void;
  /** Frames that the router has sent, each a call into the platform. */
  framesSent(): number;
}

type ClientFrame = string | ArrayBuffer;

const PAYLOAD = ["x".repeat(64)];
const HELLO = [1, "realm1", { roles: ALL_ROLES }];
const GOODBYE = [6, {}, "wamp.close.close_realm"];

/** Returns the conversations, each with a realm of its own and frames for `exchanges` exchanges. */
export function newConversations(exchanges: number): Conversation[] {
  return [
    ...["wamp.2.json", "wamp.2.msgpack"].flatMap((subprotocol) => [
      callConversation(subprotocol, exchanges),
      eventConversation(subprotocol, exchanges),
    ]),
    helloConversation("wamp.2.json"),
  ];
}

/** CALL, INVOCATION, YIELD, RESULT. */
function callConversation(subprotocol: string, exchanges: number): Conversation {
  const router = new Router();
  const [caller, callee] = [router.join(subprotocol), router.join(subprotocol)];
  callee.receive(frame(subprotocol, [64, 1, {}, "com.example.echo"]));
  const calls = frames(subprotocol, exchanges, (number) => [48, number, {}, "com.example.echo", PAYLOAD]);
  const results = frames(subprotocol, exchanges, (number) => [70, number, {}, PAYLOAD]);
  return {
    name: `CALL ${subprotocol}`,
    exchange: (number) => {
      caller.receive(calls[number - 1]!);
      callee.receive(results[number - 1]!);
    },
    framesSent: () => router.framesSent,
  };
}

/** PUBLISH and EVENT to ten subscribers. */
function eventConversation(subprotocol: string, exchanges: number): Conversation {
  const router = new Router();
  const publisher = router.join(subprotocol);
  for (let count = 0; count < 10; count++) {
    router.join(subprotocol).receive(frame(subprotocol, [32, 1, {}, "com.example.news"]));
  }
  const publications = frames(subprotocol, exchanges, (number) => [16, number, {}, "com.example.news", PAYLOAD]);
  return {
    name: `PUBLISH to 10 ${subprotocol}`,
    exchange: (number) => publisher.receive(publications[number - 1]!),
    framesSent: () => router.framesSent,
  };
}

/** A connection, HELLO, WELCOME, GOODBYE, GOODBYE. */
function helloConversation(subprotocol: string): Conversation {
  const router = new Router();
  const [hello, goodbye] = [frame(subprotocol, HELLO), frame(subprotocol, GOODBYE)];
  return {
    name: `HELLO ${subprotocol}`,
    exchange: () => {
      const client = router.connect(subprotocol);
      client.receive(hello);
      client.receive(goodbye);
      client.disconnect();
    },
    framesSent: () => router.framesSent,
  };
}

function frames(subprotocol: string, count: number, message: (number: number) => unknown[]): ClientFrame[] {
  return Array.from({ length: count }, (_, index) => frame(subprotocol, message(index + 1)));
}

/** A message as it comes from the platform. */
function frame(subprotocol: string, message: unknown[]): ClientFrame {
  return subprotocol === "wamp.2.json" ? JSON.stringify(message) : encode(message).slice().buffer;
}

/** A realm whose connections write to sockets that count; its clock advances a second with each message. */
class Router {
  framesSent = 0;
  readonly host = new TestRealm();
  readonly context: ConnectionContext;
  readonly #flushScheduler = new FlushScheduler();

  constructor() {
    const { limits } = realmConfig();
    this.context = {
      limits,
      relay: undefined,
      encoder: new FrameEncoder(),
      monitor: this.host.realm.monitor,
      budget: new UnreadBudget(
        limits,
        () => this.flush(),
        () => this.host.time,
      ),
      queued: (connection) => this.#flushScheduler.add(connection),
      flush: () => this.flush(),
      changed: () => {},
      overflowed: () => {
        throw new Error("a connection overflowed");
      },
    };
  }

  connect(subprotocol: string): Client {
    return new Client(this, subprotocol);
  }

  join(subprotocol: string): Client {
    const client = this.connect(subprotocol);
    client.receive(frame(subprotocol, HELLO));
    return client;
  }

  flush(): void {
    this.#flushScheduler.flush();
  }
}

/** A client and its connection. */
class Client {
  readonly #router: Router;
  readonly #connection: Connection;
  readonly #peer: Peer;

  constructor(router: Router, subprotocol: string) {
    this.#router = router;
    const socket = { send: () => void router.framesSent++, close: () => {} };
    this.#connection = new Connection(
      socket as unknown as WebSocket,
      subprotocolByName.get(subprotocol)!,
      router.context,
    );
    this.#peer = router.host.realm.sessions.connect(this.#connection);
    this.#connection.peer = this.#peer;
  }

  receive(data: ClientFrame): void {
    this.#router.host.time += 1000;
    this.#connection.receive(this.#router.host.realm, this.#peer, data);
    this.#router.flush();
  }

  disconnect(): void {
    this.#connection.ended();
    this.#router.host.realm.sessions.disconnect(this.#peer);
  }
}
