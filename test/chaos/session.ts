/** A WAMP client for routers that end at any time: each request is answered, refused or lost with the socket. */

import { once } from "node:events";
import { WebSocket } from "ws";

type Message = readonly unknown[];

/** The socket closed before the answer arrived. */
export class Lost extends Error {}

/** A session of one socket. */
export class Session {
  readonly socket: WebSocket;
  /** Request id → the promise of its answer; 0 is HELLO. */
  readonly #waiting = new Map<number, { resolve: (message: Message) => void; reject: (error: Lost) => void }>();
  /** EVENTs in the order of arrival. */
  readonly events: Message[] = [];
  #request = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
  }

  /** Joins a realm; rejects when the router is not running. */
  static async join(url: string, realm: string): Promise<Session> {
    const socket = new WebSocket(`${url}/ws/${realm}`, "wamp.2.json", { perMessageDeflate: false });
    await Promise.race([
      once(socket, "open"),
      once(socket, "close").then(() => {
        throw new Lost("closed before it was open");
      }),
    ]);
    socket.on("error", () => {});
    const session = new Session(socket);
    const features = { publisher: {}, subscriber: {}, caller: {}, callee: {} };
    const welcome = new Promise<void>((resolve, reject) => {
      session.#waiting.set(0, { resolve: () => resolve(), reject });
    });
    socket.on("message", (data) => session.#receive(JSON.parse(String(data)) as Message));
    socket.on("close", () => {
      for (const { reject } of session.#waiting.values()) reject(new Lost("the socket is closed"));
      session.#waiting.clear();
    });
    socket.send(JSON.stringify([1, realm, { roles: features }]));
    await welcome;
    return session;
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Sends PUBLISH, SUBSCRIBE or CALL (`type`) and resolves to the answer, also to ERROR; rejects with `Lost`. */
  ask(type: 16 | 32 | 48, options: object, uri: string, ...payload: unknown[]): Promise<Message> {
    const request = ++this.#request;
    const answer = new Promise<Message>((resolve, reject) => {
      if (!this.isOpen) return reject(new Lost("the socket is closed"));
      this.#waiting.set(request, { resolve, reject });
    });
    if (this.isOpen) this.socket.send(JSON.stringify([type, request, options, uri, ...payload]));
    return answer;
  }

  /** Calls a procedure; resolves to the Arguments of RESULT and rejects with the ERROR. */
  async call(procedure: string, args: unknown[], kwargs: object = {}): Promise<unknown[]> {
    const answer = await this.ask(48, {}, procedure, args, kwargs);
    if (answer[0] !== 50) throw new Error(`${procedure}: ${JSON.stringify(answer)}`);
    return (answer[3] ?? []) as unknown[];
  }

  close(): void {
    this.socket.terminate();
  }

  #receive(message: Message): void {
    const [type] = message;
    if (type === 36) return void this.events.push(message);
    const request = type === 2 || type === 3 ? 0 : ((type === 8 ? message[2] : message[1]) as number);
    const waiting = this.#waiting.get(request);
    this.#waiting.delete(request);
    if (type === 3) waiting?.reject(new Lost(JSON.stringify(message)));
    else waiting?.resolve(message);
  }
}
