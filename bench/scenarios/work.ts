/** One scenario with all that a run of it needs to be told. */

import type { Settings } from "./settings.ts";

/** A scenario, its serializers and settings. */
export interface Work {
  /** A name of `SCENARIOS`. */
  readonly scenario: string;
  readonly serializers: readonly [near: string, far: string];
  readonly settings: Settings;
}
