/** The ways in without a WebSocket, as far as the configuration has a say in them. */

import * as v from "valibot";
import { closed } from "../../wamp/config/shape.ts";
import type { Config } from "./config.ts";

const seconds = (most: number) => v.pipe(v.number(), v.minValue(1, "must be at least 1"), v.maxValue(most));
const count = v.pipe(v.number(), v.integer("must be an integer"), v.minValue(1, "must be at least 1"));

/** Crossbar.io's long-poll options: seconds, bytes, and messages, or batches where the subprotocol has them. */
export const longPollSchema = closed({
  request_timeout: v.optional(seconds(60), 10),
  session_timeout: v.optional(seconds(600), 30),
  queue_limit_bytes: v.optional(count, 131_072),
  queue_limit_messages: v.optional(count, 100),
});

/** Who may watch topics as server-sent events: whoever asks, with what this role may subscribe to. `heartbeat` in seconds. */
export const eventsSchema = closed({
  role: v.pipe(v.string(), v.nonEmpty("must not be empty")),
  heartbeat: v.optional(seconds(600), 15),
});

export type LongPollConfig = v.InferOutput<typeof longPollSchema>;

/** The options in force; long-poll clients are admitted as those with a WebSocket are, so it is there without any. */
export function longPollConfig({ http }: Config): LongPollConfig {
  return http?.longpoll ?? v.parse(longPollSchema, {});
}
