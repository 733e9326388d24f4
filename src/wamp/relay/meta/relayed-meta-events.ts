/** Meta events of a realm over many objects: they are publications, which other objects get only if they are wanted. */

import type { Publication } from "../../broker/publication.ts";
import type { Subscription, Subscriptions } from "../../broker/subscriptions.ts";
import type { Random } from "../../host/host.ts";
import { MetaEvents, subscriptionDetails } from "../../meta/meta-events.ts";
import { NO_DETAILS } from "../../protocol/message.ts";
import { Payload } from "../../protocol/payload.ts";
import { isReservedUri, type Pattern } from "../../protocol/uri.ts";
import type { Dict, Id, List, Uri } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";
import type { InterestTable } from "../broker/interest-table.ts";

/** What the meta events ask of their object. */
export interface MetaEventPorts {
  /** May another object have a use for events on the topic? */
  isWanted(topic: Uri): boolean;
  /** Sends an event to the other objects that have a use for it, except one. */
  forward(event: Publication, except?: number): void;
  /** Sends an event to the subscribers here, except a session. */
  distribute(event: Publication, except?: Session): void;
}

/** Makes an event only if it has subscribers here or may have some in another object. */
class RelayedMetaEvents<Ports extends MetaEventPorts> extends MetaEvents {
  protected readonly ports: Ports;
  protected readonly subscriptions: Subscriptions;
  readonly #host: Random;

  constructor(ports: Ports, ...parts: ConstructorParameters<typeof MetaEvents>) {
    super(...parts);
    this.ports = ports;
    [this.subscriptions, this.#host] = parts;
  }

  protected override send(topic: Uri, args: () => List, leaving?: Session): void {
    this.sendTo(topic, args, leaving);
  }

  /** Sends an event to all objects except `except`, and returns it; undefined if it has no use. */
  protected sendTo(topic: Uri, args: () => List, leaving?: Session, except?: number): Publication | undefined {
    const isHeard = this.subscriptions.hasMatch(topic);
    const isWanted = this.ports.isWanted(topic);
    if (!isHeard && !isWanted) return undefined;
    const event = { id: this.#host.randomId(), topic, options: {}, details: NO_DETAILS, payload: Payload.of(args()) };
    if (isHeard) this.ports.distribute(event, leaving);
    if (isWanted) this.ports.forward(event, except);
    return event;
  }
}

/** The meta events of a relay. The core publishes which subscriptions are created and deleted, because it sees all. */
export class RelayMetaEvents extends RelayedMetaEvents<MetaEventPorts> {
  readonly #onMembership: () => void;
  /** Subscription id → the event of its creation, which follows SUBSCRIBED. */
  readonly #created = new Map<Id, Publication>();

  /** `onMembership` is called when a session has begun or ended. */
  constructor(ports: MetaEventPorts, onMembership: () => void, ...parts: ConstructorParameters<typeof MetaEvents>) {
    super(ports, ...parts);
    this.#onMembership = onMembership;
  }

  override publishOnJoin(session: Session): void {
    this.#onMembership();
    super.publishOnJoin(session);
  }

  override publishOnLeave(session: Session): void {
    this.#onMembership();
    super.publishOnLeave(session);
  }

  /** Sends the event of the creation after SUBSCRIBED, which `confirm` sends, and in any case. */
  confirm(subscriptionId: Id, event: Publication | undefined, confirm: () => void): void {
    if (event !== undefined) this.#created.set(subscriptionId, event);
    confirm();
    this.#sendCreated(subscriptionId);
  }

  protected override publishCreated(_: Session, { id }: Subscription): void {
    this.#sendCreated(id);
  }

  protected override publishDeleted(): void {}

  #sendCreated(id: Id): void {
    const event = this.#created.get(id);
    this.#created.delete(id);
    if (event !== undefined) this.ports.distribute(event);
  }
}

/** What the meta events of the core need beside those of a relay. */
export interface CoreMetaEventPorts extends MetaEventPorts {
  readonly interest: InterestTable;
  /** Milliseconds since the epoch. */
  now(): number;
  subscriptionId(pattern: Pattern): Id;
}

/** The meta events of the core: a subscription is created with its first subscriber in any object. */
export class CoreMetaEvents extends RelayedMetaEvents<CoreMetaEventPorts> {
  readonly #isEnabled: boolean;

  constructor(ports: CoreMetaEventPorts, ...parts: ConstructorParameters<typeof MetaEvents>) {
    super(ports, ...parts);
    [, , this.#isEnabled] = parts;
  }

  /**
   * A relay is about to get its first subscriber of a pattern. If that is the first one of all objects, the event of the
   * creation goes to all but this relay; returns it for the relay, which sends it after SUBSCRIBED.
   */
  created(relay: number, pattern: Pattern, session: Id): Publication | undefined {
    if (!this.#isEdge(pattern)) return undefined;
    const created = this.ports.now();
    const id = this.ports.subscriptionId(pattern);
    const details = (): Dict => subscriptionDetails({ id, created, topic: pattern.uri, match: pattern.match });
    return this.sendTo("wamp.subscription.on_create", () => [session, details()], undefined, relay);
  }

  /** A relay has no subscriber of a pattern any more; `session` is that of the last one. */
  deleted(pattern: Pattern, session: Id): void {
    if (!this.#isEdge(pattern)) return;
    this.sendTo("wamp.subscription.on_delete", () => [session, this.ports.subscriptionId(pattern)]);
  }

  protected override publishCreated(session: Session, subscription: Subscription): void {
    if (!this.#isElsewhere(subscription.match, subscription.topic)) super.publishCreated(session, subscription);
  }

  protected override publishDeleted(session: Session, subscription: Subscription, leaving?: Session): void {
    if (!this.#isElsewhere(subscription.match, subscription.topic))
      super.publishDeleted(session, subscription, leaving);
  }

  /** Is a subscription of relays created or deleted, as far as the core's own subscriptions are concerned? */
  #isEdge({ match, uri }: Pattern): boolean {
    const isFree = this.#isEnabled && !isReservedUri(uri);
    return isFree && this.subscriptions.get(match, uri) === undefined && !this.#isElsewhere(match, uri);
  }

  #isElsewhere(match: Pattern["match"], uri: Uri): boolean {
    return this.ports.interest.relaysOf(match, uri).size > 0;
  }
}
