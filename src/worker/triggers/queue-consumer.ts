/** Publishes the messages of a Cloudflare Queue as events. */

import { thrown } from "../../wamp/host/log-line.ts";
import { resultOf } from "../callees/http-outcome.ts";
import type { QueueTopic } from "../config/triggers-config.ts";
import { writeLog } from "../platform/log.ts";
import type { RealmRpc, RpcRequest } from "../routing/realm-rpc.ts";
import { describeFailure } from "../routing/realm-rpc.ts";

/**
 * Publishes a batch in order and acknowledges each published message. A refused message is retried, and becomes a dead
 * letter by the rules of the queue. If the realm cannot be reached, the rest of the batch is retried.
 */
export async function publishMessages(
  { messages }: MessageBatch,
  { queue, role, topic }: QueueTopic,
  realm: RealmRpc,
): Promise<void> {
  const pass = { kind: "role", role, authid: queue, by: "queue" } as const;
  for (const [index, message] of messages.entries()) {
    try {
      const fault = describeFailure(await realm.publish(pass, requestOf(topic, message.body)));
      if (fault === undefined) message.ack();
      else {
        writeLog({ level: "error", event: "message.refused", queue, cause: fault, message: message.id, topic });
        message.retry();
      }
    } catch (error) {
      writeLog({ level: "error", event: "queue.failed", queue, ...thrown(error) });
      for (const left of messages.slice(index)) left.retry();
      return;
    }
  }
}

function requestOf(uri: string, body: unknown): RpcRequest {
  const { args, kwargs } = resultOf(body instanceof ArrayBuffer ? new Uint8Array(body) : body);
  return { uri, args, kwargs, options: {} };
}
