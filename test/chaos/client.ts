/** A WAMP client for routers that end at any time: each request is answered, refused or lost with the connection. */

export type Message = readonly unknown[];

/** The connection closed before the answer arrived. */
export class Lost extends Error {}

/** Throws an error again, unless it is that of a connection that closed. */
export function unlessLost(error: unknown): void {
  if (!(error instanceof Lost)) throw error;
}

const ROLES = {
  publisher: {},
  subscriber: {},
  caller: { features: { progressive_call_results: true } },
  callee: { features: { progressive_call_results: true, call_canceling: true, shared_registration: true } },
};

/** The connection of a client. */
export interface Connection {
  send(text: string): void;
  close(): void;
}

/** A client of one connection. */
export class Client {
  /** EVENTs in the order of arrival. */
  readonly events: Message[] = [];
  /** Answers to requests that had one before. */
  readonly surplus: Message[] = [];
  /** Takes each INVOCATION. */
  onInvocation: (message: Message) => void = () => {};
  isOpen = true;
  /** The session id; 0 before WELCOME. */
  session = 0;
  readonly #connection: Connection;
  /** Request id → the promise of its answer; 0 is HELLO. */
  readonly #waiting = new Map<number, { resolve: (message: Message) => void; reject: (error: Lost) => void }>();
  /** CALL.Request → the Arguments of its progressive results */
  readonly #progress = new Map<number, unknown[]>();
  #request = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Sends HELLO; resolves once the session is open. */
  async hello(realm: string): Promise<void> {
    const [, session] = await this.#await(0, [1, realm, { roles: ROLES }]);
    this.session = session as number;
  }

  /** Sends a request (`type`) and resolves to the final answer, also to ERROR; rejects with `Lost`. */
  ask(type: 16 | 32 | 48 | 64, options: object, uri: string, ...payload: unknown[]): Promise<Message> {
    const request = ++this.#request;
    return this.#await(request, [type, request, options, uri, ...payload]);
  }

  /** Sends a message, unless the connection is closed. */
  send(message: Message): void {
    if (this.isOpen) this.#connection.send(JSON.stringify(message));
  }

  /** Calls a procedure; resolves to the Arguments of RESULT and rejects with the ERROR. */
  async call(procedure: string, args: unknown[], kwargs: object = {}): Promise<unknown[]> {
    const answer = await this.ask(48, {}, procedure, args, kwargs);
    if (answer[0] !== 50) throw new Error(`${procedure}: ${JSON.stringify(answer)}`);
    return (answer[3] ?? []) as unknown[];
  }

  /** Returns the Arguments of the progressive results before the final answer of a call, once. */
  takeProgress(answer: Message): unknown[] {
    const request = (answer[0] === 8 ? answer[2] : answer[1]) as number;
    const progress = this.#progress.get(request) ?? [];
    this.#progress.delete(request);
    return progress;
  }

  close(): void {
    this.#connection.close();
  }

  /** Takes a message of the router. */
  receive(message: Message): void {
    const [type, first, second] = message;
    if (type === 36) return void this.events.push(message);
    if (type === 68) return this.onInvocation(message);
    // GOODBYE comes before the end of the connection; a callee that answers at once ignores INTERRUPT.
    if (type === 6 || type === 69) return;
    if (type === 50 && (second as { progress?: boolean }).progress === true) {
      const request = first as number;
      return void this.#progress.set(request, [...(this.#progress.get(request) ?? []), message[3]]);
    }
    const request = type === 2 || type === 3 ? 0 : ((type === 8 ? second : first) as number);
    const waiting = this.#waiting.get(request);
    this.#waiting.delete(request);
    if (waiting === undefined) this.surplus.push(message);
    else if (type === 3) waiting.reject(new Lost(JSON.stringify(message)));
    else waiting.resolve(message);
  }

  /** The connection has closed. */
  lose(): void {
    this.isOpen = false;
    for (const { reject } of this.#waiting.values()) reject(new Lost("the connection is closed"));
    this.#waiting.clear();
  }

  #await(request: number, message: Message): Promise<Message> {
    const answer = new Promise<Message>((resolve, reject) => {
      if (!this.isOpen) return reject(new Lost("the connection is closed"));
      this.#waiting.set(request, { resolve, reject });
    });
    this.send(message);
    return answer;
  }
}
