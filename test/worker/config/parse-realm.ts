/** Parses one realm of the configuration, for tests of its keys. */

import { type Checked, checkShape } from "../../../src/wamp/config/shape.ts";
import {
  type WorkerRealmConfig,
  workerRealmFaults,
  workerRealmSchema,
} from "../../../src/worker/config/realm-config.ts";

/** The realm `input` describes, or all its faults; paths start at the realm. */
export function parseRealm(input: unknown): Checked<WorkerRealmConfig> {
  const shape = checkShape(workerRealmSchema, input);
  const faults = [...(shape.ok ? [] : shape.faults), ...workerRealmFaults(input)];
  return shape.ok && faults.length === 0 ? shape : { ok: false, faults };
}
