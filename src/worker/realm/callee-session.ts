/**
 * Registers the callees of the configuration: HTTP endpoints and Workers. A Worker awaits each call, so that the realm
 * can sleep.
 */

import { TRUSTED } from "../../wamp/config/trusted.ts";
import type { Host } from "../../wamp/host/host.ts";
import { thrown } from "../../wamp/host/log-line.ts";
import { LocalSession } from "../../wamp/local/local-session.ts";
import { CloseCode } from "../../wamp/protocol/close-code.ts";
import { ProtocolViolation, WampUri } from "../../wamp/protocol/errors.ts";
import type { Invocation, RouterMessage } from "../../wamp/protocol/message.ts";
import { MessageType } from "../../wamp/protocol/message.ts";
import { parse } from "../../wamp/protocol/parse.ts";
import { Payload } from "../../wamp/protocol/payload.ts";
import { isPassthru } from "../../wamp/protocol/payload-passthru.ts";
import { type Id, isDict, type Uri } from "../../wamp/protocol/values.ts";
import type { Realm } from "../../wamp/realm/realm.ts";
import { json } from "../../wamp/serializers/json.ts";
import { DecodeFault } from "../../wamp/serializers/serializer.ts";
import { INTERNAL } from "../../wamp/session/session.ts";
import type { Job } from "../callees/job.ts";
import type { CalleeConfig } from "../config/callee-config.ts";
import type { WorkerRealmConfig } from "../config/realm-config.ts";
import { closeSocket } from "../platform/close-socket.ts";

/** Has a Worker serve a call; resolves when the Worker has opened the WebSocket for its answer. */
export type StartCall = (job: Job) => Promise<void>;

const ROLES = { callee: { features: { call_canceling: true, progressive_call_results: true } } };

/** The session that has all registrations of the configuration. */
export class CalleeSession {
  readonly #ctx: DurableObjectState;
  readonly #realm: string;
  readonly #config: WorkerRealmConfig;
  readonly #host: Host;
  readonly #start: StartCall;
  #session: LocalSession | undefined;
  /** registration id → callee */
  readonly #calleeByRegistration = new Map<Id, CalleeConfig>();
  /** INVOCATION.Requests whose Workers have not opened their WebSockets yet. */
  readonly #expected = new Set<Id>();

  /** `realm` is the realm's name. */
  constructor(ctx: DurableObjectState, realm: string, config: WorkerRealmConfig, host: Host, start: StartCall) {
    this.#ctx = ctx;
    this.#realm = realm;
    this.#config = config;
    this.#host = host;
    this.#start = start;
  }

  /**
   * Registers the procedures of the configuration. A procedure that a client has registered meanwhile stays the
   * client's.
   */
  join(realm: Realm): void {
    const { callees = [] } = this.#config;
    if (callees.length === 0) return;
    const session = new LocalSession(realm, this.#host, {
      name: "callees",
      identity: { authid: "callees", authrole: TRUSTED, authmethod: INTERNAL, authprovider: "static" },
      roles: ROLES,
      onMessage: (message) => this.#take(message),
    });
    this.#session = session;
    for (const callee of callees) {
      const { procedure, match } = callee;
      const registration = session.registerConfigured(procedure, match);
      if (registration === undefined)
        this.#host.log({ level: "error", event: "callee.displaced", procedure, cause: "a session has registered it" });
      else this.#calleeByRegistration.set(registration, callee);
    }
  }

  /** Accepts the WebSocket of a Worker that serves a call; answers 410 if the call was interrupted before that. */
  accept(request: Id): Response {
    if (!this.#expected.delete(request)) return new Response(null, { status: 410 });
    const { 0: worker, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [tagOf(request)]);
    return new Response(null, { status: 101, webSocket: worker });
  }

  /** Takes a message of a Worker: YIELD with or without `progress`, or ERROR. */
  receive(socket: WebSocket, data: string | ArrayBuffer): void {
    const request = this.#callOf(socket);
    if (request === undefined) return;
    const message = typeof data === "string" ? json.decode(data, this.#config.limits) : new DecodeFault("");
    const isAnswer = !(message instanceof DecodeFault) && isAnswerTo(request, message);
    if (isAnswer) this.#session?.submit(message);
    else this.#fail(request, WampUri.RUNTIME_ERROR, message instanceof DecodeFault ? UNDECODABLE : UNKNOWN);
    if (!isAnswer || !isProgress(message)) closeSocket(socket, CloseCode.NORMAL, "");
  }

  /** The WebSocket of a Worker has closed; a call without an answer fails. */
  closed(socket: WebSocket): void {
    const request = this.#callOf(socket);
    if (request !== undefined) this.#fail(request, WampUri.NETWORK_FAILURE, LOST);
  }

  /** Fails the calls whose WebSockets closed in the object's sleep. */
  failLostCalls(): void {
    for (const request of this.#session?.invocations.keys() ?? []) {
      if (this.#ctx.getWebSockets(tagOf(request)).length === 0) this.#fail(request, WampUri.NETWORK_FAILURE, LOST);
    }
  }

  #take(message: RouterMessage): void {
    if (message[0] === MessageType.INVOCATION) void this.#invoke(message);
    else if (message[0] === MessageType.INTERRUPT) this.#interrupt(message[1]);
  }

  async #invoke([, request, registration, details, { args, kwargs }]: Invocation): Promise<void> {
    const callee = this.#calleeByRegistration.get(registration)!;
    const procedure = typeof details.procedure === "string" ? details.procedure : callee.procedure;
    this.#expected.add(request);
    try {
      await this.#start({ realm: this.#realm, request, callee, procedure, args, kwargs, details });
    } catch (error) {
      // An interrupted call is closed already, and `accept` answers its Worker with 410.
      if (this.#isOpen(request)) {
        this.#host.log({ level: "error", event: "callee.failed", procedure: callee.procedure, ...thrown(error) });
      }
      this.#fail(request, WampUri.NETWORK_FAILURE, "the callee could not be started");
    } finally {
      this.#expected.delete(request);
    }
  }

  /** Tells the Worker to stop by closing its WebSocket. */
  #interrupt(request: Id): void {
    this.#expected.delete(request);
    for (const socket of this.#ctx.getWebSockets(tagOf(request))) closeSocket(socket, CloseCode.NORMAL, "interrupted");
    this.#fail(request, WampUri.CANCELED, "the call was canceled");
  }

  /** Answers the call with ERROR after this turn, unless the dealer ends the call in it. */
  #fail(request: Id, uri: Uri, reason: string): void {
    queueMicrotask(() => {
      if (!this.#isOpen(request)) return;
      this.#session?.submit([MessageType.ERROR, MessageType.INVOCATION, request, {}, uri, Payload.of([reason])]);
    });
  }

  #isOpen(request: Id): boolean {
    return this.#session?.invocations.has(request) === true;
  }

  /** The open call of a socket. */
  #callOf(socket: WebSocket): Id | undefined {
    const request = Number(this.#ctx.getTags(socket)[0]?.slice(TAG.length));
    return this.#isOpen(request) ? request : undefined;
  }
}

const TAG = "callee ";
const LOST = "the callee was lost";
const UNDECODABLE = "the answer is nested too deeply";
const UNKNOWN = "the answer is none that this version of the router knows";

function tagOf(request: Id): string {
  return `${TAG}${request}`;
}

/**
 * Whether a message answers that call. A Worker of another version may send another message, which would end the
 * session that has all registrations.
 */
function isAnswerTo(request: Id, elements: readonly unknown[]): boolean {
  try {
    const message = parse(elements);
    if (message[0] === MessageType.YIELD) return message[1] === request && !isPassthru(message[2]);
    return message[0] === MessageType.ERROR && message[2] === request && !isPassthru(message[3]);
  } catch (error) {
    if (error instanceof ProtocolViolation) return false;
    throw error;
  }
}

function isProgress([type, , options]: readonly unknown[]): boolean {
  return type === MessageType.YIELD && isDict(options) && options.progress === true;
}
