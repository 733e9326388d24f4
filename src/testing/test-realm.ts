/** A realm of a configuration in this process, in memory, for tests. */

import type { ChannelReceiver } from "../client/channel.ts";
import type { ChannelSessionContext, SessionDetails } from "../client/channel-session.ts";
import type { Login } from "../client/login.ts";
import type { AuditRecord } from "../wamp/host/audit-record.ts";
import { type LogLine, thrown } from "../wamp/host/log-line.ts";
import type { TransportInfo } from "../wamp/host/transport.ts";
import type { Components } from "../wamp/local/component.ts";
import { isVisible, sessionDetails } from "../wamp/meta/session-details.ts";
import { CloseCode } from "../wamp/protocol/close-code.ts";
import type { Dict, Uri } from "../wamp/protocol/values.ts";
import type { ConfigInput } from "../worker/config/config-schema.ts";
import { loadRealm, unservedParts } from "./load-realm.ts";
import type { MemoryConnection } from "./memory-connection.ts";
import { channelOf, MemoryRealm, type MemoryWorld } from "./memory-realm.ts";
import { MemoryStore } from "./memory-store.ts";
import { realTime } from "./real-time.ts";
import type { JoinOptions, RealmUnderTest } from "./realm-under-test.ts";
import { SeededRandom } from "./seeded-random.ts";
import { AGENT, TestSession } from "./test-session.ts";

/** Milliseconds. A realm that wakes at the time it fell asleep would give the same ids to later invocations. */
const SLEEP_MS = 1;

/** Settings of `testRealm`. */
export interface TestRealmOptions {
  /** The components that the configuration may name, as for `router`. */
  readonly components?: Components;
  /** Bindings: secrets that the configuration names by `{ "env": NAME }`, and `env` of components. */
  readonly env?: Dict;
  /** Name of the realm, where the configuration has several or a pattern. */
  readonly realm?: Uri;
  /** The time at the start; milliseconds since the epoch. By default the present. */
  readonly now?: number;
  /** Another seed gives other ids. */
  readonly seed?: number;
  /** Answers the requests of the realm, such as those for a JWKS. Without it they fail. */
  readonly fetch?: typeof fetch;
}

/** The connection of a login, as the realm's authenticators see it. */
export type TestTransport = Partial<TransportInfo>;

/**
 * Starts a realm of a configuration, with its components. Throws an error that lists all faults of the configuration,
 * each with its path, one per line, or says which Node it needs.
 */
export async function testRealm(config: ConfigInput, options: TestRealmOptions = {}): Promise<TestRealm> {
  // The first that the code of realms needs and Node 20 lacks. The Workers runtime and others have no version of Node.
  if (Promise.withResolvers === undefined) throw new Error("testRealm needs Node 22.12 or newer");
  const { components = {}, env = {}, realm, now = Date.now(), seed = 1, fetch } = options;
  const world: MemoryWorld = {
    ...loadRealm(config, components, env, realm),
    ...{ components, env, fetch, random: new SeededRandom(seed), store: new MemoryStore() },
    ...{ logs: [], audit: [], time: now, traffic: 0 },
  };
  const awake = new MemoryRealm(world);
  await awake.wake();
  for (const line of unservedParts(world.config)) awake.log(line);
  return new TestRealm(world, awake);
}

/** The time of a realm, which stands still between calls of `advance`. */
export interface TestClock {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Advances the time. What is due on the way happens at its time, and handlers run before the time goes on. */
  advance(milliseconds: number): Promise<void>;
}

/** A realm in memory. */
export class TestRealm implements RealmUnderTest, AsyncDisposable {
  readonly clock: TestClock;
  readonly #world: MemoryWorld;
  #awake: MemoryRealm;
  /** What handlers of events in the test have thrown. */
  readonly #thrown: unknown[] = [];
  #joined = 0;

  /** `testRealm` makes it. */
  constructor(world: MemoryWorld, awake: MemoryRealm) {
    this.#world = world;
    this.#awake = awake;
    this.clock = {
      get now() {
        return world.time;
      },
      advance: (milliseconds) => this.#advance(milliseconds),
    };
  }

  get name(): Uri {
    return this.#world.name;
  }

  /** The log lines so far: of the realm, of its components, and of handlers in the test that have thrown. */
  get logs(): readonly LogLine[] {
    return this.#world.logs;
  }

  /** The audit records so far; roles with `"audit": true` have them. */
  get audit(): readonly AuditRecord[] {
    return this.#world.audit;
  }

  async join(options: JoinOptions = {}): Promise<TestSession> {
    const {
      authid = `test-${++this.#joined}`,
      role = "anonymous",
      authmethod = "test",
      authprovider = "test",
    } = options;
    if (!this.#awake.realm.access.authorization.hasRole(role)) {
      const roles = this.#world.config.roles.map(({ name }) => name).join(", ");
      throw new TypeError(`the realm ${this.name} has no role ${role}; it has ${roles}`);
    }
    const { authextra } = options;
    const identity = { authid, authrole: role, authmethod, authprovider, ...(authextra && { authextra }) };
    return TestSession.open(this.#context((realm, receiver) => realm.connectAs(receiver, identity)));
  }

  /** `transport` is what authenticators see of the connection: by default one with TLS from 127.0.0.1. */
  async login(login: Login, transport: TestTransport = {}): Promise<TestSession> {
    return TestSession.open(
      this.#context((realm, receiver) => realm.connect(receiver, transport)),
      login,
    );
  }

  async sessions(): Promise<SessionDetails[]> {
    const sessions = [...this.#awake.realm.sessions.byId.values()];
    return sessions.filter(isVisible).map((session) => sessionDetails(session) as unknown as SessionDetails);
  }

  /** Resolves when all messages have arrived and their handlers have run, up to what these wait for elsewhere. */
  async settled(): Promise<void> {
    let traffic: number;
    do {
      traffic = this.#world.traffic;
      await realTime.turn();
    } while (traffic !== this.#world.traffic);
  }

  async sleep(): Promise<void> {
    await this.settled();
    const former = this.#awake;
    former.flush();
    this.#world.time += SLEEP_MS;
    this.#awake = new MemoryRealm(this.#world);
    await this.#awake.wake(former);
    await this.settled();
  }

  /** Ends the realm's object and all connections, as a new version does, and starts it again. */
  async restart(): Promise<void> {
    await this.settled();
    const former = this.#awake;
    const connections = [...former.connections];
    former.end();
    this.#world.time += SLEEP_MS;
    this.#awake = new MemoryRealm(this.#world);
    for (const { receiver } of connections) receiver.onClose(CloseCode.RESTART, "the router restarts");
    await this.#awake.wake();
    await this.settled();
  }

  /** Ends the realm. Throws what handlers of events in the test have thrown, such as failed expectations. */
  async stop(): Promise<void> {
    await this.settled();
    this.#awake.end();
    const [first, ...others] = this.#thrown.splice(0);
    if (others.length > 0) throw new AggregateError([first, ...others], "several handlers of events have thrown");
    if (first !== undefined) throw first;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #advance(milliseconds: number): Promise<void> {
    const end = this.#world.time + milliseconds;
    await this.settled();
    for (;;) {
      const next = this.#awake.nextDeadline();
      if (next === undefined || next > end) break;
      this.#world.time = Math.max(this.#world.time, next);
      this.#awake.tick();
      await this.settled();
    }
    this.#world.time = end;
    this.#awake.flush();
    await this.settled();
  }

  #context(open: (realm: MemoryRealm, receiver: ChannelReceiver) => MemoryConnection): ChannelSessionContext {
    return {
      realm: this.name,
      agent: AGENT,
      connect: (receiver) => channelOf(open(this.#awake, receiver), () => this.#awake),
      onThrown: (error, authid, handler) => {
        if (handler === "event") this.#thrown.push(error);
        this.#awake.log({ level: "error", event: "handler.failed", authid, handler, ...thrown(error) });
      },
    };
  }
}
