/** A realm of a running router, with the interface of `testRealm`: its sessions are real WebSockets. */

import { UserError } from "../../cli/project/user-error.ts";
import type { SessionDetails } from "../../client/channel-session.ts";
import type { Login } from "../../client/login.ts";
import { openWebSocket } from "../../client/web-socket-channel.ts";
import { ApplicationError } from "../../wamp/local/application-error.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import type { Id, List, Uri } from "../../wamp/protocol/values.ts";
import { type RpcOutcome, readRpcOutcome } from "../../worker/routing/realm-rpc.ts";
import type { JoinOptions, RealmUnderTest } from "../realm-under-test.ts";
import { AGENT, TestSession } from "../test-session.ts";
import type { RouterConfig } from "./router-config.ts";

/** What a realm needs of its router. */
export interface RouterRealmContext extends Pick<RouterConfig, "sign"> {
  /** For WebSockets. */
  readonly url: string;
  /** Destroys the realm's objects; with "close" their sockets, too. */
  evict(webSockets: "hibernate" | "close"): Promise<void>;
  /** Calls a procedure of the realm without a session, with every permission. */
  call(procedure: Uri, args: List): Promise<RpcOutcome>;
}

/** What `join` ends with where the router does not have the configuration that it was given. */
const REFUSALS: readonly unknown[] = [
  WampUri.NO_SUCH_REALM,
  WampUri.NO_MATCHING_AUTH_METHOD,
  WampUri.AUTHENTICATION_DENIED,
];
const KEEPS_CONFIG =
  "a Worker that mounts createApp(config) keeps its own configuration; write router(config, components) and createApp()";

/** Number of sessions that have joined without a name. */
let unnamed = 0;

/** A realm in workerd. */
export class RouterRealm implements RealmUnderTest, AsyncDisposable {
  readonly name: Uri;
  readonly #context: RouterRealmContext;
  readonly #sessions = new Set<TestSession>();
  /** What handlers of events in the test have thrown. */
  readonly #thrown: unknown[] = [];

  /** `TestRouter.realm` makes it. */
  constructor(name: Uri, context: RouterRealmContext) {
    this.name = name;
    this.#context = context;
  }

  /** Opens a session with a token that the router accepts; its `authmethod` and `authprovider` are `jwt`. */
  async join(options: JoinOptions = {}): Promise<TestSession> {
    const { authid = `test-${++unnamed}`, role = "anonymous", authmethod, authprovider, authextra } = options;
    if (authmethod !== undefined || authprovider !== undefined) {
      throw new UserError("a session of startRouter joins with a token: its authmethod and authprovider are jwt");
    }
    const token = await this.#context.sign(this.name, authid, role);
    const login = { method: "jwt", token, authid, ...(authextra !== undefined && { authextra }) } as const;
    return this.login(login).catch((error: Partial<ApplicationError>) => {
      if (error.uri === WampUri.NO_SUCH_ROLE) throw new TypeError(`the realm ${this.name} has no role ${role}`);
      if (!REFUSALS.includes(error.uri)) throw error;
      throw new UserError(`the router refused the token of startRouter (${error.message}): ${KEEPS_CONFIG}`, {
        cause: error,
      });
    });
  }

  async login(login: Login): Promise<TestSession> {
    const context = {
      realm: this.name,
      agent: AGENT,
      connect: openWebSocket.bind(undefined, this.#context.url),
      onThrown: (error: unknown, _: string, handler: "event" | "call") => {
        if (handler === "event") this.#thrown.push(error);
      },
    };
    const session = await TestSession.open(context, login);
    this.#sessions.add(session);
    void session.ended.then(() => this.#sessions.delete(session));
    return session;
  }

  /** After a sleep the order is any. */
  async sessions(): Promise<SessionDetails[]> {
    const [ids] = await this.#call("wamp.session.list", []);
    const found = (ids as readonly Id[]).map((id) => this.#session(id));
    return (await Promise.all(found)).filter((session) => session !== undefined);
  }

  async sleep(): Promise<void> {
    await this.#context.evict("hibernate");
    await this.#wake();
  }

  /** Ends the realm's objects and all connections, as a new version does, and starts it again. */
  async restart(): Promise<void> {
    await this.#context.evict("close");
    await this.#wake();
  }

  /** Ends the sessions. Throws what handlers of events in the test have thrown, such as failed expectations. */
  async stop(): Promise<void> {
    await Promise.all(Array.from(this.#sessions, (session) => session.disconnect()));
    const [first, ...others] = this.#thrown.splice(0);
    if (others.length > 0) throw new AggregateError([first, ...others], "several handlers of events have thrown");
    if (first !== undefined) throw first;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #session(id: Id): Promise<SessionDetails | undefined> {
    try {
      const [details] = await this.#call("wamp.session.get", [id]);
      return details as SessionDetails;
    } catch (error) {
      // It has left meanwhile.
      if (error instanceof ApplicationError && error.uri === WampUri.NO_SUCH_SESSION) return undefined;
      throw error;
    }
  }

  /** Any call wakes a realm. */
  async #wake(): Promise<void> {
    await this.#call("wamp.session.count", []);
  }

  /** Calls a meta procedure; returns the arguments of its result. */
  async #call(procedure: Uri, args: List): Promise<List> {
    const result = readRpcOutcome(await this.#context.call(procedure, args));
    if (result.kind === "refused") throw new ApplicationError(result.uri, [result.message]);
    const { outcome } = result;
    if (outcome.ok) return outcome.args;
    throw new ApplicationError(outcome.uri, outcome.args, outcome.kwargs);
  }
}
