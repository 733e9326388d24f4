/** What a scenario is, and what it runs in. */

import type { Endpoint } from "../client/endpoint.ts";
import type { Histogram } from "../client/histogram.ts";
import type { RouterProcess } from "../measuring/router-process.ts";
import type { RelayName } from "../relay/relay-names.ts";
import type { FigureName, Figures } from "./figures.ts";
import type { Settings } from "./settings.ts";

/** What a run works with. */
export interface RunContext {
  /** Where callers and publishers join. */
  readonly near: Endpoint;
  /** Where callees and subscribers join; the serializer may be another one. */
  readonly far: Endpoint;
  /** The HTTP address of the router; undefined for routers without the HTTP endpoints of this one. */
  readonly origin: URL | undefined;
  readonly realm: string;
  readonly router: RouterProcess;
  readonly settings: Settings;
}

/** One kind of load. */
export interface Scenario {
  readonly description: string;
  /** Settings in which it differs from the defaults. */
  readonly settings?: Partial<Settings>;
  /** The settings that it heeds, in the order of its heading. */
  readonly heeds: readonly (keyof Settings)[];
  /** The columns of its table; the first one is what the router's work costs, of which ratios are taken. */
  readonly columns: readonly FigureName[];
  /** The relays that it is compared with, where they know the serializer: the least that its work can cost. */
  readonly relays: readonly RelayName[];
  /** Whether each run needs a fresh process, because its memory is measured. */
  readonly needsFreshProcess?: boolean;
  /** Whether it needs the HTTP endpoints of this router. */
  readonly needsHttp?: boolean;
  readonly run: (context: RunContext) => Promise<Figures>;
}

/** Resolves after a time. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Returns a URI that no other run uses. */
export function uniqueUri(kind: string): string {
  return `bench.${kind}.r${process.pid}x${Math.floor(Math.random() * 1e6)}`;
}

/** The latencies of a run. */
export function latenciesOf(histogram: Histogram): Figures {
  return { p50_us: histogram.quantile(0.5), p99_us: histogram.quantile(0.99) };
}
