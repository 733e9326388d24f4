/** What a run of a scenario is told: sizes, numbers and lengths of time. */

import { DEFAULT_LIMITS } from "../../src/wamp/config/limits.ts";

/** Payloads: one text, or a list of small objects. */
export type Shape = "text" | "objects";

/** Sizes are bytes of JSON, times milliseconds. */
export interface Settings {
  readonly durationMs: number;
  /** Time under load before anything is measured. */
  readonly warmupMs: number;
  readonly payload: number;
  readonly shape: Shape;
  readonly callers: number;
  /** Requests that each caller or publisher has under way. */
  readonly inFlight: number;
  readonly publishers: number;
  readonly subscribers: number;
  /** Whether publications are acknowledged. */
  readonly isAcknowledged: boolean;
  /** Sessions that wait. */
  readonly sessions: number;
  /** Time without a message before sessions are woken. */
  readonly idleMs: number;
  /** Sessions that are opened at the same time. */
  readonly parallel: number;
  readonly subscriptions: number;
  /** `limits.realm_outgoing_bytes` of the routers of checkouts: bytes that all clients together may leave unread. */
  readonly unreadBytes: number;
  /** Matching policies, of which each topic has one subscription. */
  readonly match: readonly string[];
}

/** The settings of scenarios that name no others. */
export const DEFAULTS: Settings = {
  durationMs: 3000,
  warmupMs: 1500,
  payload: 64,
  shape: "text",
  callers: 32,
  inFlight: 4,
  publishers: 4,
  subscribers: 10,
  isAcknowledged: false,
  sessions: 5000,
  idleMs: 12_000,
  parallel: 64,
  subscriptions: 10_000,
  unreadBytes: DEFAULT_LIMITS.realm_outgoing_bytes,
  match: ["exact", "prefix", "wildcard"],
};

/** The settings of scenarios that run for a time. */
export const TIMES = ["durationMs", "warmupMs"] as const satisfies readonly (keyof Settings)[];
/** The settings of scenarios that have a payload. */
export const PAYLOAD = ["payload", "shape"] as const satisfies readonly (keyof Settings)[];
