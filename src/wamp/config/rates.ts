/** Message rates of a role in the configuration. */

import * as v from "valibot";
import { number } from "./fields.ts";
import { closed } from "./shape.ts";

const positive = number(0.001, 1_000_000);

/** `per_second` on average, and at most `burst` at once after a pause; by default one second's worth. */
const rate = closed({
  per_second: positive,
  burst: v.exactOptional(v.pipe(positive, v.integer("must be an integer"))),
});

const rates = closed({
  /** Messages received. */
  messages: v.exactOptional(rate),
  /** Events sent for publications: one for each receiver. */
  events: v.exactOptional(rate),
});

/** Rates of each session of a role, and of all its sessions together. */
export const ratesSchema = closed({ session: v.exactOptional(rates), role: v.exactOptional(rates) });

/** One rate. */
export type Rate = v.InferOutput<typeof rate>;
/** The rates of one session, or of all sessions of a role together. */
export type Rates = v.InferOutput<typeof rates>;
