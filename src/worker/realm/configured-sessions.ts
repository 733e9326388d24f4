/** The sessions that the configuration gives a realm: its callees, its outgoing webhooks, and its components. */

import type { Host } from "../../wamp/host/host.ts";
import type { Realm } from "../../wamp/realm/realm.ts";
import { startWork } from "../callees/job.ts";
import { ComponentHost } from "../components/component-host.ts";
import { platformTiming } from "../components/component-timing.ts";
import { isDiskFull } from "../storage/free-space.ts";
import { enqueue } from "../webhooks/webhook-stub.ts";
import { CalleeSession } from "./callee-session.ts";
import { OutgoingWebhooks } from "./outgoing-webhooks.ts";
import type { RealmContext } from "./realm-host.ts";

/** They join whenever the realm wakes. */
export class ConfiguredSessions {
  readonly callees: CalleeSession;
  readonly webhooks: OutgoingWebhooks;
  readonly #components: ComponentHost;

  constructor(object: RealmContext, host: Host) {
    const { ctx, env, name, config, clock, tickets, relay } = object;
    const { components = [], webhooks_out = [] } = config;
    // A relay sends the events of webhooks to the core.
    const webhooks = relay === undefined ? webhooks_out : [];
    const timing = platformTiming(components.length > 0);
    this.#components = new ComponentHost(components, object.components, env, host, timing);
    this.callees = new CalleeSession(ctx, name, config, host, (job) => {
      return startWork(job, tickets.issue({ kind: "callee", call: job.request }, clock.now()));
    });
    this.webhooks = new OutgoingWebhooks(name, webhooks, host, (batch) => {
      return isDiskFull() ? Promise.reject(new Error("the disk is full")) : enqueue(env, config, batch);
    });
  }

  /** Opens the sessions; the promise, if any, resolves when the components have started. It never rejects. */
  join(realm: Realm): Promise<unknown> | undefined {
    this.callees.join(realm);
    this.webhooks.join(realm);
    // Last, because components may call the callees at once.
    return this.#components.join(realm);
  }
}
