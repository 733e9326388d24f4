/** The components of a realm: those that the configuration names, of the ones the deployment has. */

import type { Host } from "../../wamp/host/host.ts";
import { thrown } from "../../wamp/host/log-line.ts";
import type { Component, Components } from "../../wamp/local/component.ts";
import { ComponentSession } from "../../wamp/local/component-session.ts";
import type { Realm } from "../../wamp/realm/realm.ts";
import type { ComponentConfig } from "../config/component-config.ts";
import type { Env } from "../platform/env.ts";
import { writeLog } from "../platform/log.ts";
import { KeepAwake } from "./keep-awake.ts";

/** Milliseconds for which a realm that wakes waits for the components that do not come at once. */
const ARRIVAL_MS = 1000;
/** Milliseconds from a component's end to its next start. */
const RESTART_MS = 1000;
/** One that ends so often in a row, each time within the time below, is not started again before the realm wakes again. */
const MOST_RESTARTS = 5;
const SHORTEST_STAY_MS = 60_000;

let logsRejections = false;

/** The platform says nothing of promises that nobody waits for, and a component need not wait for what it asks. */
function logRejections(): void {
  if (logsRejections) return;
  logsRejections = true;
  addEventListener("unhandledrejection", ({ reason }) => {
    writeLog({ level: "error", event: "rejection.uncaught", ...thrown(reason) });
  });
}

export class ComponentHost {
  readonly #entries: readonly (readonly [ComponentConfig, Component<unknown>])[];
  readonly #env: Env;
  readonly #host: Host;
  readonly #keepAwake = new KeepAwake();

  constructor(configs: readonly ComponentConfig[], components: Components, env: Env, host: Host) {
    this.#entries = configs.map((config) => [config, components[config.name]!]);
    this.#env = env;
    this.#host = host;
    if (configs.length > 0) logRejections();
  }

  /**
   * All are there when this returns, with what they registered and subscribed to at once. Where some have more to do,
   * the promise resolves when that is done, or soon; it never rejects.
   */
  join(realm: Realm): Promise<unknown> | undefined {
    const arrivals = this.#entries.flatMap(([config, component]) => this.#start(realm, config, component) ?? []);
    return arrivals.length === 0 ? undefined : Promise.race([Promise.all(arrivals), scheduler.wait(ARRIVAL_MS)]);
  }

  #start(
    realm: Realm,
    config: ComponentConfig,
    component: Component<unknown>,
    restarts = 0,
  ): PromiseLike<unknown> | undefined {
    const startedAt = Date.now();
    const session = new ComponentSession(component, config, {
      realm,
      host: this.#host,
      env: this.#env,
      keepAwake: (work) => this.#keepAwake.keep(work),
      left: () => {
        const inARow = Date.now() - startedAt < SHORTEST_STAY_MS ? restarts : 0;
        if (inARow === MOST_RESTARTS) return;
        setTimeout(() => this.#start(realm, config, component, inARow + 1), RESTART_MS);
      },
    });
    return session.join();
  }
}
