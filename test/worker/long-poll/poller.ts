/** A long-poll client inside workerd: HTTP requests to the Worker's own fetch handler. */

import { exports } from "cloudflare:workers";

export interface Poller {
  readonly transport: string;
  readonly protocol: string;
  /** POST to one of the transport's paths. */
  post(action: string, body?: BodyInit): Promise<Response>;
  /** Sends a message as JSON; throws unless the answer is 204. */
  send(message: readonly unknown[]): Promise<void>;
  /** The message that a poll brings. */
  next(): Promise<unknown[]>;
}

/** POST to a path, without anything a long-poll client need not send. */
export function post(path: string, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch(`http://router.test${path}`, { method: "POST", ...init });
}

/** Opens a transport to a realm. */
export async function openPoller(realm: string, protocols: readonly string[] = ["wamp.2.json"]): Promise<Poller> {
  const opened = await post(`/lp/${realm}/open`, { body: JSON.stringify({ protocols }) });
  if (opened.status !== 200) throw new Error(`not opened but ${opened.status}: ${await opened.text()}`);
  const { transport, protocol } = (await opened.json()) as { transport: string; protocol: string };
  const call = (action: string, body?: BodyInit) =>
    post(`/lp/${realm}/${transport}/${action}`, body === undefined ? {} : { body });
  return {
    transport,
    protocol,
    post: call,
    send: async (message) => {
      const { status } = await call("send", JSON.stringify(message));
      if (status !== 204) throw new Error(`not sent but ${status}`);
    },
    next: async () => (await call("receive")).json(),
  };
}

/** Opens a transport and joins the realm. */
export async function joinByPolling(realm: string): Promise<Poller> {
  const poller = await openPoller(realm);
  await poller.send([1, realm, { roles: { publisher: {}, subscriber: {}, caller: {}, callee: {} } }]);
  const welcome = await poller.next();
  if (welcome[0] !== 2) throw new Error(`no WELCOME but ${JSON.stringify(welcome)}`);
  return poller;
}
