/** Message rates of a role in the configuration. */

import * as v from "valibot";
import { closed } from "./shape.ts";

const positive = v.pipe(v.number(), v.minValue(0.001), v.maxValue(1_000_000));

/** How many per second in the long run, and how many at once after a pause; without `burst` as many as in a second. */
const rate = closed({
  per_second: positive,
  burst: v.exactOptional(v.pipe(positive, v.integer("must be an integer"))),
});

const rates = closed({
  /** Messages received. */
  messages: v.exactOptional(rate),
  /** Events that publications cause: one for each subscriber that gets one. */
  events: v.exactOptional(rate),
});

/** Rates of each session of a role, and of all its sessions together. */
export const ratesSchema = closed({ session: v.exactOptional(rates), role: v.exactOptional(rates) });

/** One rate. */
export type Rate = v.InferOutput<typeof rate>;
/** The rates that one session, or all sessions of a role, are held to. */
export type Rates = v.InferOutput<typeof rates>;
