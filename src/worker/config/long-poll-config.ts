/** `http.longpoll`: options of the long-poll transport. */

import * as v from "valibot";
import { integer, number } from "../../wamp/config/fields.ts";
import { closed } from "../../wamp/config/shape.ts";

const count = integer(1);

/** Crossbar.io's long-poll options: seconds, bytes, and messages, or batches where the subprotocol has them. */
export const longPollSchema = closed({
  request_timeout: v.optional(number(1, 60), 10),
  session_timeout: v.optional(number(1, 600), 30),
  queue_limit_bytes: v.optional(count, 131_072),
  queue_limit_messages: v.optional(count, 100),
});

/** The options, checked, defaults filled in. */
export type LongPollConfig = v.InferOutput<typeof longPollSchema>;

/** The options in force; a configuration without `http.longpoll` has the transport with its defaults. */
export function longPollConfig(options: LongPollConfig | undefined): LongPollConfig {
  return options ?? v.parse(longPollSchema, {});
}
