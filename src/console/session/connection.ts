/** The session of the console: login, what to do when the connection is lost, and the credentials, in memory only. */

import { useEffect, useState } from "preact/hooks";
import { ChannelSession } from "../../client/channel-session.ts";
import type { Login } from "../../client/login.ts";
import { retryDelayMs } from "../../client/retry-delays.ts";
import { openWebSocket } from "../../client/web-socket-channel.ts";
import { ApplicationError } from "../../wamp/local/application-error.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import type { Dict } from "../../wamp/protocol/values.ts";
import { withFrames } from "./frames.ts";

/** Where the session is. */
export type ConnectionState =
  /** No session; `fault` is why the last one ended or the login was refused. */
  | { readonly kind: "out"; readonly fault?: Fault }
  | { readonly kind: "joining" }
  /** The realm asks for a further proof, such as a code. */
  | { readonly kind: "challenged"; readonly method: string; readonly extra: Dict; answer(text: string): void }
  | { readonly kind: "open"; readonly session: ChannelSession }
  /** The connection is lost; the console tries again at `retryAt`, milliseconds since the epoch. */
  | { readonly kind: "lost"; readonly reason: string; readonly retryAt: number };

/** An error URI, empty for an error of the page itself, and its message. */
export interface Fault {
  readonly uri: string;
  readonly message: string;
}

/** The one session of the page. */
export class RealmConnection {
  #state: ConnectionState = { kind: "out" };
  #credentials: { readonly realm: string; readonly login: Login } | undefined;
  #attempts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();

  get state(): ConnectionState {
    return this.#state;
  }

  /** Calls `listener` after each change of `state`; returns what stops that. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Logs in, and keeps the credentials until `logout` or until the router refuses them. */
  async login(realm: string, login: Login): Promise<void> {
    this.#credentials = { realm, login };
    await this.#join();
  }

  /** Leaves the realm and forgets the credentials. */
  async logout(): Promise<void> {
    clearTimeout(this.#timer);
    this.#credentials = undefined;
    const { state } = this;
    this.#set({ kind: "out" });
    if (state.kind === "open") await state.session.leave();
  }

  /** Tries at once to come back. */
  retry(): void {
    clearTimeout(this.#timer);
    void this.#join();
  }

  #set(state: ConnectionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }

  async #join(): Promise<void> {
    const credentials = this.#credentials;
    if (credentials === undefined) return;
    if (this.#state.kind !== "lost") this.#set({ kind: "joining" });
    try {
      const session = await ChannelSession.open(
        this.#context(credentials.realm),
        this.#withSecondFactor(credentials.login),
      );
      if (this.#credentials !== credentials) return void session.leave();
      this.#attempts = 0;
      this.#set({ kind: "open", session });
      void session.ended.then(({ reason, message }) => this.#ended(session, { uri: reason, message: message ?? "" }));
    } catch (error) {
      if (this.#credentials === credentials) this.#failed(faultOf(error));
    }
  }

  #context(realm: string) {
    const url = new URL(`/ws/${encodeURIComponent(realm)}`, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return {
      realm,
      agent: "wamp-edge/console",
      connect: withFrames((receiver) => openWebSocket(url.href, receiver).catch(refuseConnection)),
      onThrown: (error: unknown) => reportError(error),
    };
  }

  #withSecondFactor(login: Login): Login {
    const onChallenge = (method: string, extra: Dict): Promise<string> =>
      new Promise((resolve) => {
        const answer = (text: string): void => {
          this.#set({ kind: "joining" });
          resolve(text);
        };
        this.#set({ kind: "challenged", method, extra, answer });
      });
    return { ...login, onChallenge };
  }

  #ended(session: ChannelSession, fault: Fault): void {
    if (this.#state.kind !== "open" || this.#state.session !== session) return;
    if (isPassing(fault)) return this.#lost(fault);
    this.#credentials = undefined;
    this.#set({ kind: "out", fault });
  }

  #failed(fault: Fault): void {
    if (this.#attempts > 0 && isPassing(fault)) return this.#lost(fault);
    this.#attempts = 0;
    this.#credentials = undefined;
    this.#set({ kind: "out", fault });
  }

  #lost({ uri, message }: Fault): void {
    const delay = retryDelayMs(this.#attempts++);
    this.#timer = setTimeout(() => this.retry(), delay);
    this.#set({ kind: "lost", reason: message || uri, retryAt: Date.now() + delay });
  }
}

/** Whether the same credentials may open a session soon: the router was not there, restarts, or has too many connections. */
function isPassing({ uri }: Fault): boolean {
  return uri === WampUri.NETWORK_FAILURE || uri === WampUri.SYSTEM_SHUTDOWN || uri === WampUri.LIMIT_EXCEEDED;
}

function refuseConnection({ message }: Error): never {
  throw new ApplicationError(WampUri.NETWORK_FAILURE, [message]);
}

/** The error URI and the message of anything thrown; the URI is empty where the error is of this page. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof ApplicationError)) {
    return { uri: "", message: error instanceof Error ? error.message : String(error) };
  }
  const message = error.args.map((arg) => (typeof arg === "string" ? arg : JSON.stringify(arg))).join(" ");
  return { uri: error.uri, message };
}

/** The state of the connection, now and whenever it changes. */
export function useConnection(connection: RealmConnection): ConnectionState {
  const [state, setState] = useState(connection.state);
  useEffect(() => connection.listen(() => setState(connection.state)), [connection]);
  return state;
}
