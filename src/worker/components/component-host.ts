/** Runs the components that the configuration names for a realm. */

import type { Host } from "../../wamp/host/host.ts";
import type { Component, Components } from "../../wamp/local/component.ts";
import { HostedComponent } from "../../wamp/local/hosted-component.ts";
import type { Realm } from "../../wamp/realm/realm.ts";
import type { ComponentConfig } from "../config/component-config.ts";

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

/** The time that components run in: the platform's, or that of a test. */
export interface Timing {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `act` after so many milliseconds, unless the realm sleeps before. */
  after(milliseconds: number, act: () => void): void;
  /** Resolves after so many milliseconds. */
  wait(milliseconds: number): Promise<unknown>;
  /** Keeps the realm from sleeping until the promise is settled, or for a while. */
  keepAwake(work: PromiseLike<unknown>): void;
}

/** The components of one realm. */
export class ComponentHost {
  readonly #entries: readonly (readonly [ComponentConfig, Component<unknown>])[];
  readonly #env: object;
  readonly #host: Host;
  readonly #timing: Timing;

  /** `env` is what components get as `session.env`. */
  constructor(configs: readonly ComponentConfig[], components: Components, env: object, host: Host, timing: Timing) {
    this.#entries = configs.map((config) => [config, components[config.name]!]);
    this.#env = env;
    this.#host = host;
    this.#timing = timing;
  }

  /**
   * Starts all components. What they register and subscribe to synchronously is in effect when this returns; the
   * promise, if any, resolves when their asynchronous starts are done or have taken `START_MS`. It never rejects.
   */
  join(realm: Realm): Promise<unknown> | undefined {
    const starts = this.#entries.flatMap(([config, component]) => this.#start(realm, config, component) ?? []);
    return starts.length === 0 ? undefined : Promise.race([Promise.all(starts), this.#timing.wait(START_MS)]);
  }

  #start(
    realm: Realm,
    config: ComponentConfig,
    component: Component<unknown>,
    restarts = 0,
  ): PromiseLike<unknown> | undefined {
    const startedAt = this.#timing.now();
    const hosted = new HostedComponent(component, config, {
      realm,
      host: this.#host,
      env: this.#env,
      keepAwake: (work) => this.#timing.keepAwake(work),
      onLeave: () => {
        const restartsInARow = this.#timing.now() - startedAt < SHORTEST_RUN_MS ? restarts : 0;
        if (restartsInARow === MOST_RESTARTS) return;
        this.#timing.after(RESTART_MS, () => this.#start(realm, config, component, restartsInARow + 1));
      },
    });
    return hosted.join();
  }
}
