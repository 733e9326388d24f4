/** Reports the figures of a realm while it is awake: to the registry of `/metrics`, and to Analytics Engine. */

import type { Host } from "../../wamp/host/host.ts";
import { thrown } from "../../wamp/host/log-line.ts";
import type { Stats } from "../../wamp/meta/console-procedures.ts";
import { configOf } from "../config/deployment.ts";
import type { WorkerRealmConfig } from "../config/realm-config.ts";
import type { Env } from "../platform/env.ts";
import { dataPoint } from "./data-point.ts";
import { addSeries, type Figures, figuresOf } from "./figures.ts";
import { type RegistryStub, registryIn } from "./registry-stub.ts";

/** Milliseconds from one report to the next. */
const REPORT_MS = 60_000;

/** The realm that reports. */
export interface ReportingRealm {
  readonly env: Env;
  readonly name: string;
  /** The name of its object: each object of a realm with relays reports for itself. */
  readonly objectName: string;
  readonly config: WorkerRealmConfig;
  readonly clock: Pick<Host, "now">;
}

/** The reporter of a realm; undefined if the deployment has neither `http.metrics` nor a dataset. */
export function newReporter(realm: ReportingRealm, log: Host["log"], read: () => Stats): Reporter | undefined {
  const { env, config } = realm;
  const isExposed = configOf(env).http?.metrics !== undefined;
  if (!isExposed && env.METRICS === undefined) return undefined;
  return new Reporter(realm, isExposed ? registryIn(env, config.jurisdiction) : undefined, log, read);
}

/**
 * The runtime has it report when events end or are saved, and when the last client leaves: a timer would keep the realm
 * awake. What happens between the last report and the sleep is reported nowhere.
 */
export class Reporter {
  readonly #realm: ReportingRealm;
  readonly #registry: RegistryStub | undefined;
  readonly #log: Host["log"];
  readonly #read: () => Stats;
  readonly #since: number;
  #dueAt: number;
  #hasArrived = false;
  /** When the last data point was written, and the counters of that time. */
  #written: { readonly at: number; readonly counters: Figures["counters"] };

  constructor(realm: ReportingRealm, registry: RegistryStub | undefined, log: Host["log"], read: () => Stats) {
    this.#realm = realm;
    this.#registry = registry;
    this.#log = log;
    this.#read = read;
    this.#since = realm.clock.now();
    this.#dueAt = this.#since;
    this.#written = { at: this.#since, counters: {} };
  }

  /** Reports if a minute has passed, or at once after the realm has woken. */
  reportIfDue(): void {
    if (this.#realm.clock.now() >= this.#dueAt) this.report();
  }

  /** Reports. */
  report(): void {
    const now = this.#realm.clock.now();
    this.#dueAt = now + REPORT_MS;
    const figures = figuresOf(this.#read());
    const { METRICS } = this.#realm.env;
    if (METRICS !== undefined) this.#write(METRICS, figures, now);
    if (this.#registry !== undefined) void this.#send(this.#registry, figures);
  }

  #write(dataset: AnalyticsEngineDataset, { gauges, counters }: Figures, now: number): void {
    const added = addSeries(counters, this.#written.counters, -1);
    const { name, config } = this.#realm;
    dataset.writeDataPoint(dataPoint(name, config.name, (now - this.#written.at) / 1000, { ...gauges, ...added }));
    this.#written = { at: now, counters };
  }

  async #send(registry: RegistryStub, figures: Figures): Promise<void> {
    try {
      const isFirst = !this.#hasArrived;
      const { objectName, config } = this.#realm;
      await registry.takeReport({ realm: objectName, entry: config.name, since: this.#since, isFirst, ...figures });
      this.#hasArrived = true;
    } catch (error) {
      this.#log({ level: "warn", event: "metrics.failed", ...thrown(error) });
    }
  }
}
