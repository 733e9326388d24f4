/** What a realm's configuration says of session resumption. */

import * as v from "valibot";
import { integer } from "./fields.ts";
import { closed, type DeepReadonly } from "./shape.ts";

/** Seconds in a day: a client that stays away for longer starts anew. */
const MAX_TIME = 86_400;

const buffer = closed({
  messages: v.optional(integer(1, 100_000), 1_000),
  bytes: v.optional(integer(1, 16_777_216), 262_144),
});

/**
 * `time` in seconds: how long a session waits for its client. `buffer` bounds what is kept for each session that may be
 * resumed; the defaults let some hundred busy sessions of a realm wait at once in the isolate's 128 MB.
 */
export const resumeSchema = closed({
  time: v.pipe(v.number(), v.minValue(1), v.maxValue(MAX_TIME)),
  buffer: v.optional(buffer, {}),
});

/** Session resumption as it is configured, defaults filled in. */
export type ResumeConfig = DeepReadonly<v.InferOutput<typeof resumeSchema>>;
