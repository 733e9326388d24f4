/** A client of a realm over any channel: the interface of a component's session, the handshake and resumption. */

import { ApplicationError } from "../wamp/local/application-error.ts";
import { CLIENT_ROLES, ClientSession } from "../wamp/local/client-session.ts";
import { Requests } from "../wamp/local/requests.ts";
import { WampUri } from "../wamp/protocol/errors.ts";
import {
  type Challenge,
  type Message,
  MessageType,
  type RouterMessage,
  type Welcome,
} from "../wamp/protocol/message.ts";
import type { Dict, Id, List, Uri } from "../wamp/protocol/values.ts";
import { json } from "../wamp/serializers/json.ts";
import { DecodeFault } from "../wamp/serializers/serializer.ts";
import type { Channel, Connect } from "./channel.ts";
import { type ClientHandshake, handshakeOf, type Login } from "./login.ts";

/** A session as the meta API shows it, and as WELCOME describes it. */
export interface SessionDetails {
  readonly session: Id;
  readonly authid: string;
  readonly authrole: string;
  readonly authmethod: string;
  readonly authprovider: string;
  readonly authextra?: Dict;
  readonly [detail: string]: unknown;
}

/** Why a session has ended. */
export interface SessionEnd {
  /** Of GOODBYE or ABORT; `wamp.error.network_failure` where the connection was lost without either. */
  readonly reason: Uri;
  readonly message?: string;
}

/** The surroundings of a session. */
export interface ChannelSessionContext {
  /** Name of the realm. */
  readonly realm: Uri;
  readonly connect: Connect;
  /** Gets each error that a handler of the session throws, except those that a caller gets unchanged. */
  onThrown(error: unknown, authid: string, handler: "event" | "call"): void;
  /** Of HELLO. */
  readonly agent: string;
}

/** Why a client leaves that does not say why. */
const NORMAL = "wamp.close.normal";

/** Depth of messages from the router, which has checked them. */
const ANY_DEPTH = { depth: Number.POSITIVE_INFINITY };

/** Encodes requests as JSON, as a client does: neither side sees later changes of values. */
class ChannelRequests extends Requests {
  readonly #send: (text: string) => void;

  constructor(send: (text: string) => void) {
    super();
    this.#send = send;
  }

  override submit(message: List): void {
    this.#send(json.encode(message as unknown as Message) as string);
  }
}

/** Methods reject with an `ApplicationError` where the router answers ERROR. */
export class ChannelSession extends ClientSession {
  protected override readonly requests = new ChannelRequests((text) => this.#channel?.send(text));
  readonly #context: ChannelSessionContext;
  readonly #login: Login | undefined;
  readonly #ended = Promise.withResolvers<SessionEnd>();
  #channel: Channel | undefined;
  /** Counts connections, so that nothing is taken from a former one. */
  #connection = 0;
  /** Set until the router has answered HELLO. */
  #opening: Pick<PromiseWithResolvers<Dict>, "resolve" | "reject"> | undefined;
  #handshake: ClientHandshake | undefined;
  #details: SessionDetails | undefined;
  /** Messages received in this session, for its resumption (docs/session-resume.md#counting). */
  #received = 0;
  #isLeaving = false;
  #message: string | undefined;

  /** `open` makes it. */
  constructor(context: ChannelSessionContext, login?: Login) {
    super();
    this.#context = context;
    this.#login = login;
  }

  /**
   * Opens a connection and waits for WELCOME; `login` sends HELLO first. Rejects with an `ApplicationError` of the
   * ABORT's URI and message, its other details as `kwargs`.
   */
  static async open<S extends ChannelSession>(
    this: new (
      context: ChannelSessionContext,
      login?: Login,
    ) => S,
    context: ChannelSessionContext,
    login?: Login,
  ): Promise<S> {
    const session = new this(context, login);
    await session.#connect();
    return session;
  }

  override get id(): Id {
    return this.details.session;
  }

  override get realm(): Uri {
    return this.#context.realm;
  }

  /** The details of WELCOME. */
  get details(): SessionDetails {
    return this.#details!;
  }

  override get authid(): string {
    return this.details.authid;
  }

  get authrole(): string {
    return this.details.authrole;
  }

  /** Resolves when the session has ended: it has left, was killed or aborted, or its connection is lost. */
  get ended(): Promise<SessionEnd> {
    return this.#ended.promise;
  }

  /** Leaves the realm with GOODBYE; resolves when the router has answered. */
  async leave(reason: Uri = NORMAL, message?: string): Promise<void> {
    this.#isLeaving = true;
    this.requests.submit([MessageType.GOODBYE, message === undefined ? {} : { message }, reason]);
    await this.ended;
  }

  /** Loses the connection without GOODBYE. The session ends, or waits for `resume` if WELCOME said that it can. */
  async disconnect(): Promise<void> {
    const channel = this.#channel;
    this.#connection++;
    this.#lose("the client has disconnected");
    await channel?.close();
  }

  /** Continues the session on a new connection. Rejects where the router opens another session instead. */
  async resume(): Promise<void> {
    const former = this.details;
    await this.#connect({
      "resume-session": former.session,
      "resume-token": former.resume_token,
      _resume_received: this.#received,
    });
    if (this.details.resumed === true) return;
    this.requests.submit([MessageType.GOODBYE, {}, NORMAL]);
    this.end(WampUri.NO_SUCH_SESSION);
    throw new ApplicationError(WampUri.NO_SUCH_SESSION, ["the session could not be resumed"]);
  }

  protected override take(message: RouterMessage): void {
    switch (message[0]) {
      case MessageType.WELCOME:
        return this.#welcome(message);
      case MessageType.CHALLENGE:
        return void this.#answer(message);
      case MessageType.GOODBYE:
        if (this.#isLeaving) return this.#left(message[2]);
        break;
      case MessageType.ABORT:
        if (this.#opening !== undefined) return this.#refused(message[2], message[1]);
    }
    if (message[0] === MessageType.GOODBYE || message[0] === MessageType.ABORT) this.#message = textIn(message[1]);
    super.take(message);
  }

  protected override onEnd(reason: Uri): void {
    this.#ended.resolve({ reason, ...(this.#message !== undefined && { message: this.#message }) });
  }

  protected override log(error: unknown): void {
    this.#context.onThrown(error, this.authid, "event");
  }

  protected override logCall(error: unknown): void {
    this.#context.onThrown(error, this.authid, "call");
  }

  /** Opens a connection, and says HELLO with `resumption` unless the session joins without a handshake. */
  async #connect(resumption: Dict = {}): Promise<void> {
    this.#handshake = this.#login && (await handshakeOf(this.#login));
    const opening = Promise.withResolvers<Dict>();
    this.#opening = opening;
    const connection = ++this.#connection;
    this.#channel = await this.#context.connect({
      onText: (text) => {
        if (connection === this.#connection) this.#read(text);
      },
      onClose: (_, reason) => {
        // After the messages that came before.
        queueMicrotask(() => {
          if (connection === this.#connection) this.#lose(reason);
        });
      },
    });
    if (this.#handshake !== undefined) {
      const details = { roles: CLIENT_ROLES, agent: this.#context.agent, ...this.#handshake.details, ...resumption };
      this.requests.submit([MessageType.HELLO, this.realm, details]);
    }
    await opening.promise;
  }

  #read(text: string): void {
    const message = json.decode(text, ANY_DEPTH);
    if (message instanceof DecodeFault) throw new Error(`the router sent ${text}: ${message.reason}`);
    if (message[0] !== MessageType.WELCOME && message[0] !== MessageType.CHALLENGE) this.#received++;
    this.queue(message as unknown as RouterMessage);
  }

  #welcome([, session, details]: Welcome): void {
    if (details.resumed !== true) this.#received = 0;
    this.#details = { ...details, session } as unknown as SessionDetails;
    this.#opening?.resolve(details);
    this.#opening = undefined;
  }

  async #answer([, method, extra]: Challenge): Promise<void> {
    try {
      const answer = await this.#handshake!.answer(method, extra);
      const [signature, more] = typeof answer === "string" ? [answer, {}] : answer;
      this.requests.submit([MessageType.AUTHENTICATE, signature, more]);
    } catch (error) {
      this.#opening?.reject(error);
      this.#opening = undefined;
      await this.disconnect();
    }
  }

  #refused(uri: Uri, { message, ...details }: Dict): void {
    this.#opening?.reject(new ApplicationError(uri, message === undefined ? [] : [message], details));
    this.#opening = undefined;
  }

  #left(reason: Uri): void {
    this.#connection++;
    void this.#channel?.close();
    this.#channel = undefined;
    this.end(reason);
  }

  #lose(reason: string): void {
    this.#channel = undefined;
    if (this.#opening !== undefined) this.#refused(WampUri.NETWORK_FAILURE, { message: reason });
    else if (this.#details?.resumable !== true) {
      this.#message ??= reason;
      this.end(WampUri.NETWORK_FAILURE);
    }
  }
}

function textIn({ message }: Dict): string | undefined {
  return typeof message === "string" ? message : undefined;
}
