/** The messages of a Cloudflare Queue, each of which becomes an event. */

import { isDict } from "../wamp/config-shape.ts";
import type { QueueTopic } from "./trigger-config.ts";
import type { VisitedRealm, VisitRequest } from "./visits.ts";
import { faultOf } from "./visits.ts";

/**
 * Publishes a batch in its order and acknowledges each message that is published. A message that is refused is left to
 * the queue's own rules: it comes again, and in the end is a dead letter. Where the realm cannot be reached the rest of
 * the batch comes again.
 */
export async function publishMessages(
  { messages }: MessageBatch,
  { queue, role, topic }: QueueTopic,
  realm: VisitedRealm,
): Promise<void> {
  const pass = { kind: "role", role, authid: queue, by: "queue" } as const;
  for (const [index, message] of messages.entries()) {
    try {
      const fault = faultOf(await realm.publish(pass, requestOf(topic, message.body)));
      if (fault === undefined) message.ack();
      else {
        console.error(`message ${message.id} of queue ${queue}: ${topic}: ${fault}`);
        message.retry();
      }
    } catch (error) {
      console.error(`queue ${queue}: the realm could not answer`, error);
      for (const left of messages.slice(index)) left.retry();
      return;
    }
  }
}

/** Args and kwargs if the body has these and nothing else, or the body as the only argument. */
function requestOf(uri: string, body: unknown): VisitRequest {
  const value = body instanceof ArrayBuffer ? new Uint8Array(body) : body;
  if (!isPayload(value)) return { uri, args: [value], kwargs: {}, options: {} };
  return { uri, args: value.args ?? [], kwargs: value.kwargs ?? {}, options: {} };
}

function isPayload(value: unknown): value is Partial<Pick<VisitRequest, "args" | "kwargs">> {
  if (!isDict(value)) return false;
  const keys = Object.keys(value);
  if (keys.length === 0 || !keys.every((key) => key === "args" || key === "kwargs")) return false;
  return (
    (value.args === undefined || Array.isArray(value.args)) && (value.kwargs === undefined || isDict(value.kwargs))
  );
}
