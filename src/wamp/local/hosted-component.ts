/** Runs one component in its realm: calls its handlers, and carries out its requests. */

import type { Host } from "../host/host.ts";
import { thrown } from "../host/log-line.ts";
import { WampUri } from "../protocol/errors.ts";
import { MessageType } from "../protocol/message.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { Realm } from "../realm/realm.ts";
import { INTERNAL } from "../session/session.ts";
import { CLIENT_ROLES, ClientSession } from "./client-session.ts";
import type { Component, ComponentSession, JoinDetails } from "./component.ts";
import type { InvocationContext } from "./component-invocations.ts";
import { ownPayload } from "./component-payload.ts";
import { LocalSession } from "./local-session.ts";

/** The entry of a component in the configuration. */
export interface ComponentOptions {
  /** Unique in the realm; the authid of the session. */
  readonly name: string;
  /** The authrole of the session. */
  readonly role: string;
  readonly extra: Dict;
}

/** The surroundings that a component runs in. */
export interface ComponentContext<Bindings> extends Pick<InvocationContext, "keepAwake"> {
  readonly realm: Realm;
  readonly host: Host;
  readonly env: Bindings;
  /** Called when the component's session was ended. */
  onLeave(): void;
}

/** Its constructor opens the session. */
export class HostedComponent<Bindings = Dict> extends ClientSession implements ComponentSession<Bindings> {
  readonly extra: Dict;
  readonly env: Bindings;
  readonly #component: Component<Bindings>;
  readonly #context: ComponentContext<Bindings>;
  protected readonly requests: LocalSession;

  constructor(
    component: Component<Bindings>,
    { name, role, extra }: ComponentOptions,
    context: ComponentContext<Bindings>,
  ) {
    super();
    this.extra = extra;
    this.env = context.env;
    this.#component = component;
    this.#context = context;
    this.requests = new LocalSession(context.realm, context.host, {
      name: `component ${name}`,
      identity: { authid: name, authrole: role, authmethod: INTERNAL, authprovider: "static" },
      roles: CLIENT_ROLES,
      onMessage: (message) => this.queue(message),
    });
    context.realm.metaEvents.publishOnJoin(this.requests.session);
    this.#cancelForgotten();
  }

  override get id(): Id {
    return this.requests.session.id;
  }

  override get realm(): Uri {
    return this.#context.realm.name;
  }

  protected override get authid(): string {
    return this.requests.session.identity.authid;
  }

  /** Calls `onJoin`; undefined where it is not asynchronous. The promise resolves in any case. */
  join(): PromiseLike<unknown> | undefined {
    const { id, identity } = this.requests.session;
    const details: JoinDetails = { realm: this.realm, session: id, ...identity };
    return this.run(() => this.#component.onJoin(this, details));
  }

  /** Answers the calls that the component had not answered when the realm went to sleep: their handlers are gone. */
  #cancelForgotten(): void {
    const last = this.requests.session.lastInvocation;
    // The calls are restored after the local sessions.
    queueMicrotask(() => {
      for (const request of this.requests.invocations.keys()) {
        if (request > last) continue;
        const error = [WampUri.CANCELED, ownPayload(["the component was interrupted"])];
        this.requests.submit([MessageType.ERROR, MessageType.INVOCATION, request, {}, ...error]);
      }
    });
  }

  protected override onEnd(reason: Uri, fault?: unknown): void {
    if (fault !== undefined) this.log(fault);
    this.run(() => this.#component.onLeave?.(this, reason));
    this.#context.onLeave();
  }

  protected override keepAwake(work: PromiseLike<unknown>): void {
    this.#context.keepAwake(work);
  }

  protected override log(error: unknown): void {
    this.#context.host.log({ level: "error", event: "component.failed", component: this.authid, ...thrown(error) });
  }
}
