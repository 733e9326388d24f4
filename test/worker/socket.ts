/** A WAMP client inside workerd: JSON lists over a WebSocket of the Worker's own fetch handler. */

import { exports } from "cloudflare:workers";

export interface TestClient {
  readonly socket: WebSocket;
  /** Sends a message as it is. */
  send(message: readonly unknown[]): void;
  /** The next message that has come or comes. */
  next(): Promise<unknown[]>;
}

const ROLES = { roles: { publisher: {}, subscriber: {}, caller: {}, callee: {} } };

/** Connects to `/ws/:realm` and joins it; `router` is the Worker, or the realm's object itself. */
export async function join(realm: string, router: Pick<Fetcher, "fetch"> = exports.default): Promise<TestClient> {
  const client = await connect(realm, router);
  client.send([1, realm, ROLES]);
  const welcome = await client.next();
  if (welcome[0] !== 2) throw new Error(`no WELCOME but ${JSON.stringify(welcome)}`);
  return client;
}

export async function connect(realm: string, router: Pick<Fetcher, "fetch"> = exports.default): Promise<TestClient> {
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };
  const response = await router.fetch(`http://router.test/ws/${realm}`, { headers });
  const socket = response.webSocket;
  if (socket === null) throw new Error(`no socket but ${response.status}`);
  const received: unknown[][] = [];
  const waiting: ((message: unknown[]) => void)[] = [];
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as unknown[];
    const waiter = waiting.shift();
    if (waiter === undefined) received.push(message);
    else waiter(message);
  });
  socket.accept();
  return {
    socket,
    send: (message) => socket.send(JSON.stringify(message)),
    next: () => {
      const message = received.shift();
      return message !== undefined ? Promise.resolve(message) : new Promise((resolve) => waiting.push(resolve));
    },
  };
}
