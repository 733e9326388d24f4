/** Where a black-box test plays: a realm of its own and raw clients that are gone when the test leaves it. */

import { freshRealm, type Router } from "./harness.ts";
import { ID, RawClient, type RawClientOptions } from "./raw-client.ts";
import type { Subprotocol } from "./wire.ts";

/** How a run of the suite differs from the others. */
export interface StageOptions {
  readonly subprotocol: Subprotocol;
  /** Put the realm's object to sleep before each message that is sent. */
  readonly evict: boolean;
}

/** The stage of a test file; `router` is asked for when a test runs, after the file's `beforeAll`. */
export class Stage {
  readonly subprotocol: Subprotocol;
  readonly #router: () => Router;
  readonly #evict: boolean;

  constructor(router: () => Router, { subprotocol, evict }: StageOptions) {
    this.#router = router;
    this.subprotocol = subprotocol;
    this.#evict = evict;
  }

  /** A realm nobody used before, of one of the families in the test configuration. */
  room(family?: string): Room {
    return new Room(this.#router(), freshRealm(family), this.subprotocol, this.#evict);
  }
}

/** One realm and the clients that enter it; their sockets end with the scope of `using room = …`. */
export class Room implements Disposable {
  readonly realm: string;
  readonly url: string;
  readonly #router: Router;
  readonly #subprotocol: Subprotocol;
  readonly #evicts: boolean;
  readonly #clients: RawClient[] = [];
  #eviction: Promise<void> | undefined;
  #hasSlept = false;

  constructor(router: Router, realm: string, subprotocol: Subprotocol, evicts: boolean) {
    this.realm = realm;
    this.url = router.realmUrl(realm);
    this.#router = router;
    this.#subprotocol = subprotocol;
    this.#evicts = evicts;
  }

  /** A socket without a session. */
  async connect(options: RawClientOptions & { url?: string; subprotocol?: Subprotocol } = {}): Promise<RawClient> {
    const client = await RawClient.connect(options.url ?? this.url, options.subprotocol ?? this.#subprotocol, {
      beforeSend: () => this.#sleep(),
      ...options,
    });
    this.#clients.push(client);
    return client;
  }

  /** A client with a session; `details` go into HELLO. */
  async join(details?: object, subprotocol = this.#subprotocol): Promise<RawClient> {
    const client = await this.connect({ subprotocol });
    await client.join(this.realm, details);
    return client;
  }

  /** Two clients with a session each, the second one perhaps over another subprotocol. */
  async pair(second?: Subprotocol): Promise<[RawClient, RawClient]> {
    return [await this.join(), await this.join(undefined, second)];
  }

  /**
   * Lets `client` vanish by `how` and returns when the router has noticed: a call of `observer` that
   * `client` left open is then answered (LEAVE-05).
   */
  async vanish(client: RawClient, observer: RawClient, how: (client: RawClient) => unknown): Promise<void> {
    await client.send([64, 800_001, {}, "test.stage.watched"]);
    await client.expect([65, 800_001, ID]);
    await observer.send([48, 800_002, {}, "test.stage.watched"]);
    await client.next();
    await how(client);
    await observer.expectError(48, 800_002, "wamp.error.canceled");
  }

  [Symbol.dispose](): void {
    for (const { socket } of this.#clients) socket.terminate();
  }

  /** Puts the object to sleep where this run does. */
  async #sleep(): Promise<void> {
    if (!this.#evicts) return;
    this.#eviction ??= this.#evict().finally(() => {
      this.#eviction = undefined;
    });
    await this.#eviction;
  }

  async #evict(): Promise<void> {
    try {
      await this.#router.evict(this.realm);
      this.#hasSlept = true;
    } catch (fault) {
      // It may still sleep, while a message that is not answered is on its way. The first time it must have been awake.
      if (!this.#hasSlept || !/not currently running/.test((fault as Error).message)) throw fault;
    }
  }
}

/** The ways a session ends from the client's side (LEAVE-07). */
export const WAYS_TO_LEAVE: readonly [name: string, how: (client: RawClient) => unknown][] = [
  ["GOODBYE", (client) => client.leave()],
  ["ABORT", (client) => client.send([3, {}, "wamp.close.system_shutdown"])],
  ["a close frame", (client) => client.socket.close(1000)],
  ["a lost connection", (client) => client.socket.terminate()],
];
