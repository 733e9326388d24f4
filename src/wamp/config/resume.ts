/** The schema of session resumption. */

import * as v from "valibot";
import { integer, number } from "./fields.ts";
import { closed, type DeepReadonly } from "./shape.ts";

/** Seconds in a day: a client that is away for longer starts a new session. */
const MAX_TIME = 86_400;

const buffer = closed({
  messages: v.optional(integer(1, 100_000), 1_000),
  bytes: v.optional(integer(1, 16_777_216), 262_144),
});

/**
 * `time` in seconds: how long a session waits for its client. `buffer` bounds the messages kept for each resumable
 * session; the defaults let some hundred busy sessions of a realm wait at once in the isolate's 128 MB.
 */
export const resumeSchema = closed({
  time: number(1, MAX_TIME),
  buffer: v.optional(buffer, {}),
});

/** Session resumption as it is configured, defaults filled in. */
export type ResumeConfig = DeepReadonly<v.InferOutput<typeof resumeSchema>>;
