/** A client of the model: sends random requests, and checks each message that it gets. */

import type { PeerRecord } from "../../../../src/wamp/hibernation/peer-record.ts";
import type { SendFault, Transport } from "../../../../src/wamp/host/transport.ts";
import { WampUri } from "../../../../src/wamp/protocol/errors.ts";
import { type Invocation, MessageType, type RouterMessage } from "../../../../src/wamp/protocol/message.ts";
import type { Payload } from "../../../../src/wamp/protocol/payload.ts";
import type { Dict } from "../../../../src/wamp/protocol/values.ts";

/** A fault that a client has seen. */
export class Fault extends Error {}

/** A publication, as its publisher remembers it. */
export interface SentPublication {
  readonly publisher: string;
  readonly number: number;
  readonly topic: string;
}

/** A topic or pattern that a client subscribes to. */
export interface ClientPattern {
  readonly match: "exact" | "prefix";
  readonly uri: string;
  /** Must the client get the latest retained event, whether it is published before or after? */
  readonly needsLatest: boolean;
}

/** A subscription, as its subscriber knows it. */
export interface ClientSubscription extends ClientPattern {
  readonly id: number;
  /** Publications whose events must arrive, as `publisher number`, and those that have. */
  readonly expected: Set<string>;
  readonly received: Set<string>;
  /** Those that have arrived as retained events. */
  readonly retained: Set<string>;
}

/** A call that waits for its final answer. */
export interface ClientCall {
  readonly procedure: string;
  /** Do more parts of its input follow? */
  isInputOpen: boolean;
  /** Parts of its input that were sent. */
  parts: number;
  /** Results that have arrived. */
  results: number;
  /** Crashes of objects before the call. */
  readonly crashes: number;
}

/** An invocation that the client has not answered. */
export interface ClientInvocation {
  readonly receivesProgress: boolean;
  /** Results that were sent. */
  results: number;
  /** Parts of its input that have arrived. */
  parts: number;
}

/** Why a connection without a session is closed. */
const NO_HELLO = "no HELLO in time";

/** What WELCOME says of a session that can be resumed. */
export interface ClientOffer {
  readonly id: number;
  readonly token: string;
}

/** What the model learns of a client. */
export interface ClientObserver {
  /** May the core crash with a retained event that it has not stored, so that the event comes again as a new one? */
  readonly forgetsRetained: boolean;
  onInvoked(call: string): void;
  /** A call fails because the core cannot be reached, or has lost it. */
  onUnavailable(call: ClientCall): void;
  /** Is a publication acknowledged, or did its publisher get ERROR? */
  onPublished(publisher: string, request: number, isAcknowledged: boolean): void;
}

export class ModelClient implements Transport {
  readonly name: string;
  /** The object of its last connection. */
  relay: number;
  isConnected = true;
  /** Set for a session that can be resumed. */
  offer: ClientOffer | undefined;
  /** Has it got WELCOME for its HELLO? What it sends before is lost with its connection. */
  hasJoined = false;
  /** Has it asked for its session, and got no answer yet? */
  isResuming = false;
  /** Was its HELLO not answered, because its relay has no roles and could not ask the core? */
  isRefused = false;
  /** The object at which it has got its session. */
  home: number;
  /** Did it wait for its client at the core when that crashed, so that events may come again? */
  mayRepeat = false;
  /** Has it got another session instead of its own? */
  isLost = false;
  isChanged = false;
  record: PeerRecord | undefined;
  readonly subscriptions = new Map<number, ClientSubscription>();
  /** request → pattern */
  readonly subscribing = new Map<number, ClientPattern>();
  readonly unsubscribing = new Map<number, number>();
  /** registration id → procedure */
  readonly registrations = new Map<number, string>();
  readonly registering = new Map<number, string>();
  readonly unregistering = new Map<number, number>();
  /** CALL.Request → call */
  readonly calls = new Map<number, ClientCall>();
  /** INVOCATION.Request → invocation */
  readonly invocations = new Map<number, ClientInvocation>();
  /** Registrations whose UNREGISTER may or may not have arrived. */
  readonly #doubtful = new Set<number>();
  readonly errors: string[] = [];
  request = 0;
  /** publisher → number of its last publication that arrived */
  readonly #lastEvents = new Map<string, number>();
  /** The last INVOCATION.Request. */
  #lastInvocation = 0;
  /** caller → number of its last call that arrived */
  readonly #lastCalls = new Map<string, number>();
  readonly #observer: ClientObserver;

  constructor(name: string, relay: number, observer: ClientObserver) {
    this.name = name;
    this.relay = relay;
    this.home = relay;
    this.#observer = observer;
  }

  /** The registrations that it holds in any case. */
  get held(): readonly number[] {
    return [...this.registrations.keys()].filter((id) => !this.#doubtful.has(id));
  }

  send(message: RouterMessage): SendFault | undefined {
    if (!this.isConnected) return "closed";
    this.#take(message);
    return undefined;
  }

  close(_code: number, reason: string): void {
    if (reason === NO_HELLO) {
      this.isRefused = true;
      return;
    }
    throw new Fault(`${this.name}: the router closed the connection: ${reason}`);
  }

  save(): void {
    this.isChanged = true;
  }

  #take(message: RouterMessage): void {
    switch (message[0]) {
      case MessageType.WELCOME:
        return this.#onWelcome(message[1], message[2]);
      case MessageType.GOODBYE:
        return;
      case MessageType.PUBLISHED:
        return this.#observer.onPublished(this.name, message[1], true);
      case MessageType.SUBSCRIBED: {
        const pattern = this.#shift(this.subscribing, message[1], "SUBSCRIBED");
        const known = this.subscriptions.get(message[2]);
        if (known === undefined) {
          const subscription = { ...pattern, id: message[2], ...newSets() };
          this.subscriptions.set(message[2], subscription);
        }
        return;
      }
      case MessageType.UNSUBSCRIBED:
        this.subscriptions.delete(this.#shift(this.unsubscribing, message[1], "UNSUBSCRIBED"));
        return;
      case MessageType.REGISTERED:
        this.registrations.set(message[2], this.#shift(this.registering, message[1], "REGISTERED"));
        return;
      case MessageType.UNREGISTERED:
        this.registrations.delete(this.#shift(this.unregistering, message[1], "UNREGISTERED"));
        return;
      case MessageType.EVENT:
        return this.#onEvent(message[1], message[3].retained === true, message[4]);
      case MessageType.RESULT:
        return this.#onResult(message[1], message[2].progress === true, message[3]);
      case MessageType.ERROR:
        return this.#onError(message[1], message[2], message[4]);
      case MessageType.INVOCATION:
        return this.#onInvocation(message);
      case MessageType.INTERRUPT:
        // Some callees do not answer what the caller has given up.
        if (message[2].mode === "killnowait" && message[1] % 2 === 0) this.invocations.delete(message[1]);
        return;
      default:
        throw new Fault(`${this.name} got ${JSON.stringify(message)}`);
    }
  }

  #onWelcome(id: number, { resumed, resume_token }: Dict): void {
    if (this.isResuming && resumed !== true) this.isLost = true;
    this.isResuming = false;
    this.hasJoined = true;
    this.home = this.relay;
    this.offer = typeof resume_token === "string" ? { id, token: resume_token } : undefined;
  }

  #onEvent(subscriptionId: number, isRetained: boolean, payload: Payload): void {
    const subscription = this.subscriptions.get(subscriptionId);
    if (subscription === undefined) throw new Fault(`${this.name}: EVENT before SUBSCRIBED or after UNSUBSCRIBED`);
    const [publisher, number] = payload.args as [string, number];
    const key = `${publisher} ${number}`;
    const mayRepeat = this.mayRepeat || (this.#observer.forgetsRetained && subscription.retained.has(key));
    if (subscription.received.has(key)) {
      if (mayRepeat) return;
      throw new Fault(`${this.name} got ${key} twice`);
    }
    subscription.received.add(key);
    if (isRetained) subscription.retained.add(key);
    const last = this.#lastEvents.get(publisher) ?? -1;
    // What comes again may be older than the subscription.
    if (number < last && !isRetained && !this.mayRepeat) throw new Fault(`${this.name} got ${key} after ${last}`);
    // A retained event may be newer than what is still on its way.
    if (!isRetained) this.#lastEvents.set(publisher, Math.max(number, last));
  }

  #onError(type: number, request: number, uri: string): void {
    this.errors.push(uri);
    if (type === MessageType.CALL) {
      const call = this.calls.get(request);
      if (call === undefined) throw new Fault(`${this.name}: a second answer to call ${request}, ${uri}`);
      this.calls.delete(request);
      if (uri === WampUri.UNAVAILABLE) this.#observer.onUnavailable(call);
    } else if (type === MessageType.REGISTER) this.#shift(this.registering, request, `ERROR ${uri} for REGISTER`);
    else if (type === MessageType.SUBSCRIBE) this.#shift(this.subscribing, request, `ERROR ${uri} for SUBSCRIBE`);
    else if (type === MessageType.PUBLISH) this.#observer.onPublished(this.name, request, false);
    else if (type === MessageType.UNREGISTER) this.#onUnregisterError(request, uri);
    else throw new Fault(`${this.name} got ERROR ${uri} for a message of type ${type}`);
  }

  /** A caller that has missed a result must not take the rest for the whole. */
  #onResult(request: number, isProgress: boolean, payload: Payload): void {
    const call = this.calls.get(request);
    if (call === undefined) throw new Fault(`${this.name}: a second answer to call ${request}`);
    const [number] = payload.args as [number];
    if (number !== ++call.results) throw new Fault(`${this.name}: call ${request} misses a result before ${number}`);
    if (!isProgress) this.calls.delete(request);
  }

  /** While the core cannot be reached, the client does not know whether it is still registered. */
  #onUnregisterError(request: number, uri: string): void {
    const registration = this.#shift(this.unregistering, request, `ERROR ${uri} for UNREGISTER`);
    if (uri === WampUri.UNAVAILABLE) this.#doubtful.add(registration);
    else if (this.#doubtful.has(registration)) this.registrations.delete(registration);
    else throw new Fault(`${this.name} got ERROR ${uri} for UNREGISTER`);
  }

  /** Invocations begin in the order of the caller's calls; their further input may come in between. */
  #onInvocation([, request, registration, details, payload]: Invocation): void {
    const [caller, number, part] = payload.args as [string, number, number];
    this.#observer.onInvoked(`${caller} ${number}`);
    if (request <= this.#lastInvocation) return this.#onInput(request, part);
    if (request !== ++this.#lastInvocation) throw new Fault(`${this.name} got INVOCATION ${request} too early`);
    const isRegistered = this.registrations.has(registration);
    if (!isRegistered) throw new Fault(`${this.name}: INVOCATION before REGISTERED or after UNREGISTERED`);
    const last = this.#lastCalls.get(caller) ?? -1;
    if (number < last) throw new Fault(`${this.name} was called by ${caller} with ${number} after ${last}`);
    this.#lastCalls.set(caller, number);
    this.invocations.set(request, { receivesProgress: details.receive_progress === true, results: 0, parts: 0 });
    this.#onInput(request, part);
  }

  /** A callee that has missed a part of its input must not take the rest for the whole. */
  #onInput(request: number, part: number): void {
    const invocation = this.invocations.get(request);
    if (invocation === undefined) return;
    const expected = ++invocation.parts;
    if (part !== expected) throw new Fault(`${this.name} got part ${part} of input ${request} in place of ${expected}`);
  }

  #shift<T>(requests: Map<number, T>, request: number, message: string): T {
    const value = requests.get(request);
    if (value === undefined) throw new Fault(`${this.name} got ${message}, which it did not ask for`);
    requests.delete(request);
    return value;
  }
}

function newSets(): Pick<ClientSubscription, "expected" | "received" | "retained"> {
  return { expected: new Set(), received: new Set(), retained: new Set() };
}
