/** `http.longpoll`: options of the long-poll transport. */

import * as v from "valibot";
import { closed } from "../../wamp/config/shape.ts";

const seconds = (most: number) => v.pipe(v.number(), v.minValue(1, "must be at least 1"), v.maxValue(most));
const count = v.pipe(v.number(), v.integer("must be an integer"), v.minValue(1, "must be at least 1"));

/** Crossbar.io's long-poll options: seconds, bytes, and messages, or batches where the subprotocol has them. */
export const longPollSchema = closed({
  request_timeout: v.optional(seconds(60), 10),
  session_timeout: v.optional(seconds(600), 30),
  queue_limit_bytes: v.optional(count, 131_072),
  queue_limit_messages: v.optional(count, 100),
});

/** The options, checked, defaults filled in. */
export type LongPollConfig = v.InferOutput<typeof longPollSchema>;

/** The options in force; a configuration without `http.longpoll` has the transport with its defaults. */
export function longPollConfig(options: LongPollConfig | undefined): LongPollConfig {
  return options ?? v.parse(longPollSchema, {});
}
