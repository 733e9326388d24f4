/** Runs the components that the configuration names for a realm. */

import type { Host } from "../../wamp/host/host.ts";
import { thrown } from "../../wamp/host/log-line.ts";
import type { Component, Components } from "../../wamp/local/component.ts";
import { HostedComponent } from "../../wamp/local/hosted-component.ts";
import type { Realm } from "../../wamp/realm/realm.ts";
import type { ComponentConfig } from "../config/component-config.ts";
import type { Env } from "../platform/env.ts";
import { writeLog } from "../platform/log.ts";
import { KeepAwake } from "./keep-awake.ts";

/** Milliseconds for which the first messages wait for components whose start is asynchronous. */
const START_MS = 1000;
/** Milliseconds from the end of a component to its restart. */
const RESTART_MS = 1000;
/**
 * Restarts in a row, each after less than `SHORTEST_RUN_MS`, after which a component stays ended until the realm wakes
 * the next time.
 */
const MOST_RESTARTS = 5;
const SHORTEST_RUN_MS = 60_000;

let logsRejections = false;

/** Logs rejections of promises that a component does not await: the platform does not report them. */
function logRejections(): void {
  if (logsRejections) return;
  logsRejections = true;
  addEventListener("unhandledrejection", ({ reason }) => {
    writeLog({ level: "error", event: "rejection.uncaught", ...thrown(reason) });
  });
}

/** The components of one realm. */
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
   * Starts all components. What they register and subscribe to synchronously is in effect when this returns; the
   * promise, if any, resolves when their asynchronous starts are done or have taken `START_MS`. It never rejects.
   */
  join(realm: Realm): Promise<unknown> | undefined {
    const starts = this.#entries.flatMap(([config, component]) => this.#start(realm, config, component) ?? []);
    return starts.length === 0 ? undefined : Promise.race([Promise.all(starts), scheduler.wait(START_MS)]);
  }

  #start(
    realm: Realm,
    config: ComponentConfig,
    component: Component<unknown>,
    restarts = 0,
  ): PromiseLike<unknown> | undefined {
    const startedAt = Date.now();
    const hosted = new HostedComponent(component, config, {
      realm,
      host: this.#host,
      env: this.#env,
      keepAwake: (work) => this.#keepAwake.until(work),
      onLeave: () => {
        const restartsInARow = Date.now() - startedAt < SHORTEST_RUN_MS ? restarts : 0;
        if (restartsInARow === MOST_RESTARTS) return;
        setTimeout(() => this.#start(realm, config, component, restartsInARow + 1), RESTART_MS);
      },
    });
    return hosted.join();
  }
}
