/** A resident: a session of the realm's own, which the configuration calls for and which no record has to remember. */

import type { Invocation } from "../dealer/invocation.ts";
import type { Clock, Output } from "../host/host.ts";
import type { SendFault, Transport } from "../host/transport.ts";
import { clientFeatures } from "../protocol/features.ts";
import { idFromText } from "../protocol/id.ts";
import type { RouterMessage } from "../protocol/message.ts";
import type { Match } from "../protocol/uri.ts";
import type { Dict, Id, List, Uri } from "../protocol/values.ts";
import type { Realm } from "../realm/realm.ts";
import type { Peer } from "../session/peer.ts";
import { type Identity, INTERNAL, Session } from "../session/session.ts";

/** Who moves in. `roles` is what HELLO.Details.roles would be. */
export interface Tenancy {
  /** No two residents of a realm share it, and it is the same after every wake. */
  readonly name: string;
  /** The name, where there is none. */
  readonly authid?: string;
  readonly authrole: string;
  readonly roles: Dict;
}

/** Takes what the realm sends to a resident, in the sender's turn; answers as `Transport.send` does. */
export type Inbox = (message: RouterMessage) => SendFault | undefined;

/**
 * Moves in whenever the realm wakes (`Realm.wake`), and has the same session id each time: calls that it has not
 * answered yet find it again. What it holds otherwise lives in memory.
 */
export class Resident implements Transport {
  readonly session: Session;
  readonly #realm: Realm;
  readonly #host: Clock & Output;
  readonly #peer: Peer;
  readonly #inbox: Inbox;

  constructor(realm: Realm, host: Clock & Output, { name, authid = name, authrole, roles }: Tenancy, inbox: Inbox) {
    const identity: Identity = { authid, authrole, authmethod: INTERNAL, authprovider: "static" };
    const origin = { id: idFromText(`session ${name}`), identity, features: clientFeatures(roles) };
    this.#realm = realm;
    this.#host = host;
    this.#inbox = inbox;
    // Invocations count on from a number that no call before the sleep can have reached, at a thousand a millisecond.
    this.session = new Session(this, { ...origin, lastInvocation: host.now() * 1000 });
    this.#peer = { transport: this, state: { kind: "closed" } };
    realm.sessions.attach(this.#peer, this.session);
  }

  /** INVOCATION.Request → the call that the session works on. */
  get invocations(): ReadonlyMap<Id, Invocation> {
    return this.#realm.dealer.invocationsOf(this.session);
  }

  /** Is a procedure its own from now on, under the same registration id each time? No, if somebody else has it. */
  register(procedure: Uri, match: Match): boolean {
    const { registrations } = this.#realm.dealer;
    if (registrations.get(match, procedure) !== undefined) return false;
    const id = this.idFor("registration", match, procedure);
    const registration = registrations.create(id, match, procedure, "single", this.#host.now());
    registrations.addCallee(registration, this.session, {});
    return true;
  }

  subscribe(topic: Uri, match: Match): void {
    const { subscriptions } = this.#realm.broker;
    const id = this.idFor("subscription", match, topic);
    const present = subscriptions.get(match, topic) ?? subscriptions.create(id, match, topic, this.#host.now());
    subscriptions.addSubscriber(present, this.session);
  }

  /** Says a message, with its payload, if any, as a `Payload`; whatever follows from it goes out after this turn. */
  say(message: List): void {
    this.#realm.receive(this.#peer, message);
    queueMicrotask(() => this.#host.flushOutput());
  }

  idFor(kind: "registration" | "subscription", match: Match, uri: Uri): Id {
    return idFromText(`${kind} ${match} ${uri}`);
  }

  send(message: RouterMessage): SendFault | undefined {
    return this.#inbox(message);
  }

  close(): void {}

  save(): void {}
}
