/** Gives black-box tests a realm of their own, and raw clients that are closed when the test ends. */

import { expect } from "vitest";
import { freshRealm, type Router } from "./harness.ts";
import { ID, RawClient, type RawClientOptions } from "./raw-client.ts";
import type { Subprotocol } from "./wire.ts";

/** The parameters of one run of the suite. */
export interface SuiteOptions {
  readonly subprotocol: Subprotocol;
  /** Put the realm's objects to sleep before each message that is sent. */
  readonly evict: boolean;
  /** The realm has relays, over which its sessions are spread. */
  readonly hasRelays?: boolean;
}

/** Makes the realms of a test file; `router` is called when a test runs, after the file's `beforeAll`. */
export class RouterUnderTest {
  readonly subprotocol: Subprotocol;
  readonly hasRelays: boolean;
  readonly #router: () => Router;
  readonly #evict: boolean;

  constructor(router: () => Router, { subprotocol, evict, hasRelays = false }: SuiteOptions) {
    this.#router = router;
    this.hasRelays = hasRelays;
    this.subprotocol = subprotocol;
    this.#evict = evict;
  }

  /**
   * Asserts that a topic whose subscription had ended got the subscription id `fresh`: another one than `left`, but the
   * same over relays, which make the id of the topic.
   */
  expectFresh(fresh: unknown, left: unknown): void {
    if (this.hasRelays) expect(fresh).toBe(left);
    else expect(fresh).not.toBe(left);
  }

  /** Returns an unused realm of one of the families in the test configuration. */
  newRealm(family?: string): RealmUnderTest {
    return new RealmUnderTest(this.#router(), freshRealm(family), this.subprotocol, this.#evict);
  }
}

/** One realm and its clients; their sockets end with the scope of `using realm = …`. */
export class RealmUnderTest implements Disposable {
  readonly name: string;
  readonly #router: Router;
  readonly #subprotocol: Subprotocol;
  readonly #evicts: boolean;
  readonly #clients: RawClient[] = [];
  #eviction: Promise<void> | undefined;
  /** Objects that have slept. */
  readonly #slept = new Set<string>();

  constructor(router: Router, name: string, subprotocol: Subprotocol, evicts: boolean) {
    this.name = name;
    this.#router = router;
    this.#subprotocol = subprotocol;
    this.#evicts = evicts;
  }

  /** Opens a socket without a session. */
  async connect(options: RawClientOptions & { url?: string; subprotocol?: Subprotocol } = {}): Promise<RawClient> {
    const client = await RawClient.connect(
      options.url ?? this.#router.realmUrl(this.name),
      options.subprotocol ?? this.#subprotocol,
      {
        beforeSend: () => this.#sleep(),
        ...options,
      },
    );
    this.#clients.push(client);
    return client;
  }

  /** Opens a client with a session; `details` go into HELLO. */
  async join(details?: object, subprotocol = this.#subprotocol): Promise<RawClient> {
    const client = await this.connect({ subprotocol });
    await client.join(this.name, details);
    return client;
  }

  /** Opens two clients with a session each; `second` is the subprotocol of the second one. */
  async pair(second?: Subprotocol): Promise<[RawClient, RawClient]> {
    return [await this.join(), await this.join(undefined, second)];
  }

  /**
   * Ends `client` by `how`, and returns when the router has noticed: a call of `observer` that `client` has not
   * answered fails then (LEAVE-05).
   */
  async vanish(client: RawClient, observer: RawClient, how: (client: RawClient) => unknown): Promise<void> {
    await client.send([64, 800_001, {}, "test.suite.watched"]);
    await client.expect([65, 800_001, ID]);
    await observer.send([48, 800_002, {}, "test.suite.watched"]);
    await client.next();
    await how(client);
    await observer.expectError(48, 800_002, "wamp.error.canceled");
  }

  [Symbol.dispose](): void {
    for (const { socket } of this.#clients) socket.terminate();
  }

  /** Puts the object to sleep, if this run evicts it. */
  async #sleep(): Promise<void> {
    if (!this.#evicts) return;
    this.#eviction ??= this.#evictAll().finally(() => {
      this.#eviction = undefined;
    });
    await this.#eviction;
  }

  async #evictAll(): Promise<void> {
    const objects = this.#router.objectsOf(this.name);
    await Promise.all(objects.map((object) => this.#evict(object, objects.length > 1)));
  }

  async #evict(object: string, isOneOfMany: boolean): Promise<void> {
    try {
      await this.#router.evict(object);
      this.#slept.add(object);
    } catch (fault) {
      // The object may still sleep after a message that is not answered, and one of many may be unused. Otherwise it
      // must be awake before its first eviction.
      const maySleep = isOneOfMany || this.#slept.has(object);
      if (!maySleep || !/not currently running/.test((fault as Error).message)) throw fault;
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
