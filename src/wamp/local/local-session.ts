/** A session without a connection: of an RPC request, a webhook, the HTTP callees or a component. */

import type { Invocation } from "../dealer/invocation.ts";
import type { Clock, Output } from "../host/host.ts";
import { clientFeatures } from "../protocol/features.ts";
import { idFromText } from "../protocol/id.ts";
import type { RouterMessage } from "../protocol/message.ts";
import type { Match } from "../protocol/uri.ts";
import type { Dict, Id, List, Uri } from "../protocol/values.ts";
import type { Realm } from "../realm/realm.ts";
import type { Peer } from "../session/peer.ts";
import { type Identity, Session } from "../session/session.ts";
import { Requests } from "./requests.ts";

type LocalSessionHost = Clock & Output;

/** Identity and policy of a local session. */
export interface LocalSessionOptions {
  readonly identity: Identity;
  /** HELLO.Details.roles */
  readonly roles: Dict;
  /**
   * Unique in the realm. A session with a name is in the realm's table, with the same id after every sleep, so that the
   * calls it has not answered yet find it again. A session without one is in no table: no other session sees it.
   */
  readonly name?: string;
  /**
   * Takes each message of the realm in the turn that sends it. Without it, the session takes the replies to its
   * requests only.
   */
  readonly onMessage?: (message: RouterMessage) => void;
}

/**
 * Its messages pass `Realm.receive` as those of any session do. What it holds is in memory only: a session with a name
 * is opened again when the realm wakes, and an RPC request keeps the realm awake.
 */
export class LocalSession extends Requests {
  readonly session: Session;
  readonly #realm: Realm;
  readonly #host: LocalSessionHost;
  readonly #peer: Peer;
  readonly #onMessage: LocalSessionOptions["onMessage"];

  constructor(realm: Realm, host: LocalSessionHost, { identity, roles, name, onMessage }: LocalSessionOptions) {
    super();
    this.#realm = realm;
    this.#host = host;
    this.#onMessage = onMessage;
    const id = name === undefined ? realm.sessions.newSessionId() : idFromText(`session ${name}`);
    // Invocations count on from a number that no call before the sleep can have reached, at a thousand a millisecond.
    const lastInvocation = host.now() * 1000;
    this.session = new Session(this, { id, identity, features: clientFeatures(roles), lastInvocation });
    this.#peer = { transport: this, state: { kind: "open", session: this.session } };
    if (name !== undefined) realm.sessions.attach(this.#peer, this.session);
  }

  /** INVOCATION.Request → the call that the session works on. */
  get invocations(): ReadonlyMap<Id, Invocation> {
    return this.#realm.dealer.invocationsOf(this.session);
  }

  /** Subscribes past all rules and limits, because the configuration asks for the subscription. */
  subscribeConfigured(topic: Uri, match: Match): void {
    const { subscriptions } = this.#realm.broker;
    const id = this.idFor("subscription", match, topic);
    const present = subscriptions.get(match, topic) ?? subscriptions.create(id, match, topic, this.#host.now());
    subscriptions.addSubscriber(present, this.session);
  }

  /**
   * Registers past all rules and limits, because the configuration asks for the procedure. Returns the registration id,
   * or undefined where a client has registered the procedure.
   */
  registerConfigured(procedure: Uri, match: Match): Id | undefined {
    const { registrations } = this.#realm.dealer;
    if (registrations.get(match, procedure) !== undefined) return undefined;
    const id = this.idFor("registration", match, procedure);
    registrations.addCallee(registrations.create(id, match, procedure, "single", this.#host.now()), this.session, {});
    return id;
  }

  /**
   * Hands the realm a message, its payload, if any, as a `Payload`. What the realm sends then goes out after this turn.
   */
  override submit(message: List): void {
    const { taps } = this.#realm.monitor;
    if (taps.isRunning) taps.received(this.#peer, message);
    this.#realm.receive(this.#peer, message);
    queueMicrotask(() => this.#host.flushOutput());
  }

  /** Ends the session, and cancels the calls that wait for their results. */
  leave(): void {
    this.#realm.sessions.disconnect(this.#peer);
    this.cancelRequests();
    this.#host.flushOutput();
  }

  /** Gives registrations and subscriptions of the session ids that are the same after every sleep. */
  idFor(kind: "registration" | "subscription", match: Match, uri: Uri): Id {
    return idFromText(`${kind} ${match} ${uri}`);
  }

  /** Takes a message of the realm. */
  override send(message: RouterMessage): undefined {
    const { counters, taps } = this.#realm.monitor;
    counters.countSent(message);
    if (taps.isRunning) taps.sent(this.#peer, message);
    if (this.#onMessage === undefined) super.send(message);
    else this.#onMessage(message);
  }

  /** A session with `onMessage` gets GOODBYE or ABORT first, and cancels its requests itself. */
  override close(): void {
    if (this.#onMessage === undefined) super.close();
  }
}
